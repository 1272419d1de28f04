"""The data as it was before the last import: kept when an import begins, read to say what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlmodel import Session, SQLModel

from service.storage.frames import column
from service.storage.sources import Source
from service.storage.tables import (
    CoverageBeforeRow,
    CoverageRow,
    DataBeforeRow,
    DataVersionRow,
    FirmRow,
    RegionFirmsBeforeRow,
    RegionFirmsRow,
    SourceRow,
)

Cell = tuple[str, str, float, int]
"""(adcode, node, effective firms, anchors)"""

_COPIES: tuple[tuple[type[SQLModel], type[SQLModel]], ...] = (
    (CoverageRow, CoverageBeforeRow),
    (RegionFirmsRow, RegionFirmsBeforeRow),
)


@dataclass(frozen=True, slots=True)
class DataBefore:
    """Which state of the data the last import began with.

    `sources` are those of then; `last_firm` is the highest number of a firm that was there.
    """

    version: str
    chains_hash: str
    changed_at: dt.datetime
    sources: tuple[Source, ...]
    last_firm: int


def keep_before(connection: Connection) -> None:
    """Keep coverage, firms known and sources as they are now, in place of what was kept.

    It is called at the beginning of an import, in its transaction: an import that fails keeps nothing. It
    does nothing where there is no data yet.
    """
    version = connection.execute(select(DataVersionRow.__table__)).one_or_none()  # type: ignore[attr-defined]
    if version is None:
        return
    for stored, copy in _COPIES:
        names = list(copy.__table__.columns.keys())  # type: ignore[attr-defined]
        connection.execute(delete(copy))
        connection.execute(insert(copy).from_select(names, select(*(column(stored, name) for name in names))))
    connection.execute(delete(DataBeforeRow))
    last = connection.execute(select(func.max(column(FirmRow, "id")))).scalar()
    connection.execute(
        insert(DataBeforeRow).values(
            id=1,
            number=version.number,
            chains_hash=version.chains_hash,
            changed_at=version.changed_at,
            sources=_sources(connection),
            last_firm=last or 0,
        )
    )


def _sources(connection: Connection) -> list[dict[str, Any]]:
    names = ("key", "title", "covers", "complete_for", "licence", "as_of", "imported_at")
    statement = select(*(column(SourceRow, name) for name in names)).order_by(column(SourceRow, "key"))
    rows = (dict(zip(names, row, strict=True)) for row in connection.execute(statement))
    # Days and moments are of no account to what a source shows.
    return [{**row, "as_of": None, "imported_at": None} for row in rows]


def read_before(session: Session) -> DataBefore | None:
    """Return which state of the data the last import began with, None where there was no such import."""
    row = session.get(DataBeforeRow, 1)
    if row is None:
        return None
    sources = tuple(
        Source(**{**one, "covers": tuple(one["covers"]), "complete_for": tuple(one["complete_for"])})
        for one in row.sources
    )
    return DataBefore(
        f"{row.number}-{row.chains_hash[:8]}", row.chains_hash, row.changed_at, sources, row.last_firm
    )


def read_cells_before(session: Session, level: str) -> list[Cell]:
    """Return the coverage of all chains at one level as it was before the last import."""
    names = ("adcode", "node", "effective", "anchors")
    statement = select(*(column(CoverageBeforeRow, name) for name in names)).where(
        column(CoverageBeforeRow, "level") == level
    )
    return [tuple(row) for row in session.execute(statement)]


def read_region_firms_before(session: Session, level: str) -> dict[str, tuple[int, int]]:
    """Return adcode -> (firms of any kind, firms of any chain) at one level before the last import."""
    names = ("adcode", "firms", "chain_firms")
    statement = select(*(column(RegionFirmsBeforeRow, name) for name in names)).where(
        column(RegionFirmsBeforeRow, "level") == level
    )
    return {adcode: (firms, chain_firms) for adcode, firms, chain_firms in session.execute(statement)}


def read_added_firms(
    session: Session, last: int, *, inside: Collection[str], limit: int
) -> list[tuple[str, str]]:
    """Return (key, name) of the first firms in these regions whose number is above `last`."""
    statement = (
        select(column(FirmRow, "key"), column(FirmRow, "name"))
        # Coalesced, lest SQLite look up every firm of a province by its code.
        .where(column(FirmRow, "id") > last, func.coalesce(column(FirmRow, "adcode"), "").in_(sorted(inside)))
        .order_by(column(FirmRow, "id"))
        .limit(limit)
    )
    return [(key, name) for key, name in session.execute(statement)]
