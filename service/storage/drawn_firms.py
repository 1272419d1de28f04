"""Reading firms for a map: by columns, since 20,000 whole rows would take a second."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from service.storage.candidates import COUNTED, DECIDED
from service.storage.frames import column
from service.storage.tables import FirmRow, LinkDecisionRow, LinkRow


@dataclass(frozen=True, slots=True)
class DrawnFirm:
    """A firm in as few words as a map needs; `nodes` are those in which it counts, by id."""

    name: str
    adcode: str | None
    lon: float | None
    lat: float | None
    founded: dt.date | None
    nodes: tuple[str, ...]
    key: str


def read_drawn_firms(session: Session, nodes: Collection[str], *, inside: Collection[str]) -> list[DrawnFirm]:
    """Return the firms of regions `inside` whose links to any of `nodes` count, by firm key."""
    names = ("id", "key", "name", "adcode", "lon", "lat", "founded")
    statement = (
        select(column(LinkRow, "node"), *(column(FirmRow, name) for name in names))
        .join(LinkRow, column(LinkRow, "firm_id") == column(FirmRow, "id"))
        .outerjoin(LinkDecisionRow, DECIDED)
        .where(
            column(LinkRow, "node").in_(sorted(nodes)),
            column(FirmRow, "adcode").in_(sorted(inside)),
            COUNTED,
        )
        .order_by(column(FirmRow, "key"), column(LinkRow, "node"))
    )
    linked: dict[int, list[str]] = defaultdict(list)
    firms: dict[int, Row[Any]] = {}
    for row in session.execute(statement):
        linked[row.id].append(row.node)
        firms.setdefault(row.id, row)
    return [
        DrawnFirm(row.name, row.adcode, row.lon, row.lat, row.founded, tuple(linked[firm_id]), row.key)
        for firm_id, row in firms.items()
    ]
