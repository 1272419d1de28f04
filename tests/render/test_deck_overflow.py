"""Texts on slides, measured glyph by glyph with a real font: none runs out of its box or its cell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest
from PIL import ImageFont
from pptx.oxml.ns import qn
from pptx.util import Pt

from service.errors import FontMissing
from service.render.deck import render_deck
from service.render.deck_content import DeckContent
from service.render.fonts import font_folders
from tests.render.test_deck import any_content, make, read  # noqa: F401 - fixtures

_FONT = "wqy-microhei.ttc"
_MEASURED_PT = 100
# What Office adds to the height of the letters; the font itself asks for 1.17.
_LINE = 1.2
_DEFAULT_PT = 18.0


@pytest.fixture(scope="module")
def font() -> ImageFont.FreeTypeFont:
    for folder in font_folders():
        for path in folder.rglob(_FONT) if folder.is_dir() else ():
            return ImageFont.truetype(str(path), _MEASURED_PT)
    pytest.skip(str(FontMissing(f"{_FONT} is not installed")))


def lines_needed(text: str, width_pt: float, size_pt: float, font: ImageFont.FreeTypeFont) -> int:
    """Break a paragraph as Office does: Chinese anywhere, other words at blanks unless they are too long."""
    if width_pt <= 0:
        return 1
    lines, used = 1, 0.0
    for word in _words(text):
        across = font.getlength(word) * size_pt / _MEASURED_PT
        if used + across <= width_pt or not word.strip():
            used += across
        elif across <= width_pt:
            lines, used = lines + 1, across
        else:
            for sign in word:
                wide = font.getlength(sign) * size_pt / _MEASURED_PT
                if used + wide > width_pt:
                    lines, used = lines + 1, 0.0
                used += wide
    return lines


def _words(text: str) -> Iterator[str]:
    for latin, signs in groupby(text, lambda sign: sign.isascii() and not sign.isspace()):
        run = "".join(signs)
        yield from [run] if latin else run


def height_needed(frame: Any, width: int, font: ImageFont.FreeTypeFont) -> float:
    """Points of height that the paragraphs of a text frame take in a box of this width (EMU)."""
    inner = Pt(1)
    across = (width - frame.margin_left - frame.margin_right) / inner
    total = (frame.margin_top + frame.margin_bottom) / inner
    for paragraph in frame.paragraphs:
        # Runs and fields (the number of the page) alike.
        sizes = [int(found.get("sz")) / 100 for found in paragraph._p.iter(qn("a:rPr")) if found.get("sz")]
        size = max(sizes, default=_DEFAULT_PT)
        spacing = paragraph.line_spacing if isinstance(paragraph.line_spacing, float) else 1.0
        total += lines_needed(paragraph.text, across, size, font) * size * _LINE * spacing
    return total


def test_no_text_runs_out_of_its_box(any_content: DeckContent, font: ImageFont.FreeTypeFont) -> None:  # noqa: F811
    over = []
    for number, slide in enumerate(read(render_deck(any_content)).slides, start=1):
        for shape in slide.shapes:
            if not shape.has_text_frame or not shape.text_frame.text or shape.is_placeholder:
                continue
            wanted = height_needed(shape.text_frame, shape.width, font)
            if wanted > shape.height / Pt(1) + 1:
                over.append(
                    (
                        number,
                        shape.name,
                        round(wanted),
                        round(shape.height / Pt(1)),
                        shape.text_frame.text[:40],
                    )
                )
    assert over == []


def test_no_table_grows_beyond_its_slide(any_content: DeckContent, font: ImageFont.FreeTypeFont) -> None:  # noqa: F811
    """Rows of a table grow with their texts: the whole must still end above the foot of the slide."""
    over = []
    deck = read(render_deck(any_content))
    for number, slide in enumerate(deck.slides, start=1):
        for shape in slide.shapes:
            if not shape.has_table:
                continue
            widths = [column.width for column in shape.table.columns]
            high = sum(
                max(
                    row.height / Pt(1),
                    *(
                        height_needed(cell.text_frame, width, font)
                        for cell, width in zip(row.cells, widths, strict=True)
                    ),
                )
                for row in shape.table.rows
            )
            if shape.top / Pt(1) + high > deck.slide_height / Pt(1):
                over.append((number, shape.name, round(high)))
    assert over == []
