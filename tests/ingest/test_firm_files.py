from __future__ import annotations

import datetime as dt
import gzip
import os
import random
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import InvalidFirmFile
from service.ingest.firm_files import read_table
from service.ingest.firm_table import RawTable

TEXT = "企业名称,城市,注册资本\n甲电池有限公司,衢州,100万元\n乙材料有限公司,宁波,200万元\n"
HEADERS = ("企业名称", "城市", "注册资本")
ROWS = [("甲电池有限公司", "衢州", "100万元"), ("乙材料有限公司", "宁波", "200万元")]
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def write_book(path: Path, rows: Sequence[Sequence[Any]], *, first_row: int = 0, sheet: str = "名单") -> Path:
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet(sheet)
    for place, row in enumerate(rows):
        page.write_row(first_row + place, 0, row)
    book.close()
    return path


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidFirmFile) as caught:
        read_table(path, **options)
    assert path.name in str(caught.value)
    return str(caught.value)


def assert_is_the_table(table: RawTable, first_row: int = 2) -> None:
    assert table.headers == HEADERS
    assert table.frame.rows() == ROWS
    assert table.rows.to_list() == [first_row, first_row + 1]
    assert table.rejects.is_empty()


# --- CSV


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, ending: str) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(TEXT.replace(",", delimiter).replace("\n", ending).encode(encoding))
    assert_is_the_table(read_table(path))


def test_products_with_semicolons_do_not_mislead_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("名称,产品\n甲公司,a;b;c;d\n乙公司,a;b;c;d\n", encoding="utf-8")
    assert read_table(path).headers == ("名称", "产品")


