"""Cells of workbooks and Parquet files as the text a user sees; runs apart, in `firm_reader`'s process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fastexcel
import polars as pl
import pyarrow.parquet as pq

from service.errors import InvalidFirmFile
from service.ingest.firm_table import MAX_CELLS, MAX_COLUMNS, refuse_no_rows, refuse_wide

_MIDNIGHT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) 00:00:00$"


def sheets_of(path: Path, sheet: str | None) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield (name, cells as text) of the named sheet or of all, from row 1 on, without a header.

    `skip_rows=0` keeps blank rows at the top, so that row numbers are the file's.
    """
    workbook = fastexcel.read_excel(path)
    if sheet is not None and sheet not in workbook.sheet_names:
        listed = "、".join(workbook.sheet_names)
        raise InvalidFirmFile(f'{path.name}：没有工作表 "{sheet}"；文件里有：{listed}')
    for name in workbook.sheet_names if sheet is None else [sheet]:
        cells = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
        yield name, cells.with_columns(pl.all().cast(pl.String).str.replace(_MIDNIGHT, "$1"))


def parquet_cells(path: Path) -> pl.DataFrame:
    """Return a Parquet file of any types with every column as text.

    Raises
    ------
    InvalidFirmFile : too wide, too many cells, no rows.
    ArrowException, OSError : no Parquet, or a damaged one.
    """
    _limit_parquet(path.name, pq.read_metadata(path))
    frame = pl.DataFrame(pq.read_table(path, memory_map=True))
    return frame.select(_as_text(column) for column in frame)


def _limit_parquet(file: str, metadata: pq.FileMetaData) -> None:
    columns = len(metadata.schema.to_arrow_schema().names)
    if columns > MAX_COLUMNS:
        refuse_wide(file, columns)
    if not metadata.num_rows or not columns:
        refuse_no_rows(file)
    if metadata.num_rows * columns > MAX_CELLS:
        raise InvalidFirmFile(f"{file}：{metadata.num_rows:,} 行 {columns} 列，太大；请只留要用的列或拆开")


def _as_text(column: pl.Series) -> pl.Series:
    """Return the column as a person would write it: 1 and not 1.0, days without 00:00:00, lists as A;B."""
    dtype = column.dtype
    if dtype.is_float():
        whole = column.is_finite() & (column == column.round(0)) & (column.abs() < 1e15)
        texts = column.cast(pl.String).set(whole.fill_null(False), None)
        return column.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole.fill_null(False), texts)
    if dtype == pl.Datetime:
        return column.dt.to_string("%Y-%m-%d %H:%M:%S").str.replace(" 00:00:00$", "")
    if dtype.is_nested() or dtype == pl.Object:
        return pl.Series(column.name, [_nested_text(value) for value in column.to_list()], dtype=pl.String)
    if dtype == pl.Binary:
        return pl.Series(
            column.name, [None if value is None else value.decode("utf-8", "replace") for value in column]
        )
    return column.cast(pl.String)


def _nested_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return ":".join(str(part) for part in value.values() if part is not None)
    if isinstance(value, list):
        return ";".join(text for text in map(_nested_text, value) if text)
    return str(value)
