"""Looks through the zip of a workbook before anything reads it: zip bombs, lying sizes, endless sheets."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from service.errors import InvalidFirmFile
from service.ingest.firm_table import MAX_CELLS, MAX_COLUMNS, MAX_UNPACKED_BYTES, refuse_wide

MAX_RATIO = 300
"""Unpacked over packed size; workbooks of real data stay under 60, a zip bomb is near 1,000."""

_WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
_FREELY_UNPACKED_BYTES = 20 << 20
_MAX_DIRECTORY_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20
_MAX_ROW_BYTES = 16 << 20
_NAME = rb"(?:[\w.-]+:)?"
_ROW = re.compile(rb"<" + _NAME + rb"row[\s>/]|</" + _NAME + rb"sheetData")
_CELL = re.compile(rb"<" + _NAME + rb"c[\s>/]")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,7})([0-9]{1,9})["']""")
_ROW_NUMBER = re.compile(rb"<" + _NAME + rb"""row[^>]*?\br\s*=\s*["']([0-9]{1,9})["']""")


def check_package(path: Path) -> None:
    """Refuse a zip that would unpack to too much, or whose sheets span too many columns or cells.

    Every member is unpacked once, a piece at a time: sizes that the directory states are not believed.

    Raises
    ------
    InvalidFirmFile : no workbook inside, a zip bomb, a damaged zip, an unknown compression, a sheet too
        wide or too large.
    """
    members = _members(path)
    if not _WORKBOOKS & {member.filename.lower() for member in members}:
        raise InvalidFirmFile(f"{path.name}：是压缩包但不是工作簿；请解压后导入里面的表格")
    if any(member.flag_bits & 1 for member in members):
        raise InvalidFirmFile(f"{path.name}：文件有密码，请去掉密码后再导入")
    allowed = min(MAX_UNPACKED_BYTES, max(_FREELY_UNPACKED_BYTES, path.stat().st_size * MAX_RATIO))
    with path.open("rb") as file:
        for member in members:
            extent = _SheetExtent(path.name)
            for piece in _unpacked(path.name, file, member):
                allowed -= len(piece)
                if allowed < 0:
                    raise InvalidFirmFile(f"{path.name}：解压后大得不正常（压缩炸弹），没有读取")
                extent.feed(piece)
            extent.close()


def _members(path: Path) -> list[zipfile.ZipInfo]:
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise _damaged(path.name) from error


def _damaged(file: str) -> InvalidFirmFile:
    return InvalidFirmFile(f"{file}：压缩包损坏或不完整，无法读取；请重新导出")


def _check_directory(path: Path) -> None:
    """Refuse a directory of millions of members before Python makes an object for each."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 65_557))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place >= 0 and len(tail) - place >= 22:
        (directory,) = struct.unpack_from("<I", tail, place + 12)
        if directory > _MAX_DIRECTORY_BYTES:
            raise InvalidFirmFile(f"{path.name}：压缩包里的文件多得不正常，没有读取")


def _unpacked(name: str, file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the member's real content in pieces, whatever size the directory states."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidFirmFile(f"{name}：压缩方式不常见，无法读取；请在 Excel 里打开后另存为 .xlsx")
    inflate = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    for packed in _packed(name, file, member):
        if inflate is None:
            yield packed
            continue
        rest = packed
        while rest:
            try:
                piece = inflate.decompress(rest, _CHUNK_BYTES)
            except zlib.error as error:
                raise _damaged(name) from error
            yield piece
            rest = inflate.unconsumed_tail


def _packed(name: str, file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(member.header_offset)
    head = file.read(30)
    if len(head) != 30 or not head.startswith(b"PK\x03\x04"):
        raise _damaged(name)
    file.seek(sum(struct.unpack_from("<HH", head, 26)), 1)
    left = member.compress_size
    while left > 0:
        packed = file.read(min(_CHUNK_BYTES, left))
        if not packed:
            raise _damaged(name)
        left -= len(packed)
        yield packed


class _SheetExtent:
    """Watches the XML of a sheet go by, and refuses it once it spans too many columns or cells.

    A reader lays a sheet out as a full rectangle: two cells, at A1 and XFD1048576, would take hundreds of
    gigabytes. A cell's place is its reference, or its count in the row where it has none. Members that
    are no sheet have no `<row` and pass through.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._rest = b""
        self._within = False
        self._rows = 0
        self._columns = 0
        self._letters: set[bytes] = set()

    def feed(self, piece: bytes) -> None:
        """Take the next piece; a row is judged when the next one, or the end of the rows, begins."""
        text = self._rest + piece
        marks = [match.start() for match in _ROW.finditer(text)]
        for start, end in pairwise(marks):
            self._row(text[start:end])
        if marks:
            self._within = text[marks[-1] + 1 : marks[-1] + 2] != b"/"
            text = text[marks[-1] :]
        self._rest = text if self._within else text[-64:]
        if len(self._rest) > _MAX_ROW_BYTES:
            self._row(self._rest)
            raise InvalidFirmFile(f"{self._file}：有一行超过 {_MAX_ROW_BYTES >> 20} MB，不是企业表")

    def close(self) -> None:
        """Judge the last row of a sheet that ends without closing its rows."""
        if self._within:
            self._row(self._rest)

    def _row(self, text: bytes) -> None:
        number = _ROW_NUMBER.match(text)
        places = _REFERENCE.findall(text)
        lines = {line for _, line in places} | ({number[1]} if number else set())
        self._rows = max(self._rows + 1, *map(int, lines), 0)
        letters = {letter for letter, _ in places}
        if not letters <= self._letters:
            self._letters |= letters
            self._columns = max(self._columns, *map(_column_number, letters))
        self._columns = max(self._columns, len(_CELL.findall(text)))
        if self._columns > MAX_COLUMNS:
            refuse_wide(self._file, self._columns)
        if self._rows * self._columns > MAX_CELLS:
            raise InvalidFirmFile(
                f"{self._file}：工作表跨 {self._rows:,} 行 {self._columns} 列，太大；请删去空行空列或拆开"
            )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
