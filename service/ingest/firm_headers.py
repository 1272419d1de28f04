"""Finds the header of a sheet: below title rows and blank rows, over one or two rows of merged cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.ingest.firm_columns import guess_mapping

PREVIEW_ROWS = 30
"""How many rows from the top may hold the header."""

Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Header:
    """`names` by column (unique, none empty); `row` and `end`: its first row, and the first row of data."""

    names: tuple[str, ...]
    row: int
    end: int

    @property
    def has_name(self) -> bool:
        """Whether one of the columns looks like the firm's name."""
        return "name" in guess_mapping(self.names).columns


def find_header(rows: Sequence[Cells]) -> Header | None:
    """Return the header among the first rows of a sheet, or None when all of them are blank.

    It is the row with the most cells that name a known field; where no row names any, the first row that
    is at least half as full as the fullest one. A cell left blank by a merge takes the text of the row
    above (merged downwards) or of the row below (a second row of column names).
    """
    texts = [[(cell or "").strip() for cell in row] for row in rows[:PREVIEW_ROWS]]
    filled = [sum(map(bool, row)) for row in texts]
    if not any(filled):
        return None
    scores = [recognised_fields(row) for row in texts]
    if max(scores):
        place = scores.index(max(scores))
    else:
        place = next(index for index, count in enumerate(filled) if count * 2 >= max(filled))
    names, end = list(texts[place]), place + 1
    if place and filled[place - 1] > 1:
        names = _filled(names, texts[place - 1])
    if end < len(texts) and _is_second_row(texts[place], texts[end]):
        names, end = _filled(texts[end], names), end + 1
    return Header(_unique_names(names), place, end)


def recognised_fields(cells: Cells) -> int:
    """Return how many known fields `cells`, read as headers, name."""
    return len(guess_mapping(cell for cell in cells if cell).columns)


def _filled(names: Sequence[str], others: Sequence[str]) -> list[str]:
    padded = [*others, *[""] * (len(names) - len(others))]
    return [name or other for name, other in zip(names, padded, strict=False)]


def _is_second_row(header: Sequence[str], below: Sequence[str]) -> bool:
    """Tell whether `below` names the columns that a merged cell of `header` spans.

    Its texts then all stand where the header is blank or where a merged cell begins, and at least one
    stands under a blank.
    """
    padded = [*header, *[""] * (len(below) - len(header) + 1)]
    places = [place for place, text in enumerate(below) if text]
    spanned = [place for place in places if not padded[place]]
    begins = all(not padded[place] or not padded[place + 1] for place in places)
    worded = all(any(char.isalpha() for char in below[place]) for place in places)
    return bool(spanned) and begins and worded and recognised_fields(below) > 0


def _unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Name blank headers by their place, and number those that repeat."""
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(names, start=1):
        plain = " ".join(name.split()) if "\n" in name else name
        plain = plain or f"第{place}列"
        seen[plain] = seen.get(plain, 0) + 1
        unique.append(plain if seen[plain] == 1 else f"{plain} ({seen[plain]})")
    return (
        tuple(unique)
        if len(set(unique)) == len(unique)
        else tuple(f"第{place}列 {name}" for place, name in enumerate(unique, start=1))
    )
