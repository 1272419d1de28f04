"""Writing firms: one source's rows become new firms or update those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, delete, func, select

from service.domain.branches import PARENT_NAME
from service.ingest.readings import spell_firms
from service.storage.frames import (
    FIRM_COLUMNS,
    LIST_COLUMNS,
    STORED_COLUMNS,
    chunks,
    column,
    firm_columns,
    insert_rows,
    read_firms,
    read_frame,
    update_rows,
)
from service.storage.tables import FirmRow, FirmSourceRow

_UNION_COLUMNS = ("nodes", "standing")
_FOLLOWING = ("id", "pinyin", "initials")
"""Columns that no source tells: how a name sounds follows from it."""

_SOURCE_ROWS = {"id": pl.Int64, "row_before": pl.Int64}
_IDENTITY = {"id": pl.Int64, "uscc": pl.String, "normal_name": pl.String}


@dataclass(frozen=True)
class Upserted:
    """What became of the rows: the firms as they now stand, and how many are new.

    `touched` (id, fresh, row_before) names every firm of the rows; `row_before` is where this source named it
    before, null where it did not. `before` holds the firms that changed as they stood before.
    """

    firms: pl.DataFrame
    accepted: int
    updated: int
    touched: pl.DataFrame
    before: pl.DataFrame


def upsert_firms(connection: Connection, rows: pl.DataFrame, source_id: int) -> Upserted:
    """Store `rows` (the frame of `ingest.firms.ParsedFirms`) as firms of one source.

    A row is the firm with the same uscc; else the firm with the same normalised name where one of the
    two has no uscc. A value replaces the stored one when it is at least as recent (`as_of`); an older
    one only fills what is blank; node assertions and standings are united.
    """
    rows = rows.with_columns(_parent_name())
    existing = read_frame(connection, select(*firm_columns(list(_IDENTITY))), _IDENTITY)
    known = _identify(rows, existing)
    fresh = rows.join(known, on="row", how="anti", maintain_order="left")
    last = connection.execute(select(func.max(column(FirmRow, "id")))).scalar() or 0
    numbers = pl.int_range(last + 1, last + 1 + fresh.height, dtype=pl.Int64)
    fresh = spell_firms(fresh.with_columns(numbers.alias("id")))
    stored = read_firms(connection, known["id"].to_list())
    merged = _merge(rows.join(known, on="row", how="inner", maintain_order="left"), stored)
    insert_rows(connection, FirmRow, fresh.select(*STORED_COLUMNS))
    update_rows(connection, FirmRow, merged.filter("changed").select(*STORED_COLUMNS))
    firms = pl.concat([fresh.select("row", *STORED_COLUMNS), merged.select("row", *STORED_COLUMNS)])
    named_before = read_source_rows(connection, source_id, firms["id"].to_list())
    _note_source(connection, firms, source_id)
    touched = firms.select("id", fresh=pl.col("id") > last).join(named_before, on="id", how="left")
    return Upserted(
        firms.drop("row"),
        accepted=fresh.height,
        updated=merged.height,
        touched=touched,
        before=stored.join(merged.filter("changed"), on="id", how="semi"),
    )


def read_source_rows(connection: Connection, source_id: int, firms: Sequence[int]) -> pl.DataFrame:
    """Return (id, row_before): where the source names those of the firms that it names."""
    statement = select(column(FirmSourceRow, "firm_id"), column(FirmSourceRow, "row")).where(
        column(FirmSourceRow, "source_id") == source_id
    )
    parts = [
        read_frame(connection, statement.where(column(FirmSourceRow, "firm_id").in_(part)), _SOURCE_ROWS)
        for part in chunks(firms)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_SOURCE_ROWS)


def restore_firms(
    connection: Connection, touched: pl.DataFrame, before: pl.DataFrame, source_id: int
) -> None:
    """Take back what `upsert_firms` did: its new firms go, the others stand as before.

    Links and decisions of the firms that go, go with them.
    """
    fresh = touched.filter("fresh")["id"].to_list()
    for part in chunks(touched["id"].to_list()):
        connection.execute(
            delete(FirmSourceRow).where(
                column(FirmSourceRow, "source_id") == source_id, column(FirmSourceRow, "firm_id").in_(part)
            )
        )
    for part in chunks(fresh):
        connection.execute(delete(FirmRow).where(column(FirmRow, "id").in_(part)))
    update_rows(connection, FirmRow, before.select(*STORED_COLUMNS))
    named = touched.filter(~pl.col("fresh") & pl.col("row_before").is_not_null()).select(
        pl.col("id").alias("firm_id"),
        pl.lit(source_id, dtype=pl.Int64).alias("source_id"),
        pl.col("row_before").alias("row"),
    )
    insert_rows(connection, FirmSourceRow, named)


def _parent_name() -> pl.Expr:
    return pl.col("normal_name").str.extract(PARENT_NAME).alias("parent_name")


def _identify(rows: pl.DataFrame, existing: pl.DataFrame) -> pl.DataFrame:
    """Return (row, id) for the rows that are a stored firm; no firm is taken twice."""
    by_uscc = rows.filter(pl.col("uscc").is_not_null()).join(
        existing.filter(pl.col("uscc").is_not_null()), on="uscc", how="inner"
    )
    taken = by_uscc.select("row", "id")
    rest = rows.join(taken, on="row", how="anti")
    by_name = rest.join(existing, on="normal_name", how="inner", suffix="_stored").filter(
        pl.col("uscc").is_null() | pl.col("uscc_stored").is_null()
    )
    named = by_name.join(taken, on="id", how="anti").sort("row", "id").select("row", "id")
    named = named.unique("row", keep="first", maintain_order=True).unique(
        "id", keep="first", maintain_order=True
    )
    return pl.concat([taken, named])


def _merge(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the firms that `rows` already are, as they now stand, and whether that is a change."""
    both = rows.join(stored, on="id", how="inner", suffix="_stored", maintain_order="left")
    newer = pl.col("as_of").fill_null(pl.date(1, 1, 1)) >= pl.col("as_of_stored").fill_null(pl.date(1, 1, 1))
    merged = [_merged_value(name, newer).alias(name) for name in FIRM_COLUMNS]
    uscc = pl.coalesce("uscc", "uscc_stored")
    kept_name = pl.when(newer).then(pl.col("normal_name")).otherwise(pl.col("normal_name_stored"))
    parent = pl.when(newer).then(pl.col("parent_name")).otherwise(pl.col("parent_name_stored"))
    after = both.with_columns(
        pl.coalesce(uscc, pl.col("key_stored")).alias("key"),
        uscc.alias("uscc"),
        kept_name.alias("normal_name"),
        parent.alias("parent_name"),
        *merged,
    ).pipe(spell_firms)
    compared = (name for name in STORED_COLUMNS if name not in _FOLLOWING)
    changes = (pl.col(name).ne_missing(pl.col(f"{name}_stored")) for name in compared)
    return after.select("row", *STORED_COLUMNS, pl.any_horizontal(changes).alias("changed"))


def _merged_value(name: str, newer: pl.Expr) -> pl.Expr:
    ours, theirs = pl.col(name), pl.col(f"{name}_stored")
    if name in _UNION_COLUMNS:
        return theirs.list.set_union(ours)
    if name in LIST_COLUMNS:
        ours = pl.when(ours.list.len() > 0).then(ours)
        theirs = pl.when(theirs.list.len() > 0).then(theirs)
        return pl.coalesce(pl.when(newer).then(ours), theirs, ours, pl.lit([], dtype=FIRM_COLUMNS[name]))
    return pl.coalesce(pl.when(newer).then(ours), theirs, ours)


def _note_source(connection: Connection, firms: pl.DataFrame, source_id: int) -> None:
    for part in chunks(firms["id"].to_list()):
        connection.execute(
            delete(FirmSourceRow).where(
                column(FirmSourceRow, "source_id") == source_id,
                column(FirmSourceRow, "firm_id").in_(part),
            )
        )
    named = firms.select(
        pl.col("id").alias("firm_id"), pl.lit(source_id, dtype=pl.Int64).alias("source_id"), "row"
    )
    insert_rows(connection, FirmSourceRow, named)
