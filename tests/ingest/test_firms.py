from __future__ import annotations

import csv
import datetime as dt
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.datum import wgs84_to_bd09, wgs84_to_gcj02
from service.domain.regions import Geography, Level, Region
from service.errors import InvalidMapping, InvalidQuery
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table
from service.ingest.firm_table import RawTable, rejected_rows
from service.ingest.firm_values import normal_name
from service.ingest.firms import FIRM_SCHEMA, ParsedFirms, parse_firms, write_rejects
from service.ingest.geography import load_geography

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TODAY = dt.date(2026, 11, 22)
PING_AN = "91440300192185379H"
HUAWEI = "914403001922038216"


def region(adcode: str, name: str, level: Level, parent: str | None) -> Region:
    return Region(adcode, name, name[:-1], level, parent, lambda _: ("", ""))


GEOGRAPHY = Geography(
    [
        region("330000", "浙江省", Level.PROVINCE, None),
        region("330800", "衢州市", Level.CITY, "330000"),
        region("330803", "衢江区", Level.COUNTY, "330800"),
    ]
)


def locate_nothing(addresses: Sequence[str | None], **_: object) -> list[str | None]:
    return [None] * len(addresses)


def table_of(columns: Mapping[str, Sequence[str | None]]) -> RawTable:
    frame = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})
    rows = pl.int_range(2, frame.height + 2, dtype=pl.Int64, eager=True)
    return RawTable(frame=frame, rows=rows, file="firms.csv", sheet=None, rejects=rejected_rows([]))


def parse(columns: Mapping[str, Sequence[str | None]], **options: Any) -> ParsedFirms:
    table = table_of(columns)
    options = {"geography": GEOGRAPHY, "today": TODAY, "locate": locate_nothing} | options
    return parse_firms(table, guess_mapping(table.headers), **options)


def test_a_whole_firm() -> None:
    parsed = parse(
        {
            "企业名称": ["平安银行股份有限公司"],
            "统一社会信用代码": ["91440300192185379h"],
            "简称": ["平安银行"],
            "股票代码": ["1"],
            "行政区划代码": ["330803"],
            "地址": ["衢江区甲路 1 号"],
            "经营范围": ["存款"],
            "行业": ["银行"],
            "行业代码": ["J6621"],
            "主要产品": ["存款:0.5;贷款"],
            "环节": ["c/a"],
            "注册资本(万元)": ["100"],
            "营业收入": ["5亿元"],
            "员工人数": ["30"],
            "成立日期": ["1987年12月22日"],
            "企业类型": ["股份有限公司"],
            "资质": ["专精特新、上市公司"],
            "经度": ["118.9"],
            "纬度": ["28.9"],
            "网址": ["bank.pingan.com"],
            "数据日期": ["2026-01"],
        }
    )
    assert dict(parsed.frame.schema) == FIRM_SCHEMA
    assert parsed.rejects.is_empty()
    assert parsed.frame.row(0) == (
        2, PING_AN, "平安银行股份有限公司", "平安银行股份有限公司", PING_AN, "平安银行", "000001", "330803",
        "衢江区甲路 1 号", "存款", "银行", ["6621"],
        [{"name": "存款", "share": 0.5}, {"name": "贷款", "share": None}], ["c/a"], 1e6, 5e8, 30,
        dt.date(1987, 12, 22), "股份有限公司", ["listed", "专精特新"], 118.9, 28.9, "bank.pingan.com",
        dt.date(2026, 1, 1),
    )  # fmt: skip


def test_a_name_is_enough() -> None:
    parsed = parse({"名称": ["甲 公司（衢州）"]})
    assert parsed.frame.row(0)[:5] == (2, "n:甲公司(衢州)", "甲公司(衢州)", "甲 公司（衢州）", None)
    assert parsed.frame.select("products", "nodes", "standing", "gbt4754_codes").row(0) == ([], [], [], [])
    assert (parsed.rows, parsed.rejected) == (1, 0)


def test_no_name_column() -> None:
    with pytest.raises(InvalidMapping, match="城市"):
        parse({"城市": ["衢州"]})


