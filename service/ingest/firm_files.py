"""Reads a firm file (CSV, XLSX, Parquet and their kin) as the text a user sees in it."""

from __future__ import annotations

import mmap
from pathlib import Path

import polars as pl

from service.errors import InvalidFirmFile
from service.ingest.firm_apart import read_apart
from service.ingest.firm_csv import read_csv_table
from service.ingest.firm_table import RawTable, rejected_rows
from service.ingest.firm_workbooks import read_workbook

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_EXPECTED = "应为 CSV、XLSX 或 Parquet 表格"


def read_table(path: Path, *, sheet: str | None = None) -> RawTable:
    """Read a table of firms; what the file is, its content says, not its name.

    CSV (UTF-8, GB18030, UTF-16; comma, semicolon, tab or |; also .csv.gz), .xlsx, .xls, .xlsb, .ods and
    Parquet. `sheet` picks a sheet of a workbook. The caller limits the size of what is uploaded; here
    the columns, the cells and the unpacked size are limited.

    Raises
    ------
    InvalidFirmFile : missing, unreadable, empty, no table, header only, too wide, encrypted, damaged, or
        unpacking to an abnormal size. The message names the file, what is wrong and what is expected.
    """
    try:
        return _read(Path(path), sheet)
    except PermissionError as error:
        raise InvalidFirmFile(f"{path.name}：没有读取权限，请检查文件权限") from error
    except IsADirectoryError as error:
        raise InvalidFirmFile(f"{path.name}：这是文件夹，{_EXPECTED}文件") from error
    except FileNotFoundError as error:
        raise InvalidFirmFile(f"{path.name}：文件不存在") from error


def _read(path: Path, sheet: str | None) -> RawTable:
    if path.is_dir():
        raise IsADirectoryError(path)
    if path.exists() and not path.is_file():
        raise InvalidFirmFile(f"{path.name}：不是普通文件，{_EXPECTED}文件")
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise InvalidFirmFile(f"{path.name}：文件是空的，应有表头和至少一行企业")
    if start.startswith((b"PK", _OLE)):
        _refuse_encrypted(path)
        return read_workbook(path, sheet=sheet, zipped=start.startswith(b"PK"))
    if start.startswith(b"PAR1"):
        return _read_parquet(path)
    if start.startswith(_PICTURES):
        raise InvalidFirmFile(f"{path.name}：内容是图片，{_EXPECTED}")
    return read_csv_table(path, gzipped=start.startswith(b"\x1f\x8b"))


def _refuse_encrypted(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:8] == _OLE and content.find(_ENCRYPTED_STREAM) >= 0:
            raise InvalidFirmFile(f"{path.name}：文件有密码，请去掉密码后再导入")


def _read_parquet(path: Path) -> RawTable:
    """Read Parquet of any types as text; row numbers count from 1 (there is no header row)."""
    with read_apart(path, None) as sheets:
        _, frame = next(sheets)
    rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
    return RawTable(frame=frame, rows=rows, file=path.name, sheet=None, rejects=rejected_rows([]))