def test_gzipped_csv(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert_is_the_table(read_table(path))


def test_broken_gzip(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv.gz"
    path.write_bytes(gzip.compress(random.Random(1).randbytes(5000))[:2000])
    assert "gzip" in refused(path)


def test_quoted_line_breaks_blank_lines_and_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text('名称,地址\n"甲\n公司","a,""b"""\n\n乙公司,c\n', encoding="utf-8")
    table = read_table(path)
    assert table.frame.rows() == [("甲\n公司", 'a,"b"'), ("乙公司", "c")]
    assert table.rows.to_list() == [2, 4]


def test_ragged_lines_become_rejects(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text(
        '名称,城市,省\n甲公司,衢州\n乙公司,宁波,浙江\n丙,,浙江,多\n丁,杭州,浙江,,\n"戊"x,a,b\n',
        encoding="utf-8",
    )
    table = read_table(path)
    assert table.frame["名称"].to_list() == ["乙公司", "丁"]
    assert table.rejects.select("row", "action").rows() == [(2, "整行未收"), (4, "整行未收"), (6, "整行未收")]
    assert "2 格，表头有 3 列" in table.rejects["reason"][0]
    assert "引号" in table.rejects["reason"][2]


def test_title_rows_above_the_header(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("衢州市企业名录,,\n,,\n" + TEXT, encoding="utf-8")
    assert_is_the_table(read_table(path), first_row=4)


def test_repeated_and_blank_headers_get_names(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("企业名称,城市,城市,\n甲,a,b,c\n", encoding="utf-8")
    assert read_table(path).headers == ("企业名称", "城市", "城市 (2)", "第4列")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)] * 2),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "firms.csv"
    filled = [("甲" + name, other) for name, other in rows]
    pl.DataFrame(filled, schema=["企业名称", "地址"], orient="row").write_csv(path)
    assert [tuple(cell or "" for cell in row) for row in read_table(path).frame.rows()] == filled


# --- what is refused


def test_missing_folder_and_special_files(tmp_path: Path) -> None:
    assert "不存在" in refused(tmp_path / "none.csv")
    assert "文件夹" in refused(tmp_path)
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    assert "不是普通文件" in refused(pipe)


def test_unreadable_permissions(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        assert "权限" in refused(path)
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空"),
        (b" \n\n", "空"),
        (TEXT.splitlines()[0].encode(), "只有表头"),
        (TEXT.splitlines()[0].encode() + b"\n,,\n\n", "只有表头"),
        (b"<html><table></table></html>", "网页"),
        (b'{"a": 1}', "JSON"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "图片"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "文件损坏"),
        (b"PK\x03\x04" + b"x" * 100, "压缩包损坏"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000), "文件损坏"),
        (random.Random(2).randbytes(3000), "不是文本"),
        ("甲".encode() * 60 + b"\xff\xfe\n" + "乙".encode() * 60, "第 1 行有损坏的字节"),
        (b'\xe5\x90\x8d\xe7\xa7\xb0,b\n"x,y\n1,2\n', "引号没有闭合"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(content)
    assert why in refused(path)


def test_hundred_thousand_columns_of_csv(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(
        "企业名称," + ",".join(f"c{n}" for n in range(99_999)) + "\n甲" + "," * 99_999 + "\n",
        encoding="utf-8",
    )
    assert "100,000 列" in refused(path)


def test_one_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes("企业名称,b\n".encode() + b"x" * 9_000_000)
    assert refused(path)


def test_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    book = write_book(tmp_path / "a.xlsx", [HEADERS, *ROWS]).rename(tmp_path / "a.csv")
    assert_is_the_table(read_table(book))
    text = tmp_path / "b.xlsx"
    text.write_text(TEXT, encoding="utf-8")
    assert_is_the_table(read_table(text))


# --- XLSX


def test_values_come_as_the_user_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "firms.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, ["企业名称", "值"])
    cells: list[tuple[Callable[[int], Any], str | None]] = [
        (lambda row: page.write_number(row, 1, 1), "1"),
        (lambda row: page.write_number(row, 1, 20210101), "20210101"),
        (lambda row: page.write_number(row, 1, 1.5), "1.5"),
        (lambda row: page.write_datetime(row, 1, dt.datetime(2021, 1, 1), day), "2021-01-01"),
        (
            lambda row: page.write_datetime(row, 1, dt.datetime(2021, 1, 1, 12, 30), day),
            "2021-01-01 12:30:00",
        ),
        (lambda row: page.write_formula(row, 1, "=1+1", None, 2), "2"),
        (lambda row: page.write_formula(row, 1, '="a"&"b"', None, "ab"), "ab"),
        (lambda row: page.write_string(row, 1, "=1+1"), "=1+1"),
        (lambda row: page.write_formula(row, 1, "=1/0", None, "#DIV/0!"), None),
        (lambda row: page.write_string(row, 1, "000001"), "000001"),
    ]
    for place, (write, _) in enumerate(cells, start=1):
        page.write_string(place, 0, f"企业{place}")
        write(place)
    book.close()
    assert read_table(path).frame["值"].to_list() == [seen for _, seen in cells]


def test_header_below_titles_and_blank_rows(tmp_path: Path) -> None:
    path = tmp_path / "firms.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.merge_range(2, 0, 2, 2, "衢州市企业名录")
    page.write(3, 0, "填报日期：2026年")
    for place, row in enumerate([HEADERS, *ROWS]):
        page.write_row(5 + place, 0, row)
    book.close()
    assert_is_the_table(read_table(path), first_row=7)


def test_two_header_rows_with_merged_cells(tmp_path: Path) -> None:
    path = tmp_path / "firms.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.merge_range(0, 0, 1, 0, "企业名称")
    page.merge_range(0, 1, 0, 2, "登记信息")
    page.write_row(1, 1, ["城市", "注册资本"])
    for place, row in enumerate(ROWS):
        page.write_row(2 + place, 0, row)
    book.close()
    assert_is_the_table(read_table(path), first_row=3)


def test_second_header_row_below_a_fuller_first(tmp_path: Path) -> None:
    rows = [
        ["企业名称", "住所", "省份", "其他", ""],
        ["", "", "", "备注", "员工人数"],
        ["甲公司", "a", "浙江", "b", 5],
    ]
    table = read_table(write_book(tmp_path / "firms.xlsx", rows))
    assert table.headers == ("企业名称", "住所", "省份", "备注", "员工人数")
    assert table.frame.rows() == [("甲公司", "a", "浙江", "b", "5")]


def test_blank_rows_between_firms(tmp_path: Path) -> None:
    table = read_table(write_book(tmp_path / "firms.xlsx", [HEADERS, ROWS[0], [" ", "", ""], ROWS[1]]))
    assert table.rows.to_list() == [2, 4]


def test_the_sheet_with_the_firms_is_found_or_named(tmp_path: Path) -> None:
    path = tmp_path / "firms.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("空")
    book.add_worksheet("说明").write_row(0, 0, ["填表说明", "请如实填写"])
    for name in ("名单", "名单二"):
        page = book.add_worksheet(name)
        for place, row in enumerate([HEADERS, *ROWS]):
            page.write_row(place, 0, row)
    book.close()
    assert read_table(path).sheet == "名单"
    assert read_table(path, sheet="名单二").sheet == "名单二"
    assert "空、说明、名单、名单二" in refused(path, sheet="没有")
    assert "空" in refused(path, sheet="空")


def test_header_only_and_empty_workbooks(tmp_path: Path) -> None:
    assert "只有表头" in refused(write_book(tmp_path / "a.xlsx", [HEADERS]))
    assert "空" in refused(write_book(tmp_path / "b.xlsx", []))


def test_more_than_500_columns(tmp_path: Path) -> None:
    assert "501 列" in refused(write_book(tmp_path / "a.xlsx", [[f"c{n}" for n in range(501)], ["x"] * 501]))
    wide = write_book(tmp_path / "b.xlsx", [["名称", *(f"c{n}" for n in range(499))], ["x"] * 500])
    assert read_table(wide).frame.width == 500


def repack(
    source: Path, target: Path, changes: dict[str, bytes], extra: dict[str, bytes] | None = None
) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return target


def sheet_of(cells: str) -> bytes:
    head = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return f"{head}{cells}</sheetData></worksheet>".encode()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="SF1048576"><v>1</v></c></row>',
            "太大",
        ),
        ('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>', "16,384 列"),
        ("<row r='1'><c r='XFD1'><v>1</v></c><c r='A1'><v>1</v></c></row>", "16,384 列"),
        ('<row r="1"><c r="SF1048576"><v>1</v></c></row>', "太大"),
        ('<row r="1">' + "<c><v>1</v></c>" * 100_000 + "</row>", "100,000 列"),
        ('<row r="1">' + '<c r="EQXD1"><v>1</v></c>' + "</row>", "列"),
    ],
)
def test_sheets_that_span_too_much_are_refused_before_they_are_laid_out(
    tmp_path: Path, cells: str, why: str
) -> None:
    book = write_book(tmp_path / "a.xlsx", [HEADERS, *ROWS])
    assert why in refused(repack(book, tmp_path / "b.xlsx", {SHEET: sheet_of(cells)}))


def test_zip_bomb(tmp_path: Path) -> None:
    book = write_book(tmp_path / "a.xlsx", [HEADERS, *ROWS])
    bomb = repack(book, tmp_path / "b.xlsx", {}, {"xl/media/image1.png": bytes(200_000_000)})
    assert bomb.stat().st_size < 1_000_000
    assert "压缩炸弹" in refused(bomb)


def test_zip_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    book = write_book(tmp_path / "a.xlsx", [HEADERS, *ROWS])
    bomb = repack(book, tmp_path / "b.xlsx", {SHEET: sheet_of(" " * 100_000_000)})
    content = bytearray(bomb.read_bytes())
    true_size = struct.pack("<I", len(sheet_of(" " * 100_000_000)))
    assert content.count(true_size) == 2
    bomb.write_bytes(bytes(content).replace(true_size, struct.pack("<I", 1000)))
    assert "压缩炸弹" in refused(bomb)


def test_one_long_text_shared_by_many_cells(tmp_path: Path) -> None:
    book = write_book(tmp_path / "a.xlsx", [HEADERS, *ROWS])
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 2_001))
    with zipfile.ZipFile(book) as archive:
        texts = archive.read("xl/sharedStrings.xml").replace(b"<t>", b"<t>" + b"x" * 15_000_000, 1)
    changes = {SHEET: sheet_of(cells), "xl/sharedStrings.xml": texts}
    assert "太大" in refused(repack(book, tmp_path / "b.xlsx", changes))


