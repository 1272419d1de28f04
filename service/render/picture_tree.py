"""The chain tree as a picture: every node a row under its group, in as many columns and pages as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.domain.chains import Chain, Node
from service.domain.gaps import NodeRating, Rating
from service.render.deck_text import say_number
from service.render.picture_canvas import INK, LINE, SOFT, Box, Canvas, Sheet, Style
from service.render.picture_font import PictureFont
from service.render.picture_frame import (
    Heading,
    draw_heading,
    draw_key,
    rating_key,
    rating_style,
    room_between,
)
from service.words import RATINGS, STAGES

_SIZES = (12.0, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
"""Type sizes from the largest wished for to the smallest that a printed A4 page is read with."""

_PITCH, _GROUP_GAP = 1.62, 0.5
_INDENT, _SWATCH, _AIR = 1.5, 1.9, 1.4
_LONGEST_NAME = 18.0
_COLUMN_GAP = 20.0
_MOST_COLUMNS = 7
_KEY_SIZE, _KEY_ROOM = 8.5, 22.0
_FIGURES, _MARK = 0.86, 1.3
_MORE = "（续）"
_ANCHOR, _HARD = "◆", "▲"


@dataclass(frozen=True, slots=True)
class TreeContent:
    """A chain with the ratings of its nodes in a region, by node id."""

    heading: Heading
    chain: Chain
    ratings: Mapping[str, NodeRating]


@dataclass(frozen=True, slots=True)
class Row:
    """A node on the page; `again`: its group goes on from the column before. `top` in rows."""

    depth: int
    node: Node
    again: bool
    top: float


Column = list[Row]


@dataclass(frozen=True, slots=True)
class TreeLayout:
    """The rows by page and column, set at `size` points in columns of `width` points."""

    size: float
    width: float
    pages: tuple[tuple[Column, ...], ...]


def compose_tree(content: TreeContent, sheet: Sheet, font: PictureFont) -> list[Canvas]:
    """Return the pages of the tree."""
    whole = room_between(sheet)
    room = Box(whole.left, whole.top, whole.width, whole.height - _KEY_ROOM)
    layout = lay_out(content, room, font)
    pages = []
    for number, columns in enumerate(layout.pages, start=1):
        canvas = Canvas(sheet, font)
        several = len(layout.pages) > 1
        part = f"第 {number} 页，共 {len(layout.pages)} 页" if several else ""
        draw_heading(canvas, content.heading, part=part)
        for place, column in enumerate(columns):
            left = room.left + place * (layout.width + _COLUMN_GAP)
            _draw_column(canvas, content, layout, column, left, room.top)
        _draw_key(canvas, whole)
        pages.append(canvas)
    return pages


def lay_out(content: TreeContent, room: Box, font: PictureFont) -> TreeLayout:
    """Return where every node stands: the largest type at which all fit on one page, else several pages."""
    walked = list(content.chain.walk())
    for size in _SIZES:
        most, down = _columns_across(content, walked, room, font, size), room.height / (_PITCH * size)
        columns = _fewest_rows(walked, most, down)
        if columns is not None:
            return TreeLayout(size, _column_width(room, max(1, len(columns))), (tuple(columns),))
    columns = list(_fill(walked, down))
    pages = tuple(tuple(columns[first : first + most]) for first in range(0, len(columns), most))
    return TreeLayout(size, _column_width(room, most), pages)


def _column_width(room: Box, columns: int) -> float:
    return (room.width + _COLUMN_GAP) / columns - _COLUMN_GAP


def _columns_across(
    content: TreeContent, walked: Sequence[tuple[int, Node]], room: Box, font: PictureFont, size: float
) -> int:
    """How many columns are wide enough for every row; names count up to a length, longer ones are cut."""
    widest = max((_needed(content, depth, node, font) for depth, node in walked), default=1.0) * size
    return max(1, min(_MOST_COLUMNS, int((room.width + _COLUMN_GAP) / (widest + _COLUMN_GAP))))


def _needed(content: TreeContent, depth: int, node: Node, font: PictureFont) -> float:
    """The width of a row in type sizes."""
    marks = _MARK * font.width(font.clean(_marks(content, node)), 1.0)
    name = min(font.width(font.clean(_name(node)), 1.0), _LONGEST_NAME) + marks
    return depth * _INDENT + _SWATCH + name + _AIR + _FIGURES * font.width(_figures(content, node), 1.0)


def _fewest_rows(walked: Sequence[tuple[int, Node]], most: int, down: float) -> list[Column] | None:
    """The columns at their most even, None where the nodes do not fit into `most` columns."""
    if len(list(_fill(walked, down))) > most:
        return None
    low, high = 1.0, down
    while high - low > _GROUP_GAP:
        middle = (low + high) / 2.0
        fits = len(list(_fill(walked, middle))) <= most
        low, high = (low, middle) if fits else (middle, high)
    return list(_fill(walked, high))


def _fill(walked: Sequence[tuple[int, Node]], down: float) -> Iterator[Column]:
    """Yield columns of at most `down` rows: a group is not parted from its first node, and where it goes on
    in the next column its name stands there once more.
    """
    column: Column = []
    above: list[tuple[int, Node]] = []
    for place, (depth, node) in enumerate(walked):
        del above[depth:]
        leads = place + 1 < len(walked) and walked[place + 1][0] > depth
        gap = _GROUP_GAP if depth == 0 and column else 0.0
        end = (column[-1].top + 1.0 if column else 0.0) + gap
        if column and end + (2.0 if leads else 1.0) > down + 1e-9:
            yield column
            # Where the names of the groups alone would fill the column, they are left out.
            carried = above if len(above) + 2 <= down else []
            column = [Row(at, group, True, float(row)) for row, (at, group) in enumerate(carried)]
            end = float(len(column))
        column.append(Row(depth, node, False, end))
        above.append((depth, node))
    if column:
        yield column


def _draw_column(
    canvas: Canvas, content: TreeContent, layout: TreeLayout, column: Column, left: float, top: float
) -> None:
    size, pitch = layout.size, _PITCH * layout.size
    canvas.lines(_branches(column, left, top, size), Style(line=LINE, width=0.8))
    for row in column:
        _draw_row(canvas, content, layout, row, left, top + (row.top + 0.5) * pitch)


def _branches(column: Column, left: float, top: float, size: float) -> list[list[tuple[float, float]]]:
    """The lines from each group to the nodes right below it, in one column."""
    pitch, found = _PITCH * size, []
    open_groups: dict[int, Row] = {}
    for row in column:
        above = open_groups.get(row.depth - 1)
        open_groups = {depth: one for depth, one in open_groups.items() if depth < row.depth}
        open_groups[row.depth] = row
        if above is None:
            continue
        x = left + (above.depth * _INDENT + 0.75) * size
        start, end = top + (above.top + 1.0) * pitch - 0.2 * size, top + (row.top + 0.5) * pitch
        found.append([(x, start), (x, end), (left + row.depth * _INDENT * size, end)])
    return found


def _draw_row(
    canvas: Canvas, content: TreeContent, layout: TreeLayout, row: Row, left: float, middle: float
) -> None:
    size, right = layout.size, left + layout.width
    x = left + row.depth * _INDENT * size
    group = bool(content.chain.children(row.node.id))
    if group:
        band = Box(x, middle - 0.72 * size, right - x, 1.44 * size)
        canvas.rectangle(band, Style(fill="#edf1f5" if row.depth else "#dde5ed"))
    swatch = Box(x + 0.15 * size, middle - 0.45 * size, 1.3 * size, 0.9 * size)
    canvas.rectangle(swatch, rating_style(content.ratings[row.node.id].rating))
    figures = "" if row.again else _figures(content, row.node)
    taken = canvas.text(
        right - 0.2 * size, middle, figures, _FIGURES * size, align="right", colour=INK if group else SOFT
    )
    start = x + _SWATCH * size
    marks = canvas.font.clean(_marks(content, row.node))
    reserved = canvas.font.width(marks, _MARK * size) + (canvas.font.width(_MORE, size) if row.again else 0.0)
    room = taken.left - 0.8 * size - start - reserved
    name = canvas.font.cut(_name(row.node), room, size)
    written = canvas.text(start, middle, name + (_MORE if row.again else ""), size)
    if marks:
        canvas.text(written.right + 0.3 * size, middle, marks, _MARK * size)


def _name(node: Node) -> str:
    """The name, with the word of its stage where it stands at the top of the tree."""
    return node.name if node.parent is not None else f"{node.name}（{STAGES[node.stage]}）"


def _marks(content: TreeContent, node: Node) -> str:
    return f"{_ANCHOR if content.ratings[node.id].anchor else ''}{_HARD if node.bottleneck else ''}"


def _figures(content: TreeContent, node: Node) -> str:
    rated = content.ratings[node.id]
    word = RATINGS[rated.rating]
    if rated.rating is Rating.UNOBSERVED:
        return word
    return f"{word} {say_number(rated.effective_firms)}/{say_number(rated.expected)}"


def _draw_key(canvas: Canvas, room: Box) -> None:
    words = (f"{_ANCHOR} 有链主", f"{_HARD} 卡脖子", "评级后：有效企业（家）/ 应有（家）")
    entries = [*rating_key(), *((None, one) for one in words)]
    draw_key(
        canvas, room.left, room.bottom - _KEY_ROOM / 2.0 + 2.0, entries, _KEY_SIZE,
        right=room.right,
    )  # fmt: skip
