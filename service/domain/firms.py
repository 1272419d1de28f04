"""Firms and their links to chain nodes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ReviewState(StrEnum):
    """What a person has decided of a link."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise as one source tells of it; None means the source does not say.

    `uscc` is the unified social credit code (18 characters, GB 32100-2015). `adcode` is the finest
    region known (county, else city, else province). `lon`/`lat` are WGS-84 degrees. `products` are
    (name, share of revenue 0-1 or None). `nodes` are node ids that the source itself asserts.
    `standing` holds words such as "listed", "单项冠军", "专精特新".
    """

    name: str
    uscc: str | None = None
    stock_code: str | None = None
    short_name: str | None = None
    adcode: str | None = None
    address: str | None = None
    scope: str | None = None
    industry: str | None = None
    gbt4754_codes: tuple[str, ...] = ()
    products: tuple[tuple[str, float | None], ...] = ()
    nodes: tuple[str, ...] = ()
    capital_cny: float | None = None
    revenue_cny: float | None = None
    employees: int | None = None
    founded: date | None = None
    entity_type: str | None = None
    standing: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    website: str | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a firm was linked to a node: the term, the field it stood in, and what weakened it."""

    field: str
    term: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FirmNode:
    """A link (挂链): this firm works in this node, with confidence 0-1 and the evidence for it."""

    firm: str
    node: str
    confidence: float
    confirmed: bool
    evidence: tuple[Evidence, ...]
    state: ReviewState = ReviewState.OPEN
