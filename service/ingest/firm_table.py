"""The table that every kind of firm file is read into, its limits, and the frame of rejects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import polars as pl

from service.errors import InvalidFirmFile

MAX_COLUMNS = 500
MAX_CELLS = 60_000_000
"""Cells that one sheet may span: a full sheet of 1,048,576 rows with 57 columns."""
MAX_UNPACKED_BYTES = 1 << 30

ROW_REJECTED = "整行未收"
VALUE_DROPPED = "该值未收"
REJECTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "action": pl.String,
}
"""`row`: the row's number in the file; `column`: its header; `action`: ROW_REJECTED or VALUE_DROPPED."""

SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class RawTable:
    """A table as the file shows it.

    `frame`: one String column for each header; a blank is null or "". `rows`: the file's row number of
    each row of the frame, counted from 1 with the header (Int64). `sheet`: None unless a workbook.
    `rejects`: rows that the reader could not take, by REJECTS_SCHEMA.
    """

    frame: pl.DataFrame
    rows: pl.Series
    file: str
    sheet: str | None
    rejects: pl.DataFrame

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers, in file order."""
        return tuple(self.frame.columns)


def rejected_rows(rejects: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """Make a frame of rejects of whole rows from (row, what stood there, reason)."""
    return pl.DataFrame(
        [(row, "", value[:SHOWN_CHARACTERS], reason, ROW_REJECTED) for row, value, reason in rejects],
        schema=REJECTS_SCHEMA,
        orient="row",
    )


def refuse_wide(file: str, columns: int) -> NoReturn:
    """Refuse a table with more than MAX_COLUMNS columns."""
    raise InvalidFirmFile(f"{file}：表格有 {columns:,} 列，最多 {MAX_COLUMNS} 列；应为每行一家企业的表")


def refuse_no_rows(file: str) -> NoReturn:
    """Refuse a table that has a header and nothing below it."""
    raise InvalidFirmFile(f"{file}：只有表头，没有数据行；应至少有一行企业")
