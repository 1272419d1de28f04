"""Text tables (CSV, tab- or semicolon-separated, also gzipped): encoding and delimiter are found."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from service.errors import InvalidFirmFile
from service.ingest.firm_headers import PREVIEW_ROWS, Header, find_header, recognised_fields
from service.ingest.firm_table import (
    MAX_COLUMNS,
    MAX_UNPACKED_BYTES,
    RawTable,
    refuse_no_rows,
    refuse_wide,
    rejected_rows,
)

_CHUNK_BYTES = 1 << 20
_SAMPLE_CHARACTERS = 1 << 16
_MAX_LINE_CHARACTERS = 4_000_000
_BATCH_ROWS = 50_000
_DELIMITERS = (",", "\t", ";", "|")
_ENOUGH_CHINESE_BYTES = 90
_NOT_TABLES = {"<": "网页或 XML", "{": "JSON", "[": "JSON", "%PDF": "PDF", "{\\rtf": "RTF 文档"}

Record = tuple[int, list[str] | str]
"""A record's number in the file and its cells, or the reason why it cannot be read."""


def read_csv_table(path: Path, *, gzipped: bool) -> RawTable:
    """Read a text table; records with too many or too few cells become rejects.

    Row numbers count records as a spreadsheet shows them: a quoted line break starts no new row, a blank
    line is a row.

    Raises
    ------
    InvalidFirmFile : not text, not a table, header only, too wide, or a quote that never ends.
    """
    try:
        encoding = _find_encoding(path, gzipped)
        delimiter = _find_delimiter(path, gzipped, encoding)
        with _open(path, gzipped) as binary, io.TextIOWrapper(binary, encoding, newline="") as text:
            return _read_records(path.name, _records(path.name, text, delimiter))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InvalidFirmFile(f"{path.name}：gzip 压缩损坏或不完整，应为完整的 .csv.gz") from error


