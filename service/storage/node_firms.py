"""The firms of a node in one place, those that can lead it first: a few to show, and how many there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select
from sqlmodel import Session

from service.domain.anchors import LARGE_EMPLOYEES, anchor_reason
from service.domain.firms import Firm
from service.storage.candidates import COUNTED, DECIDED, EFFECTIVE
from service.storage.frames import column
from service.storage.tables import FirmRow, LinkDecisionRow, LinkRow

_SHOWN = ("key", "name", "stock_code", "standing", "employees", "revenue_cny")
# What `anchor_reason` asks for, as far as a query can tell: every firm that it may name is among these.
_NOTABLE = or_(
    column(FirmRow, "stock_code").is_not(None),
    func.coalesce(column(FirmRow, "employees"), 0) >= LARGE_EMPLOYEES,
    func.coalesce(cast(column(FirmRow, "standing"), Text), "[]") != "[]",
)


@dataclass(frozen=True, slots=True)
class NodeFirm:
    """A firm of a node: how much it counts there (0-1), and why it can lead it (链主) or None."""

    key: str
    name: str
    stock_code: str | None
    effective: float
    anchor: str | None


def read_leading_firms(
    session: Session, nodes: Collection[str], *, inside: Collection[str], limit: int
) -> tuple[int, list[NodeFirm]]:
    """Return how many firms of regions `inside` count in `nodes`, and the first `limit` of them.

    Anchor firms come first, then by how much a firm counts (in several of the nodes: the most), then by key.
    """
    firms = _counted(nodes, inside)
    # Few firms have what can make an anchor: all of those are looked at, of the others only the first.
    notable = session.execute(firms.where(_NOTABLE)).all()
    first = firms.where(~_NOTABLE).order_by(func.max(EFFECTIVE).desc(), column(FirmRow, "key")).limit(limit)
    others = session.execute(first.add_columns(func.count().over())).all()
    found = [_firm(*row[: len(_SHOWN) + 1]) for row in (*notable, *others)]
    found.sort(key=lambda one: (one.anchor is None, -one.effective, one.key))
    return len(notable) + (others[0][-1] if others else 0), found[:limit]


def _counted(nodes: Collection[str], inside: Collection[str]) -> Select[Any]:
    shown = [column(FirmRow, name) for name in _SHOWN]
    # Not the bare column: SQLite would walk through every firm of the region instead of those of the nodes.
    here = func.coalesce(column(FirmRow, "adcode"), "")
    return (
        select(*shown, func.max(EFFECTIVE))
        .join(LinkRow, column(LinkRow, "firm_id") == column(FirmRow, "id"))
        .outerjoin(LinkDecisionRow, DECIDED)
        .where(column(LinkRow, "node").in_(sorted(nodes)), here.in_(sorted(inside)), COUNTED)
        .group_by(column(FirmRow, "id"))
    )


def _firm(
    key: str,
    name: str,
    stock_code: str | None,
    standing: list[str] | None,
    employees: int | None,
    revenue_cny: float | None,
    effective: float,
) -> NodeFirm:
    firm = Firm(
        name=name,
        stock_code=stock_code,
        standing=tuple(standing or ()),
        employees=employees,
        revenue_cny=revenue_cny,
    )
    return NodeFirm(key, name, stock_code, float(effective), anchor_reason(firm))
