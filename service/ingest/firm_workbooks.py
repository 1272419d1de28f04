"""Workbooks (.xlsx, .xls, .xlsb, .ods): finds the sheet and the header, and gives the table below it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from service.errors import InvalidFirmFile
from service.ingest.firm_apart import read_apart
from service.ingest.firm_headers import PREVIEW_ROWS, Header, find_header
from service.ingest.firm_package import check_package
from service.ingest.firm_table import MAX_COLUMNS, RawTable, refuse_no_rows, refuse_wide, rejected_rows


def read_workbook(path: Path, *, sheet: str | None, zipped: bool) -> RawTable:
    """Read one sheet: the named one, else the first whose header has a firm's name, else the first filled.

    Dates come as 2020-01-02, whole numbers without a decimal point, formulas as the value that was saved
    with them, errors such as #N/A as blank. A zipped workbook (all but .xls) has to pass `check_package`.

    Raises
    ------
    InvalidFirmFile : unreadable, encrypted, no such sheet, no filled sheet, too wide, header only.
    """
    if zipped:
        check_package(path)
    with read_apart(path, sheet) as sheets:
        return _first_table(path.name, sheets)


def _first_table(file: str, sheets: Iterable[tuple[str, pl.DataFrame]]) -> RawTable:
    fallback: tuple[str, pl.DataFrame, Header] | None = None
    for name, cells in sheets:
        header = find_header(cells.head(PREVIEW_ROWS).rows())
        if header is None:
            continue
        if header.has_name:
            return _table(file, name, cells, header)
        fallback = fallback or (name, cells, header)
    if fallback is None:
        raise InvalidFirmFile(f"{file}：工作表是空的，应有表头和至少一行企业")
    return _table(file, *fallback)


def _table(file: str, sheet: str, cells: pl.DataFrame, header: Header) -> RawTable:
    if cells.width > MAX_COLUMNS:
        refuse_wide(file, cells.width)
    numbered = cells.with_row_index("", offset=1).slice(header.end)
    texts = [pl.col(name) for name in cells.columns]
    numbered = numbered.filter(
        pl.any_horizontal(text.str.strip_chars().str.len_bytes() > 0 for text in texts)
    )
    if not numbered.height:
        refuse_no_rows(file)
    names = dict(zip(cells.columns, header.names, strict=True))
    frame = numbered.select(pl.col(old).alias(new) for old, new in names.items())
    rows = numbered[""].cast(pl.Int64)
    return RawTable(frame=frame, rows=rows, file=file, sheet=sheet, rejects=rejected_rows([]))