def _open(path: Path, gzipped: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if gzipped else path.open("rb")


def _find_encoding(path: Path, gzipped: bool) -> str:
    with _open(path, gzipped) as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in start:
        candidates = ["utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        if _decodes(path, gzipped, encoding):
            return encoding
    raise InvalidFirmFile(f"{path.name}：不是文本，也不是 Excel 或 Parquet；应为 CSV、XLSX 或 Parquet 表格")


def _decodes(path: Path, gzipped: bool, encoding: str) -> bool:
    """Tell whether the whole file is `encoding`; a UTF-8 file with one damaged place is said to be that."""
    decoder = codecs.getincrementaldecoder(encoding)()
    unpacked = lines = chinese = 0
    with _open(path, gzipped) as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            unpacked += len(chunk)
            if gzipped and unpacked > MAX_UNPACKED_BYTES:
                raise InvalidFirmFile(
                    f"{path.name}：解压后超过 {MAX_UNPACKED_BYTES >> 20} MB，请拆成几个文件"
                )
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                chinese += sum(byte > 127 for byte in good)
                if encoding == "utf-8-sig" and chinese >= _ENOUGH_CHINESE_BYTES:
                    line = lines + good.count(b"\n") + 1
                    raise InvalidFirmFile(
                        f"{path.name}：第 {line} 行有损坏的字节，文件其余部分是 UTF-8；请重新导出"
                    ) from error
                return False
            if "\0" in text:
                return False
            lines += chunk.count(b"\n")
            chinese += len(chunk) - len(text) if encoding == "utf-8-sig" else 0
            if not chunk:
                return True


def _find_delimiter(path: Path, gzipped: bool, encoding: str) -> str:
    with _open(path, gzipped) as binary, io.TextIOWrapper(binary, encoding, newline="") as text:
        sample = text.read(_SAMPLE_CHARACTERS)
    start = sample.lstrip()
    if not start:
        raise InvalidFirmFile(f"{path.name}：文件是空的，应有表头和至少一行企业")
    kind = next((kind for mark, kind in reversed(_NOT_TABLES.items()) if start.startswith(mark)), None)
    if kind is not None:
        raise InvalidFirmFile(f"{path.name}：内容是{kind}，不是表格；应为 CSV、XLSX 或 Parquet 表格")
    lines = sample.splitlines(keepends=True)
    whole = lines[:-1] if len(sample) == _SAMPLE_CHARACTERS and len(lines) > 1 else lines
    return max(_DELIMITERS, key=lambda delimiter: _fit(whole[:200], delimiter))


def _fit(lines: list[str], delimiter: str) -> tuple[int, int, int]:
    """Return how well `delimiter` makes a table: known fields in a row, then how many rows are alike."""
    try:
        rows = [row[: MAX_COLUMNS + 1] for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        rows = []
    if not rows:
        return 0, 0, 0
    (width, count) = Counter(map(len, rows)).most_common(1)[0]
    known = max(recognised_fields(row) for row in rows[:PREVIEW_ROWS])
    return known, count if width > 1 else 0, width


def _records(file: str, text: io.TextIOWrapper, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(_lines(file, text), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        line = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error) or "field limit" in str(error):
                raise InvalidFirmFile(f"{file}：第 {line} 行的引号没有闭合，其后的内容无法分行") from error
            yield number, f"引号使用有误（文本第 {line}-{reader.line_num} 行），单元格里的引号应写两遍"


def _lines(file: str, text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_MAX_LINE_CHARACTERS):
        if len(line) >= _MAX_LINE_CHARACTERS:
            raise InvalidFirmFile(f"{file}：有一行超过 {_MAX_LINE_CHARACTERS:,} 字，不是企业表")
        yield line


def _read_records(file: str, records: Iterator[Record]) -> RawTable:
    preview: list[Record] = []
    for number, cells in records:
        if isinstance(cells, list) and any(cells[MAX_COLUMNS:]):
            refuse_wide(file, len(cells))
        preview.append((number, cells[:MAX_COLUMNS] if isinstance(cells, list) else cells))
        if len(preview) == PREVIEW_ROWS:
            break
    header = find_header([cells if isinstance(cells, list) else [] for _, cells in preview])
    if header is None:
        raise InvalidFirmFile(f"{file}：开头 {PREVIEW_ROWS} 行都是空的，应有表头")
    collector = _Collector(header)
    for record in preview[header.end :]:
        collector.add(record)
    for record in records:
        collector.add(record)
    return collector.table(file)


class _Collector:
    """Gathers records into a frame, batch by batch, so that Python lists of a large file never pile up."""

    def __init__(self, header: Header) -> None:
        self._header = header
        named = [place for place, name in enumerate(header.names, start=1) if name != f"第{place}列"]
        self._least = max(named, default=len(header.names))
        self._numbers: list[int] = []
        self._cells: list[list[str]] = []
        self._batches: list[pl.DataFrame] = []
        self._rejects: list[tuple[int, str, str]] = []

    def add(self, record: Record) -> None:
        number, cells = record
        width = len(self._header.names)
        if isinstance(cells, str):
            self._rejects.append((number, "", cells))
            return
        if not "".join(cells).strip():
            return
        if len(cells) != width:
            beyond = "".join(cells[width:]).strip()
            if beyond or len(cells) < self._least:
                reason = f"这一行有 {len(cells)} 格，表头有 {width} 列"
                self._rejects.append((number, " | ".join(cells[:20]), reason))
                return
            cells = [*cells[:width], *[""] * (width - len(cells))]
        self._numbers.append(number)
        self._cells.append(cells)
        if len(self._cells) == _BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*self._cells, strict=True) if self._cells else [()] * len(self._header.names)
        data = {
            name: pl.Series(values, dtype=pl.String)
            for name, values in zip(self._header.names, columns, strict=True)
        }
        self._batches.append(pl.DataFrame({"": pl.Series(self._numbers, dtype=pl.Int64)} | data))
        self._numbers, self._cells = [], []

    def table(self, file: str) -> RawTable:
        self._flush()
        frame = pl.concat(self._batches)
        if not frame.height and not self._rejects:
            refuse_no_rows(file)
        return RawTable(
            frame=frame.drop(""), rows=frame[""], file=file, sheet=None, rejects=rejected_rows(self._rejects)
        )
