"""What a book is made of, whatever it is printed as: DOCX and PDF draw the same blocks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum, auto

from service.domain.gaps import Rating


class Tone(Enum):
    """How a paragraph is set."""

    BODY = auto()
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (chapter), 2 (project) or 3; the first two stand in the table of contents."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str
    tone: Tone = Tone.BODY


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of points."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rated:
    """A cell that says a rating, on its colour."""

    rating: Rating


Cell = str | Rated


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `widths` are shares of the page (they sum to 1); without `heads` the first column is the head
    of each row. `right`: columns of numbers.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows stands on a new page."""


Block = Heading | Paragraph | Bullets | Grid | PageBreak


@dataclass(frozen=True, slots=True)
class Book:
    """A book: its cover, then a table of contents, then its blocks. `day` is that of the data."""

    title: str
    subtitle: str
    cover: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    day: dt.datetime
