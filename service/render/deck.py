"""The briefing deck: one chain in one region as an editable presentation (PPTX, 16:9)."""

from __future__ import annotations

from service.render.deck_closing import draw_method, draw_next_steps, draw_peers
from service.render.deck_content import DeckContent
from service.render.deck_file import open_deck, save_deck
from service.render.deck_gaps import draw_gap_chart, draw_gap_list, draw_top_gaps
from service.render.deck_map import draw_map_slide
from service.render.deck_opening import draw_balance, draw_conclusion, draw_cover
from service.render.deck_targets import draw_target_list, draw_target_pages
from service.render.deck_tree import draw_tree

_SLIDES = (
    draw_cover,
    draw_conclusion,
    draw_tree,
    draw_balance,
    draw_gap_chart,
    draw_top_gaps,
    draw_target_list,
    draw_target_pages,
    draw_map_slide,
    draw_peers,
    draw_next_steps,
    draw_method,
    draw_gap_list,
)


def render_deck(content: DeckContent, *, template: bytes | None = None) -> bytes:
    """Return the deck as a file. Two renderings of the same content are the same bytes.

    Everything on the slides is a native shape, table or chart. Texts are cut to their places; the speaker
    notes hold them whole. `template`: a bureau's own PPTX, whose master, layouts and page size are taken and
    whose slides are left out; where its layouts have no title the title is set as text.

    Raises InvalidQuery when `template` is not a presentation.
    """
    deck = open_deck(template)
    for draw in _SLIDES:
        draw(deck, content)
    return save_deck(deck, content.facts.title, content.facts.day)
