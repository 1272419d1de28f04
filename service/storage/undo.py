"""What an import can be taken back with: kept beside the import, for the last ones."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, delete, func, insert, select, update

from service.storage.firms import Upserted
from service.storage.frames import chunks, column
from service.storage.sources import Source, source_of
from service.storage.tables import ImportRow, ImportUndoRow, LinkDecisionRow, SourceRow

KEPT = 10
"""Imports that can be undone: a province is some ten megabytes."""


@dataclass(frozen=True)
class UndoRecord:
    """How the data stood before an import.

    `touched` (id, fresh, row_before) and `before` as in `storage.firms.Upserted`; `source_before` is None
    where the import brought the source.
    """

    touched: pl.DataFrame
    before: pl.DataFrame
    source_before: Source | None


def save_undo(connection: Connection, import_id: int, stored: Upserted, source_before: Source | None) -> None:
    """Keep what the import can be undone by, and forget that of the oldest beyond `KEPT`."""
    connection.execute(
        insert(ImportUndoRow).values(
            import_id=import_id,
            touched=_packed(stored.touched),
            before=_packed(stored.before),
            source_before=_source_values(source_before),
        )
    )
    number = column(ImportUndoRow, "import_id")
    kept = connection.execute(select(number).order_by(number.desc()).limit(KEPT)).scalars().all()
    connection.execute(delete(ImportUndoRow).where(number < min(kept)))


def undoable_imports(connection: Connection) -> list[int]:
    """Return the numbers of the imports that can be undone, newest first."""
    number = column(ImportUndoRow, "import_id")
    return list(connection.execute(select(number).order_by(number.desc())).scalars())


def read_undo(connection: Connection, import_id: int) -> UndoRecord | None:
    """Return what an import can be undone by, None where nothing is kept of it."""
    row = connection.execute(
        select(*(column(ImportUndoRow, name) for name in ("touched", "before", "source_before"))).where(
            column(ImportUndoRow, "import_id") == import_id
        )
    ).one_or_none()
    if row is None:
        return None
    return UndoRecord(_unpacked(row.touched), _unpacked(row.before), _read_source(row.source_before))


def read_touched(connection: Connection, import_id: int) -> pl.Series:
    """Return the ids of the firms that an import named."""
    packed = connection.execute(
        select(column(ImportUndoRow, "touched")).where(column(ImportUndoRow, "import_id") == import_id)
    ).scalar_one()
    return pl.read_parquet(io.BytesIO(packed), columns=["id"])["id"]


def count_decisions(connection: Connection, firms: list[int]) -> int:
    """Return how many decisions on links these firms have."""
    held = column(LinkDecisionRow, "firm_id")
    counts = [
        connection.execute(select(func.count()).where(held.in_(part))).scalar_one() for part in chunks(firms)
    ]
    return int(sum(counts))


def note_undone(connection: Connection, import_id: int) -> None:
    """Say that an import is undone; what it could be undone by is needed no more."""
    connection.execute(delete(ImportUndoRow).where(column(ImportUndoRow, "import_id") == import_id))
    connection.execute(
        update(ImportRow)
        .where(column(ImportRow, "id") == import_id)
        .values(undone_at=dt.datetime.now(dt.UTC), rejects_file=None)
    )


def find_source(connection: Connection, key: str) -> Source | None:
    """Return the source with this key as it stands, None where there is none."""
    row = connection.execute(select(SourceRow.__table__).where(column(SourceRow, "key") == key)).one_or_none()  # type: ignore[attr-defined]
    return source_of(row) if row else None


def source_number(connection: Connection, import_id: int) -> int:
    """Return the number of an import's source."""
    return int(
        connection.execute(
            select(column(ImportRow, "source_id")).where(column(ImportRow, "id") == import_id)
        ).scalar_one()
    )


def _packed(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target, compression="zstd")
    return target.getvalue()


def _unpacked(packed: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(packed))


def _source_values(source: Source | None) -> dict[str, Any] | None:
    if source is None:
        return None
    return {
        "key": source.key,
        "title": source.title,
        "covers": list(source.covers),
        "complete_for": list(source.complete_for),
        "licence": source.licence,
        "as_of": source.as_of.isoformat() if source.as_of else None,
        "imported_at": source.imported_at.isoformat() if source.imported_at else None,
    }


def _read_source(values: dict[str, Any] | None) -> Source | None:
    if values is None:
        return None
    as_of, imported = values["as_of"], values["imported_at"]
    return Source(
        key=values["key"],
        title=values["title"],
        covers=tuple(values["covers"]),
        complete_for=tuple(values["complete_for"]),
        licence=values["licence"],
        as_of=dt.date.fromisoformat(as_of) if as_of else None,
        imported_at=dt.datetime.fromisoformat(imported) if imported else None,
    )
