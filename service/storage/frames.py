"""Firms as polars frames: the shape in which the batch reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, select
from sqlmodel import SQLModel

from service.storage.tables import FirmRow

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
}

# SQLite takes at most 32,766 bound values in one statement.
_CHUNK = 10_000


def chunks(ids: Sequence[int], size: int = _CHUNK) -> Iterator[list[int]]:
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