def test_names_that_reject_the_row_and_names_that_do_not() -> None:
    names = [
        None,
        "  ",
        "12345",
        "甲" * 121,
        "<script>alert(1)</script>",
        '=HYPERLINK("x")',
        "甲\x00\x1b[0m\u202e乙公司",
    ]
    parsed = parse({"名称": names})
    assert parsed.frame["name"].to_list() == ["<script>alert(1)</script>", '=HYPERLINK("x")', "甲 [0m乙公司"]
    assert parsed.rejects["row"].to_list() == [2, 3, 4, 5]
    assert set(parsed.rejects["action"]) == {"整行未收"}
    assert parsed.rejects["column"][0] == "名称"


def test_wrong_codes_reject_the_row_and_old_numbers_do_not() -> None:
    parsed = parse(
        {
            "名称": ["甲", "乙", "丙", "丁"],
            "信用代码": [PING_AN[:-1] + "A", PING_AN[:9], "440301103097413", HUAWEI],
        }
    )
    assert parsed.frame.select("name", "uscc", "key").rows() == [("丙", None, "n:丙"), ("丁", HUAWEI, HUAWEI)]
    noted = parsed.rejects.select("row", "column", "value", "action").rows()
    assert noted == [
        (2, "信用代码", PING_AN[:-1] + "A", "整行未收"),
        (3, "信用代码", PING_AN[:9], "整行未收"),
        (4, "信用代码", "440301103097413", "该值未收"),
    ]
    assert (parsed.rows, parsed.rejected) == (4, 2)


def test_the_first_of_two_equal_firms_is_kept() -> None:
    parsed = parse(
        {
            "名称": ["甲公司", "甲公司二", "乙公司", "乙 公司", "丙公司", "丙公司", "丁", "丁"],
            "uscc": [PING_AN, PING_AN, None, None, None, HUAWEI, None, "91330000000000000T"],
        }
    )
    kept = parsed.frame["row"].to_list()
    assert kept[:3] == [2, 4, 6]
    reasons = dict(parsed.rejects.select("row", "reason").iter_rows())
    assert "第 2 行" in reasons[3]
    assert "第 4 行" in reasons[5]
    assert "第 6 行" in reasons[7]


def test_one_name_with_two_codes_is_two_firms() -> None:
    parsed = parse({"名称": ["甲", "甲", "甲"], "uscc": [PING_AN, HUAWEI, None]})
    assert parsed.frame["key"].to_list() == [PING_AN, HUAWEI]
    assert "第 2 行" in parsed.rejects["reason"][0]


def test_firms_struck_off_are_skipped_with_the_reason() -> None:
    states = ["存续（在营、开业、在册）", "注销", "吊销，未注销", "已吊销", "开业", "-"]
    parsed = parse({"名称": list("甲乙丙丁戊己"), "登记状态": states})
    assert parsed.frame["name"].to_list() == ["甲", "戊", "己"]
    assert parsed.rejects["reason"][0] == "登记状态为 注销，不是在营企业"


def test_values_that_cannot_be_read_are_dropped_and_the_row_kept() -> None:
    columns = {
        "名称": ["甲"],
        "注册资本": ["很多"],
        "成立日期": ["2099-01-01"],
        "员工人数": ["-1"],
        "股票代码": ["abc"],
        "行业代码": ["制造"],
        "网址": ["javascript:alert(1)"],
        "行政区划代码": ["999999"],
        "环节": ["c/a;c/b"],
        "数据日期": ["1899"],
        "产品": ["轮胎:9"],
    }
    parsed = parse(columns, known_nodes={"c/a"})
    assert parsed.frame.height == 1
    assert sorted(parsed.rejects["column"]) == sorted(set(columns) - {"名称"})
    assert set(parsed.rejects["action"]) == {"该值未收"}
    assert parsed.frame["nodes"].to_list() == [["c/a"]]
    assert parsed.frame["products"].to_list() == [[{"name": "轮胎", "share": None}]]


def test_marks_for_nothing_are_blank_and_no_reject() -> None:
    parsed = parse({"名称": list("甲乙丙"), "注册资本": ["-", "N/A", "暂无"], "网址": ["/", "", "无"]})
    assert parsed.rejects.is_empty()
    assert parsed.frame["capital_cny"].null_count() == 3


