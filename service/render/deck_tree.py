"""The chain tree on slides: groups at the left, their leaves as cards coloured by rating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

from service.domain.chains import Chain, Node
from service.domain.gaps import NodeRating, Rating
from service.render.deck_content import DeckContent
from service.render.deck_file import DeckFile
from service.render.deck_page import (
    ACCENT,
    ACROSS,
    LEFT,
    TOP,
    WHITE,
    Box,
    Page,
    Type,
    cut_to,
    ink_on,
    rating_fill,
)
from service.render.deck_text import say_number
from service.words import RATING_COLOURS, RATINGS, STAGES

_GROUP_WIDTH, _PART_WIDTH, _GAP = 1.85, 1.5, 0.12
_CARD_HEIGHT, _PITCH = 0.48, 0.55
_BAND_GAP = 0.12
_LOWEST = 6.62
_LEGEND_TOP = 6.68
_CARD_TYPE = 10.5


@dataclass(frozen=True, slots=True)
class Block:
    """Leaves that stand together: of one group, or of one part of it (`part` is its path of names)."""

    group: str
    part: str | None
    leaves: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A box of the tree; `node` None: a label of a group or a part."""

    box: Box
    text: str
    node: str | None
    part: bool = False


def tree_blocks(chain: Chain) -> list[Block]:
    """Return all leaves of the chain once each, in the order of the tree."""
    found: list[Block] = []
    loose: list[Node] = []
    for top in chain.children(None):
        if chain.children(top.id):
            found += _close(loose)
            found += _blocks_below(chain, top, f"{top.name}（{STAGES[top.stage]}）", ())
        else:
            if loose and loose[0].stage is not top.stage:
                found += _close(loose)
            loose.append(top)
    return [*found, *_close(loose)]


def _close(loose: list[Node]) -> list[Block]:
    """The leaves that stand at the top of the tree, under the word of their stage; empties the list."""
    found = [Block(STAGES[loose[0].stage], None, tuple(loose))] if loose else []
    loose.clear()
    return found


def _blocks_below(chain: Chain, node: Node, group: str, path: tuple[str, ...]) -> Iterator[Block]:
    children = chain.children(node.id)
    leaves = tuple(child for child in children if not chain.children(child.id))
    if leaves:
        yield Block(group, " / ".join(path) or None, leaves)
    for child in children:
        if chain.children(child.id):
            yield from _blocks_below(chain, child, group, (*path, child.name))


