"""Firms in lists for people: chosen by standing, size and age, ordered; and a firm's rank by size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, func, or_, select
from sqlmodel import Session

from service.storage.candidates import COUNTED, DECIDED, list_firms
from service.storage.frames import column
from service.storage.tables import FirmRow, LinkDecisionRow, LinkRow


class FirmOrder(StrEnum):
    """How firms are ordered; those of which it is not known come last."""

    STORED = "stored"
    NAME = "name"
    CAPITAL = "capital"
    FOUNDED = "founded"


@dataclass(frozen=True, slots=True)
class FirmFilter:
    """Which firms are wanted; None and "" stand for any.

    `inside`: adcodes. `nodes`: node ids, of any of which the firm must be. `text`: part of a name, or a whole
    uscc or stock code. `standing`: a word such as 专精特新, or "listed". `founded_from`: a year.
    """

    inside: frozenset[str]
    nodes: Collection[str] | None = None
    text: str = ""
    standing: str = ""
    founded_from: int | None = None


def choose_firms(
    session: Session,
    wanted: FirmFilter,
    order: FirmOrder = FirmOrder.STORED,
    *,
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, list[FirmRow]]:
    """Return how many firms fit, and a part of them in `order`."""
    return list_firms(
        session,
        inside=wanted.inside,
        nodes=wanted.nodes,
        text=wanted.text or None,
        also=_conditions(wanted),
        order=_ORDERS[order],
        limit=limit,
        offset=offset,
    )


def _conditions(wanted: FirmFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.standing:
        # The list is stored as JSON in plain characters, so a whole word of it stands between quotes.
        has = cast(_of("standing"), String).contains(f'"{wanted.standing}"', autoescape=True)
        listed = wanted.standing == "listed"
        found.append(or_(has, func.coalesce(_of("stock_code"), "") != "") if listed else has)
    if wanted.founded_from is not None:
        found.append(_of("founded") >= dt.date(wanted.founded_from, 1, 1))
    return found


def _of(name: str) -> Any:
    return column(FirmRow, name)


_ORDERS: dict[FirmOrder, list[ColumnElement[Any]]] = {
    FirmOrder.STORED: [],
    FirmOrder.NAME: [_of("name")],
    FirmOrder.CAPITAL: [_of("capital_cny").desc().nulls_last()],
    FirmOrder.FOUNDED: [_of("founded").desc().nulls_last()],
}


@dataclass(frozen=True, slots=True)
class NodeSizes:
    """The firms of a node, those of them with a known size by one measure, and those that are larger."""

    firms: int
    known: int
    larger: int


def count_sizes(session: Session, node: str, measure: str, value: float) -> NodeSizes:
    """Count the firms whose links to `node` count, against `value` of their column `measure`."""
    size = _of(measure)
    larger = func.coalesce(func.sum(case((size > value, 1), else_=0)), 0)
    statement = (
        select(func.count(), func.count(size), larger)
        .select_from(LinkRow)
        .join(FirmRow, _of("id") == column(LinkRow, "firm_id"))
        .outerjoin(LinkDecisionRow, DECIDED)
        .where(column(LinkRow, "node") == node, COUNTED)
    )
    return NodeSizes(*(int(number) for number in session.execute(statement).one()))
