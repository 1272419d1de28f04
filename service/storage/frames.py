"""Firms as polars frames: the shape in which the batch reads and writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import polars as pl
from sqlalchemy import Connection, Insert, Select, Update, bindparam, insert, select, update
from sqlmodel import SQLModel

from service.storage.tables import FirmRow

T = TypeVar("T")

PRODUCT = pl.Struct({"name": pl.String, "share": pl.Float64})
LIST_COLUMNS = ("gbt4754_codes", "products", "nodes", "standing")

# The columns that a source tells of a firm, in the order of the table.
FIRM_COLUMNS: dict[str, Any] = {
    "name": pl.String,
    "short_name": pl.String,
    "stock_code": pl.String,
    "adcode": pl.String,
    "address": pl.String,
    "scope": pl.String,
    "industry": pl.String,
    "gbt4754_codes": pl.List(pl.String),
    "products": pl.List(PRODUCT),
    "nodes": pl.List(pl.String),
    "capital_cny": pl.Float64,
    "revenue_cny": pl.Float64,
    "employees": pl.Int64,
    "founded": pl.Date,
    "entity_type": pl.String,
    "standing": pl.List(pl.String),
    "lon": pl.Float64,
    "lat": pl.Float64,
    "website": pl.String,
    "as_of": pl.Date,
}
STORED_COLUMNS: dict[str, Any] = {
    "id": pl.Int64,
    "key": pl.String,
    "uscc": pl.String,
    "normal_name": pl.String,
    "parent_name": pl.String,
    **FIRM_COLUMNS,
    "pinyin": pl.String,
    "initials": pl.String,
}

# SQLite takes at most 32,766 bound values in one statement.
_CHUNK = 10_000
_WRITTEN_AT_ONCE = 20_000


def chunks(ids: Sequence[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """Yield `ids` in lists short enough for one statement."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def column(table: type[SQLModel], name: str) -> Any:
    """Return a column of a table, typed for queries (SQLModel's attributes are typed as values)."""
    return table.__table__.c[name]  # type: ignore[attr-defined]


def firm_columns(names: Sequence[str]) -> list[Any]:
    """Return columns of the firm table, in the order of `names`."""
    return [column(FirmRow, name) for name in names]


def read_frame(connection: Connection, statement: Select[Any], schema: dict[str, Any]) -> pl.DataFrame:
    """Run `statement` and return its rows as a frame with exactly `schema`."""
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def read_firms(connection: Connection, ids: Sequence[int] | None = None) -> pl.DataFrame:
    """Return firms with every stored column, by ascending id; all of them when `ids` is None."""
    statement = select(*firm_columns(list(STORED_COLUMNS)))
    identity = column(FirmRow, "id")
    if ids is None:
        return read_frame(connection, statement.order_by(identity), STORED_COLUMNS)
    parts = [
        read_frame(connection, statement.where(identity.in_(part)), STORED_COLUMNS)
        for part in chunks(sorted(ids))
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=STORED_COLUMNS)


def to_json(value: object) -> str:
    """Return `value` as the database keeps it: JSON in plain characters."""
    # Most lists of most firms are empty, and a large import writes some hundred thousand of them.
    return "[]" if value == [] else json.dumps(value, ensure_ascii=False)


def insert_rows(connection: Connection, table: type[SQLModel], frame: pl.DataFrame) -> None:
    """Insert the rows of `frame`, whose columns bear the names of the table's."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in frame.columns}
    _write(connection, insert(table).values(values), frame)


def update_rows(connection: Connection, table: type[SQLModel], frame: pl.DataFrame) -> None:
    """Bring the rows with the ids of `frame` up to date; its columns bear the names of the table's."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in frame.columns if name != "id"}
    statement = update(table).where(column(table, "id") == bindparam("new_id")).values(values)
    _write(connection, statement, frame)


def _write(connection: Connection, statement: Insert | Update, frame: pl.DataFrame) -> None:
    """Run `statement` for each row, its values converted column by column.

    SQLAlchemy would convert them value by value, which takes twice as long as the writing itself.
    """
    compiled = statement.compile(dialect=connection.dialect)
    for part in frame.iter_slices(_WRITTEN_AT_ONCE):
        plain = part.select(_plain(values).alias(f"new_{values.name}") for values in part)
        rows = plain.select(compiled.positiontup or []).rows() if compiled.positional else plain.to_dicts()
        connection.exec_driver_sql(str(compiled), rows)


def _plain(values: pl.Series) -> pl.Series:
    """Return values as every driver takes them: lists as JSON, days as 2026-01-02."""
    if values.dtype.is_nested():
        return pl.Series(values.name, [to_json(value) for value in values.to_list()], dtype=pl.String)
    return values.dt.to_string("%Y-%m-%d") if values.dtype == pl.Date else values