def test_zip_with_endless_members(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    entry = (
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    )
    directory = entry * 100_000
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, len(directory), 4, 0)
    path.write_bytes(b"PK\x03\x04" + directory + end)
    assert "文件多得不正常" in refused(path)


def test_other_zips_are_no_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("firms.csv", TEXT)
    assert "不是工作簿" in refused(path)


def test_encrypted_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)
    )
    assert "密码" in refused(path)


def test_damaged_workbooks(tmp_path: Path) -> None:
    book = write_book(tmp_path / "a.xlsx", [HEADERS, *ROWS])
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(book.read_bytes()[:-200])
    assert "压缩包损坏" in refused(cut)
    assert "文件损坏" in refused(repack(book, tmp_path / "b.xlsx", {"xl/workbook.xml": b"<workbook"}))


# --- OpenDocument and old workbooks


OASIS = "urn:oasis:names:tc:opendocument:xmlns"


def open_document(path: Path, rows: str) -> Path:
    names = " ".join(f'xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
    table = f'<table:table table:name="名单">{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    start = '<?xml version="1.0" encoding="UTF-8"?>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml", f"{start}<office:document-content {names}>{body}</office:document-content>"
        )
        archive.writestr("META-INF/manifest.xml", f'{start}<m:manifest xmlns:m="{OASIS}:manifest:1.0"/>')
    return path


def ods_row(cells: Sequence[str], repeated: str = "") -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"{repeated}><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    )
    return f"<table:table-row>{inner}</table:table-row>"


def test_open_document(tmp_path: Path) -> None:
    path = open_document(tmp_path / "firms.ods", "".join(map(ods_row, [HEADERS, *ROWS])))
    table = read_table(path)
    assert_is_the_table(table)
    assert table.sheet == "名单"