def lay_out_tree(chain: Chain) -> list[list[Card]]:
    """Return the cards of each slide: none overlaps another, none leaves the room under the title."""
    blocks = tree_blocks(chain)
    parted = any(block.part for block in blocks)
    start = LEFT + _GROUP_WIDTH + _GAP + (_PART_WIDTH + _GAP if parted else 0.0)
    columns = 4 if parted else 5
    width = (LEFT + ACROSS - start + _GAP) / columns - _GAP
    pages: list[list[tuple[Block, float, int]]] = [[]]
    top, group = TOP, ""
    for block in blocks:
        for piece in _pieces(block, columns):
            rows = -(-len(piece.leaves) // columns)
            gap = _BAND_GAP if pages[-1] and piece.group != group else 0.0
            if top + gap + rows * _PITCH > _LOWEST and pages[-1]:
                pages.append([])
                top, gap = TOP, 0.0
            pages[-1].append((piece, top + gap, rows))
            top, group = top + gap + rows * _PITCH, piece.group
    return [_cards(page, start, width, columns) for page in pages if page]


def _pieces(block: Block, columns: int) -> Iterator[Block]:
    """A block as it is, or in pieces where it is taller than a page."""
    most = int((_LOWEST - TOP) / _PITCH) * columns
    for first in range(0, len(block.leaves), most):
        yield Block(block.group, block.part, block.leaves[first : first + most])


def _cards(page: Sequence[tuple[Block, float, int]], start: float, width: float, columns: int) -> list[Card]:
    cards: list[Card] = []
    spans: list[tuple[str, float, float]] = []
    for block, top, rows in page:
        bottom = top + rows * _PITCH - (_PITCH - _CARD_HEIGHT)
        if spans and spans[-1][0] == block.group:
            spans[-1] = (block.group, spans[-1][1], bottom)
        else:
            spans.append((block.group, top, bottom))
        if block.part:
            place = Box(LEFT + _GROUP_WIDTH + _GAP, top, _PART_WIDTH, bottom - top)
            cards.append(Card(place, block.part, None, part=True))
        for number, leaf in enumerate(block.leaves):
            row, column = divmod(number, columns)
            place = Box(start + column * (width + _GAP), top + row * _PITCH, width, _CARD_HEIGHT)
            cards.append(Card(place, leaf.name, leaf.id))
    labels = [Card(Box(LEFT, top, _GROUP_WIDTH, bottom - top), name, None) for name, top, bottom in spans]
    return [*labels, *cards]


def draw_tree(deck: DeckFile, content: DeckContent) -> None:
    """Draw the tree over as many slides as it takes."""
    pages = lay_out_tree(content.chain)
    for number, cards in enumerate(pages, start=1):
        of = f"（{number}/{len(pages)}）" if len(pages) > 1 else ""
        page = Page(deck, f"{content.chain.name}产业链图谱{of}", footer=content.source_line)
        for card in cards:
            _draw_card(page, card, content.facts.rating_of)
        _draw_legend(page)
        page.notes(_say_ratings(content, cards))


def _draw_card(page: Page, card: Card, ratings: Mapping[str, NodeRating]) -> None:
    if card.node is None:
        kind = Type(11.0 if card.part else 12.0, bold=True, align=PP_ALIGN.CENTER, anchor=MSO_ANCHOR.MIDDLE)
        if card.part:
            page.block(card.box, [card.text], kind, line=ACCENT, name=card.text)
        else:
            page.block(card.box, [card.text], replace(kind, colour=WHITE), fill=ACCENT, name=card.text)
        return
    rated = ratings[card.node]
    colour, fill = RATING_COLOURS[rated.rating], rating_fill(rated.rating)
    kind = Type(_CARD_TYPE, colour=ink_on(fill), anchor=MSO_ANCHOR.MIDDLE)
    lines = [
        cut_to(card.text, card.box.width, _CARD_TYPE),
        cut_to(_figures(rated), card.box.width, _CARD_TYPE),
    ]
    page.block(card.box, lines, kind, fill=fill, line=colour, dashed=fill != colour, name=card.node)


def _figures(rated: NodeRating) -> str:
    word = RATINGS[rated.rating]
    if rated.rating is Rating.UNOBSERVED:
        return word
    return f"{word} 有 {say_number(rated.effective_firms)} 应 {say_number(rated.expected)}"


def _draw_legend(page: Page) -> None:
    left = LEFT
    for rating in Rating:
        colour, fill = RATING_COLOURS[rating], rating_fill(rating)
        place = Box(left, _LEGEND_TOP + 0.06, 0.3, 0.18)
        page.block(place, [], fill=fill, line=colour, dashed=fill != colour, name="图例")
        page.text(
            Box(left + 0.34, _LEGEND_TOP, 0.86, 0.3), [RATINGS[rating]], Type(11.0, anchor=MSO_ANCHOR.MIDDLE)
        )
        left += 1.2
    words = "有：有效企业（家）；应：参照同级地区应有（家）；疑缺：名录内未见"
    page.text(
        Box(left, _LEGEND_TOP, LEFT + ACROSS - left, 0.3), [words], Type(10.0, anchor=MSO_ANCHOR.MIDDLE)
    )


def _say_ratings(content: DeckContent, cards: Sequence[Card]) -> Iterator[str]:
    yield f"{content.date_line}。{content.source_line}。"
    for card in cards:
        if card.node is None:
            continue
        rated = content.facts.rating_of[card.node]
        names = "、".join(firm.name for firm in content.facts.firms_of.get(card.node, ()))
        firms = f"；本地企业：{names}" if names else ""
        yield f"{card.text}：{_figures(rated)}{firms}。"
