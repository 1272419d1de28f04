from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidMapping
from service.ingest.firm_columns import FIELDS, guess_mapping
from service.ingest.firm_money import MoneyUnit

REGISTER = ["name", "uscc", "reg_date", "entity_type", "capital_raw", "scope", "province", "city", "address"]
EXCHANGE = [
    "板块",
    "公司全称",
    "英文名称",
    "注册地址",
    "A股代码",
    "A股简称",
    "地      区",
    "省    份",
    "城     市",
]
LISTED = [
    "code",
    "name",
    "fullname",
    "province",
    "city",
    "reg_address",
    "sw_industry",
    "employees",
    "revenue",
]


def test_headers_of_the_register() -> None:
    assert guess_mapping(REGISTER).columns == {
        "name": "name",
        "uscc": "uscc",
        "founded": "reg_date",
        "entity_type": "entity_type",
        "capital_cny": "capital_raw",
        "scope": "scope",
        "province": "province",
        "city": "city",
        "address": "address",
    }


def test_headers_of_the_exchange() -> None:
    mapping = guess_mapping(EXCHANGE)
    assert mapping.columns == {
        "name": "公司全称",
        "address": "注册地址",
        "stock_code": "A股代码",
        "short_name": "A股简称",
        "province": "省    份",
        "city": "城     市",
    }
    assert mapping.unused == ("板块", "英文名称", "地      区")


def test_full_name_wins_over_name() -> None:
    columns = guess_mapping(LISTED).columns
    assert (columns["name"], columns["short_name"], columns["stock_code"]) == ("fullname", "name", "code")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("企业名称", "name"),
        ("*公司名称", "name"),
        ("单 位 名 称", "name"),
        ("机构名称（必填）", "name"),
        ("名称", "name"),
        ("Company Name", "name"),
        ("ＵＳＣＣ", "uscc"),
        ("社会信用代码", "uscc"),
        ("信用代码", "uscc"),
        ("住所", "address"),
        ("办公地址", "address"),
        ("省", "province"),
        ("地市", "city"),
        ("县区", "county"),
        ("主营业务", "scope"),
        ("主营产品", "products"),
        ("注册资金(万元)", "capital_cny"),
        ("成立时间", "founded"),
        ("核准日期", "founded"),
        ("行业门类", "industry"),
        ("国民经济行业代码", "gbt4754_codes"),
        ("公司类型", "entity_type"),
        ("证券代码", "stock_code"),
        ("A股简称", "short_name"),
        ("经度", "lon"),
        ("纬度", "lat"),
        ("从业人数", "employees"),
        ("营收（亿元）", "revenue_cny"),
        ("荣誉", "standing"),
        ("产业链环节", "nodes"),
        ("公司网址", "website"),
        ("经营状态", "status"),
        ("数据日期", "as_of"),
    ],
)
def test_usual_headers(header: str, field: str) -> None:
    assert guess_mapping([header]).columns == {field: header}


@pytest.mark.parametrize("header", ["地区", "法定代表人", "板块", "序号", ""])
def test_other_headers_are_left_alone(header: str) -> None:
    assert guess_mapping([header]).columns == {}


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("注册资本(万元)", MoneyUnit(1e4)),
        ("注册资本（亿元）", MoneyUnit(1e8)),
        ("注册资本/万元", MoneyUnit(1e4)),
        ("注册资本（单位：万美元）", MoneyUnit(1e4, "美元")),
        ("注册资本", None),
        ("capital_cny", MoneyUnit(1)),
    ],
)
def test_units_in_headers(header: str, unit: MoneyUnit | None) -> None:
    mapping = guess_mapping([header])
    assert mapping.columns == {"capital_cny": header}
    assert mapping.unit("capital_cny") == unit


def test_overrides_go_before_the_guess() -> None:
    mapping = guess_mapping(["名称", "甲", "住所"]).mapping_with(
        {"name": "甲", "city": " 住所 ", "scope": ""}
    )
    assert mapping.columns == {"name": "甲", "city": "住所"}


def test_a_field_can_be_left_out() -> None:
    assert guess_mapping(["名称", "城市"]).mapping_with({"city": ""}).columns == {"name": "名称"}


def test_unknown_field_names_the_choices() -> None:
    with pytest.raises(InvalidMapping, match=r"nam.*name\(企业名称\)"):
        guess_mapping(["名称"]).mapping_with({"nam": "名称"})


def test_unknown_column_names_the_columns() -> None:
    with pytest.raises(InvalidMapping, match=r"甲.*名称、城市"):
        guess_mapping(["名称", "城市"]).mapping_with({"name": "甲"})


def test_without_a_name_column_the_headers_are_listed() -> None:
    with pytest.raises(InvalidMapping, match="序号、城市"):
        guess_mapping(["序号", "城市"]).require_name()


@settings(deadline=None)
@given(st.lists(st.text(max_size=8) | st.sampled_from([*EXCHANGE, *LISTED]), unique=True, max_size=20))
def test_no_column_serves_two_fields(headers: list[str]) -> None:
    mapping = guess_mapping(headers)
    assert set(mapping.columns) <= set(FIELDS)
    assert len(set(mapping.columns.values())) == len(mapping.columns)
    assert set(mapping.columns.values()) | set(mapping.unused) == set(headers)