def test_bare_capital_is_in_wan_and_bare_revenue_in_yuan() -> None:
    row = parse({"名称": ["甲"], "注册资本": ["500"], "营业收入": ["500"]}).frame.row(0, named=True)
    assert (row["capital_cny"], row["revenue_cny"]) == (5_000_000, 500)
    row = parse({"名称": ["甲"], "注册资本（亿元）": ["5"], "营业收入(万元)": ["500"]}).frame.row(
        0, named=True
    )
    assert (row["capital_cny"], row["revenue_cny"]) == (500_000_000, 5_000_000)


@pytest.mark.parametrize("datum", ["wgs84", "GCJ-02", "bd09"])
def test_coordinates_are_converted(datum: str) -> None:
    shift = {"wgs84": lambda lon, lat: (lon, lat), "GCJ-02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}[datum]
    lon, lat = shift(118.87, 28.95)
    frame = parse({"名称": ["甲"], "经度": [str(float(lon))], "纬度": [str(float(lat))]}, datum=datum).frame
    assert frame["lon"][0] == pytest.approx(118.87, abs=1e-6)
    assert frame["lat"][0] == pytest.approx(28.95, abs=1e-6)


def test_coordinates_outside_china_are_dropped() -> None:
    parsed = parse(
        {
            "名称": list("甲乙丙丁戊己"),
            "经度": ["0", "28.95", "118.87", "西", None, "nan"],
            "纬度": ["0", "118.87", None, "28.95", None, "28.95"],
        }
    )
    assert parsed.frame["lon"].null_count() == parsed.frame["lat"].null_count() == 6
    reasons = parsed.rejects.filter(pl.col("column") == "经度")
    assert "范围之外" in reasons.filter(row=2)["reason"][0]
    assert "写反" in reasons.filter(row=3)["reason"][0]
    assert "缺一" in reasons.filter(row=4)["reason"][0]
    assert parsed.rejects.filter(row=6).is_empty()


def test_unknown_datum() -> None:
    with pytest.raises(InvalidQuery, match="wgs84、gcj02、bd09"):
        parse({"名称": ["甲"]}, datum="cgcs")


def test_locate_is_asked_only_where_the_file_gives_no_adcode() -> None:
    asked: list[tuple[list[str | None], dict[str, Any]]] = []

    def locate(addresses: list[str | None], **columns: Any) -> list[str | None]:
        asked.append((addresses, columns))
        return ["330800", None]

    parsed = parse(
        {
            "名称": ["甲", "乙", "丙"],
            "行政区划代码": ["330803", "999999", None],
            "省": ["浙江", "浙江", None],
            "市": ["衢州", "衢州", None],
            "区县": [None, "衢江区", None],
            "地址": ["a", "甲路1号", None],
        },
        locate=locate,
    )
    assert parsed.frame["adcode"].to_list() == ["330803", "330800", None]
    assert asked[0][0] == ["浙江衢州衢江区甲路1号", None]
    assert asked[0][1]["cities"] == ["衢州", None]
    assert asked[0][1]["names"] == ["乙", "丙"]


def test_addresses_are_located_by_default() -> None:
    table = table_of({"名称": ["甲", "乙"], "地址": ["浙江省衢州市衢江区甲路1号", None]})
    parsed = parse_firms(table, guess_mapping(table.headers), geography=load_geography())
    assert parsed.frame["adcode"].to_list() == ["330803", None]


def test_rejects_of_the_reader_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("名称,城市\n甲公司,衢州\n乙公司\n,宁波\n", encoding="utf-8")
    table = read_table(path)
    parsed = parse_firms(table, guess_mapping(table.headers), geography=GEOGRAPHY, locate=locate_nothing)
    assert (parsed.rows, parsed.rejected, parsed.frame.height) == (3, 2, 1)
    assert parsed.rejects["row"].to_list() == [3, 4]


def test_a_workbook_from_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "firms.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write_row(0, 0, ["名单"])
    page.write_row(1, 0, ["企业名称", "股票代码", "成立日期", "注册资本（万元）", "统一社会信用代码"])
    page.write_row(2, 0, ["甲公司", 1, 43831, 100.5, PING_AN])
    page.write_datetime(3, 2, dt.datetime(2020, 1, 1), book.add_format({"num_format": "yyyy/m/d"}))
    page.write_row(3, 0, ["乙公司", "000002"])
    page.write_row(4, 0, ["丙公司", "", "", "", 9.1330000192203821e17])
    book.close()
    table = read_table(path)
    parsed = parse_firms(table, guess_mapping(table.headers), geography=GEOGRAPHY, locate=locate_nothing)
    assert parsed.frame.select("row", "stock_code", "founded", "capital_cny").rows() == [
        (3, "000001", dt.date(2020, 1, 1), 1_005_000.0),
        (4, "000002", dt.date(2020, 1, 1), None),
    ]
    assert parsed.rejects.select("row", "column").rows() == [(5, "统一社会信用代码")]


words = st.sampled_from(
    ["", "-", "甲公司", "甲 公司", "乙公司（衢州）", "123", PING_AN, HUAWEI, "x", "2020-01-01", "=1+1"]
)
columns = st.lists(
    st.sampled_from(["名称", "uscc", "地址", "成立日期", "产品", "经度", "纬度", "登记状态"]), unique=True
)


@settings(deadline=None)
@given(data=st.data(), others=columns, height=st.integers(1, 8))
def test_every_row_is_a_firm_once_or_is_rejected_with_a_reason(
    data: st.DataObject, others: list[str], height: int
) -> None:
    cells = st.lists(words | st.text(max_size=5), min_size=height, max_size=height)
    parsed = parse({name: data.draw(cells) for name in dict.fromkeys(["名称", *others])})
    turned_away = set(parsed.rejects.filter(action="整行未收")["row"])
    assert turned_away.isdisjoint(parsed.frame["row"])
    assert turned_away | set(parsed.frame["row"]) == set(range(2, 2 + height))
    assert (parsed.rows, parsed.rejected) == (height, len(turned_away))
    assert parsed.frame["key"].is_unique().all()
    assert parsed.frame["row"].is_sorted()
    assert parsed.rejects["reason"].null_count() == 0
    assert all(
        normal_name(name) == key for name, key in parsed.frame.select("name", "normal_name").iter_rows()
    )


def test_rejects_open_safely_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "out" / "rejects.csv"
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "甲=1"]
    rejects = rejected_rows([(number, value, "原因") for number, value in enumerate(dangerous, start=2)])
    write_rejects(rejects, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["值"] for row in rows] == [*("'" + value for value in dangerous[:6]), "甲=1"]
    assert rows[0] == {"行号": "2", "列": "", "值": "'=1+1", "原因": "原因", "处理": "整行未收"}
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "rejects.csv").mkdir()
    with pytest.raises(OSError, match="rejects"):
        write_rejects(rejected_rows([(2, "a", "b")]), tmp_path / "rejects.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["rejects.csv"]


def real(name: str) -> RawTable:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real data {path.name} are not beside the checkout (../shared/data)")
    return read_table(path)


@pytest.mark.real
def test_a_province_of_the_register_in_time_and_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table = real("registrations/浙江.parquet")
    mapping = guess_mapping(table.headers)
    parsed = parse_firms(table, mapping, geography=GEOGRAPHY, locate=locate_nothing)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kB
    assert (parsed.rows, parsed.rejected) == (174_300, 2)
    assert set(parsed.rejects.filter(action="整行未收")["value"]) == {
        "91330600774398999G",
        "91330424691289527K",
    }
    assert parsed.frame.filter(name="玉环县东海石化设备制造厂")["capital_cny"][0] == 8_000_000


@pytest.mark.real
def test_the_list_of_listed_firms() -> None:
    table = real("listed/listed_joined.csv.gz")
    parsed = parse_firms(table, guess_mapping(table.headers), geography=GEOGRAPHY, locate=locate_nothing)
    assert parsed.rows == 5259
    assert parsed.rejected < 60
    row = parsed.frame.row(0, named=True)
    assert (row["name"], row["short_name"], row["stock_code"]) == (
        "平安银行股份有限公司",
        "平安银行",
        "000001",
    )
    assert row["revenue_cny"] is None
    assert row["employees"] is None


@pytest.mark.real
def test_the_list_of_the_exchange() -> None:
    table = real("listed/szse_A股列表_2025-12-30.xlsx")
    parsed = parse_firms(table, guess_mapping(table.headers), geography=load_geography())
    assert (parsed.rows, parsed.rejected) == (2880, 0)
    assert parsed.frame["adcode"].null_count() < 10
    assert parsed.frame["website"].null_count() < 60