def test_open_document_bomb(tmp_path: Path) -> None:
    row = ods_row(["x"], ' table:number-columns-repeated="16384"')
    rows = row.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">')
    assert "太大" in refused(open_document(tmp_path / "bomb.ods", rows))


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def old_workbook(path: Path, cells: Sequence[tuple[int, int, str | float]]) -> Path:
    """Write an .xls: a BIFF8 stream in a compound file of 512-byte sectors (FAT, directory, stream)."""
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 0)) + record(
        0x42, struct.pack("<H", 1200)
    )
    name = "名单".encode("utf-16-le")
    end_of_globals = len(start) + 4 + 8 + len(name) + 4
    start += record(0x85, struct.pack("<IBBBB", end_of_globals, 0, 0, 2, 1) + name) + record(0x0A, b"")
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 0))
    for row, column, value in cells:
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
            sheet += record(0x204, place + text)
        else:
            sheet += record(0x203, place + struct.pack("<d", value))
    stream = (start + sheet + record(0x0A, b"")).ljust(4096, b"\0")
    assert len(stream) == 4096

    def entry(name: str, kind: int, child: int, sector: int, size: int) -> bytes:
        title = name.encode("utf-16-le").ljust(64, b"\0")
        links = struct.pack("<HBBIII", len(name) * 2 + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return title + links + bytes(36) + struct.pack("<IQ", sector, size)

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    fat = struct.pack("<10I", 0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE).ljust(512, b"\xff")
    head = (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    path.write_bytes(head.ljust(512, b"\xff") + fat + directory.ljust(512, b"\0") + stream)
    return path


def test_old_workbook(tmp_path: Path) -> None:
    cells = [
        (row, column, text) for row, texts in enumerate([HEADERS, *ROWS]) for column, text in enumerate(texts)
    ]
    path = old_workbook(tmp_path / "firms.xls", cells)
    assert_is_the_table(read_table(path))
    assert "没有工作表" in refused(path, sheet="没有")


def test_old_workbook_with_numbers(tmp_path: Path) -> None:
    cells = [(0, 0, "企业名称"), (0, 1, "员工人数"), (1, 0, "甲"), (1, 1, 30.0)]
    assert read_table(old_workbook(tmp_path / "firms.xls", cells)).frame.rows() == [("甲", "30")]


def test_old_workbook_that_spans_too_much(tmp_path: Path) -> None:
    cells = [(0, 0, "企业名称"), (65535, 65535, "甲")]
    assert refused(old_workbook(tmp_path / "firms.xls", cells))


# --- Parquet


def test_parquet_of_any_types(tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    pl.DataFrame(
        {
            "企业名称": ["甲", None],
            "整数": [1, None],
            "小数": [1.0, 2.5],
            "日期": [dt.date(2020, 1, 2), None],
            "时刻": [dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5)],
            "列表": [["a", "b"], []],
            "结构": [[{"name": "轮胎", "share": 0.5}], None],
            "类别": pl.Series(["x", "y"], dtype=pl.Categorical),
            "二进制": [b"\xe7\x94\xb2", None],
            "是否": [True, False],
            "空": pl.Series([None, None], dtype=pl.Null),
            "非数": [float("nan"), float("inf")],
            "定点": pl.Series(["1.50", None]).cast(pl.Decimal(10, 2)),
        }
    ).write_parquet(path)
    table = read_table(path)
    assert table.rows.to_list() == [1, 2]
    assert set(table.frame.dtypes) == {pl.String}
    assert table.frame.row(0)[:9] == (
        "甲",
        "1",
        "1",
        "2020-01-02",
        "2020-01-02",
        "a;b",
        "轮胎:0.5",
        "x",
        "甲",
    )
    assert table.frame["小数"].to_list() == ["1", "2.5"]
    assert table.frame["时刻"][1] == "2020-01-02 03:04:05"
    assert table.frame["定点"][0] == "1.50"


def test_parquet_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    pl.DataFrame({f"c{n}": [1] for n in range(501)}).write_parquet(path)
    assert "501 列" in refused(path)
    pl.DataFrame({"企业名称": pl.Series([], dtype=pl.String)}).write_parquet(path)
    assert "只有表头" in refused(path)
    pl.DataFrame({"企业名称": ["甲"] * 1000}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "文件损坏" in refused(path)


def test_parquet_that_unpacks_to_too_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "firms.parquet"
    pl.DataFrame(
        {"企业名称": pl.repeat("甲", 31_000_000, eager=True), "b": pl.repeat(1, 31_000_000, eager=True)}
    ).write_parquet(path)
    assert "太大" in refused(path)


# --- real files


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real data {path.name} are not beside the checkout (../shared/data)")
    return path


@pytest.mark.real
def test_the_exchange_list() -> None:
    table = read_table(real("listed/szse_A股列表_2025-12-30.xlsx"))
    assert table.frame.height == 2880
    assert table.frame.row(0, named=True)["A股代码"] == "000001"
    assert table.rows[0] == 2


@pytest.mark.real
def test_the_gzipped_list() -> None:
    assert read_table(real("listed/listed_joined.csv.gz")).frame.height == 5259
