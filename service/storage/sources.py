"""Sources, imports and the version of the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlmodel import Session, col

from service.errors import UnknownImport
from service.storage.tables import DataVersionRow, ImportRow, SourceRow


@dataclass(frozen=True, slots=True)
class Source:
    """Where firms come from.

    `covers`: adcodes of the regions it could show ("100000" is the whole country). `complete_for`:
    adcodes of the regions for which it claims to name every firm; empty for a selective list.
    """

    key: str
    title: str
    covers: tuple[str, ...]
    complete_for: tuple[str, ...] = ()
    licence: str = ""
    as_of: dt.date | None = None
    imported_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """What one import of a file took and rejected; `undone_at` is when it was taken back as a whole."""

    id: int
    source: str
    file_name: str
    sha256: str
    rows: int
    accepted: int
    updated: int
    rejected: int
    rejects_file: str | None
    located: dict[str, int]
    links: int
    seconds: float
    finished_at: dt.datetime
    undone_at: dt.datetime | None = None


def save_source(connection: Connection, source: Source) -> int:
    """Insert the source, or bring the one with this key up to date; return its number."""
    values = {
        "title": source.title,
        "covers": list(source.covers),
        "complete_for": list(source.complete_for),
        "licence": source.licence,
        "as_of": source.as_of,
        "imported_at": source.imported_at,
    }
    known = connection.execute(select(col(SourceRow.id)).where(col(SourceRow.key) == source.key)).scalar()
    if known is not None:
        connection.execute(update(SourceRow).where(col(SourceRow.id) == known).values(**values))
        return int(known)
    result: Any = connection.execute(insert(SourceRow).values(key=source.key, **values))
    return int(result.inserted_primary_key[0])


def list_sources(session: Session) -> list[Source]:
    """Return all sources, by key."""
    rows = session.execute(select(SourceRow).order_by(col(SourceRow.key))).scalars()
    return [source_of(row) for row in rows]


def source_of(row: Any) -> Source:
    """Return the source that a row of its table tells of."""
    return Source(
        row.key,
        row.title,
        tuple(row.covers),
        tuple(row.complete_for),
        row.licence,
        row.as_of,
        row.imported_at,
    )


def save_import(connection: Connection, source_id: int, values: dict[str, Any]) -> int:
    """Note an import that is done; return its number."""
    result: Any = connection.execute(insert(ImportRow).values(source_id=source_id, **values))
    return int(result.inserted_primary_key[0])


def list_imports(session: Session, *, limit: int = 50, offset: int = 0) -> Sequence[ImportRecord]:
    """Return imports, newest first."""
    statement = (
        select(ImportRow, col(SourceRow.key))
        .join(SourceRow, col(SourceRow.id) == col(ImportRow.source_id))
        .order_by(col(ImportRow.id).desc())
        .limit(limit)
        .offset(offset)
    )
    return [_import_record(row, key) for row, key in session.execute(statement)]


def find_import(session: Session, number: int) -> ImportRecord:
    """Return one import; UnknownImport where there is none with this number."""
    row = session.get(ImportRow, number)
    if row is None:
        raise UnknownImport(f"没有编号为 {number} 的导入")
    source = session.get(SourceRow, row.source_id)
    return _import_record(row, source.key if source else "")


def _import_record(row: ImportRow, source: str) -> ImportRecord:
    names = [name for name in ImportRecord.__dataclass_fields__ if name != "source"]
    return ImportRecord(source=source, **{name: getattr(row, name) for name in names})


def bump_data_version(connection: Connection, chains_hash: str) -> None:
    """Say that the data changed: a new number, and the chains that the links were matched with."""
    now = dt.datetime.now(dt.UTC)
    number = connection.execute(select(col(DataVersionRow.number))).scalar()
    if number is None:
        connection.execute(
            insert(DataVersionRow).values(id=1, number=1, chains_hash=chains_hash, changed_at=now)
        )
        return
    connection.execute(
        update(DataVersionRow).values(number=number + 1, chains_hash=chains_hash, changed_at=now)
    )


def data_version(session: Session) -> str:
    """Return the version of the data that every answer carries, such as "12-3fa9c1d2"; "0" when empty."""
    row = _state(session)
    return f"{row.number}-{row.chains_hash[:8]}" if row else "0"


def _state(session: Session) -> DataVersionRow | None:
    # One answer asks for it some hundred times, and a session forgets a row that nobody holds.
    session.info["data_version"] = row = session.get(DataVersionRow, 1)
    return row


def data_changed_at(session: Session) -> dt.datetime | None:
    """Return when the data last changed, None when there is none."""
    row = _state(session)
    return row.changed_at if row else None


def matched_chains_hash(session: Session) -> str | None:
    """Return the hash of the chains that the stored links were matched with."""
    row = _state(session)
    return row.chains_hash if row else None
