from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ingest.firm_money import WAN_YUAN, YUAN, MoneyUnit, parse_money, parse_unit
from service.ingest.firm_values import (
    check_name,
    normal_name,
    parse_adcode,
    parse_count,
    parse_date,
    parse_degrees,
    parse_gbt4754,
    parse_products,
    parse_stock_code,
    parse_unique,
    parse_uscc,
    parse_website,
    parse_words,
    uscc_is_valid,
)

TODAY = dt.date(2026, 11, 22)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Published codes: Ping An Bank and Huawei Technologies.
PING_AN = "91440300192185379H"
HUAWEI = "914403001922038216"


@pytest.mark.parametrize("code", [PING_AN, HUAWEI])
def test_published_codes_are_valid(code: str) -> None:
    assert uscc_is_valid(code)


@pytest.mark.parametrize(
    "code", ["", PING_AN[:17], PING_AN + "0", PING_AN.lower(), "9144030019218537OH", "x" * 18]
)
def test_other_texts_are_not(code: str) -> None:
    assert not uscc_is_valid(code)


@settings(deadline=None)
@given(place=st.integers(0, 17), other=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(place: int, other: str) -> None:
    wrong = PING_AN[:place] + other + PING_AN[place + 1 :]
    assert uscc_is_valid(wrong) == (wrong == PING_AN)


@settings(deadline=None)
@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17))
def test_every_body_has_exactly_one_check_character(body: str) -> None:
    assert sum(uscc_is_valid(body + check) for check in ALPHABET) == 1


@pytest.mark.parametrize(
    "text",
    [
        "91440300192185379h",
        " 9144 0300 1921 8537 9H ",
        "９１４４０３００１９２１８５３７９Ｈ",
        "'91440300192185379H",
    ],
)
def test_code_is_cleaned(text: str) -> None:
    assert parse_uscc(text) == (PING_AN, None)


def test_wrong_codes_are_told_apart() -> None:
    old, complaint = parse_uscc("440301103097413")
    assert old is None
    assert "15 位" in str(complaint)
    half, complaint = parse_uscc("914403001")
    assert half is not None
    assert "这里 9 位" in str(complaint)
    assert "校验码" in str(parse_uscc("91440300192185379A")[1])
    assert "O" in str(parse_uscc("9144030O192185379H")[1])


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("858(万元人民币)", 8_580_000),
        ("168万人民币", 1_680_000),
        ("5000万", 50_000_000),
        ("12亿元", 1_200_000_000),
        ("壹佰万元", 1_000_000),
        ("人民币伍佰万元整", 5_000_000),
        ("贰仟伍佰万元整", 25_000_000),
        ("壹仟零伍拾万元", 10_500_000),
        ("二〇〇〇万元", 20_000_000),
        ("1亿2000万", 120_000_000),
        ("1.2万亿", 1_200_000_000_000),
        ("3.5千万", 35_000_000),
        ("968.2613(万元人民币)", 9_682_613),
        ("９６８．５万元", 9_685_000),
        ("￥500万", 5_000_000),
        ("50", 500_000),
        ("1,234.5", 12_345_000),
        ("1000元", 1000),
        ("1,000万美元", 71_900_000),
        ("100.5万(港币)", 930_630),
        ("USD 1,000", 7190),
        ("100(万香港元)", 926_000),
    ],
)
def test_money(text: str, amount: float) -> None:
    value, complaint = parse_money(text, WAN_YUAN, 2e12)
    assert complaint is None
    assert value == pytest.approx(amount)


def test_bare_numbers_take_the_unit_of_the_header() -> None:
    assert parse_money("5", YUAN, 2e12)[0] == 5
    assert parse_money("5", MoneyUnit(1e8), 2e12)[0] == 5e8
    assert parse_money("5", MoneyUnit(1e4, "美元"), 2e12)[0] == pytest.approx(359_500)
    assert parse_money("5万元", MoneyUnit(1e8), 2e12)[0] == 50_000


@pytest.mark.parametrize(
    "text", ["", "abc", "0", "-5", "500(万法国法郎)", "1.2.3万", "五百万左右吧", "99999亿"]
)
def test_money_that_is_dropped_says_why(text: str) -> None:
    value, complaint = parse_money(text, WAN_YUAN, 2e12)
    assert value is None
    assert complaint


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("万元", MoneyUnit(1e4)),
        ("亿元人民币", MoneyUnit(1e8)),
        ("万美元", MoneyUnit(1e4, "美元")),
        ("元", MoneyUnit(1)),
        ("千元", MoneyUnit(1e3)),
        ("百万元", MoneyUnit(1e6)),
        ("人", None),
        ("%", None),
        ("", None),
    ],
)
def test_units(text: str, unit: MoneyUnit | None) -> None:
    assert parse_unit(text) == unit


@settings(deadline=None)
@given(st.text())
def test_money_never_fails(text: str) -> None:
    value, complaint = parse_money(text, WAN_YUAN, 2e12)
    assert (value is None) != (complaint is None)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-01-02", (2020, 1, 2)),
        ("2020/1/2", (2020, 1, 2)),
        ("2020.1.2", (2020, 1, 2)),
        ("2020年1月2日", (2020, 1, 2)),
        ("20200102", (2020, 1, 2)),
        ("2020-01-02 12:30:00", (2020, 1, 2)),
        ("2020-01-02T12:30:00", (2020, 1, 2)),
        ("2020/1/2 0:00", (2020, 1, 2)),
        ("43831", (2020, 1, 1)),
        ("43831.5", (2020, 1, 1)),
        ("2020-03", (2020, 3, 1)),
        ("2020年3月", (2020, 3, 1)),
        ("202003", (2020, 3, 1)),
        ("2020", (2020, 1, 1)),
        ("２０２０－０１－０２", (2020, 1, 2)),
    ],
)
def test_dates(text: str, day: tuple[int, int, int]) -> None:
    assert parse_date(text, TODAY) == (dt.date(*day), None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1899-12-31", "1900"),
        ("2026-11-23", "将来"),
        ("2020-02-30", "无法识别"),
        ("20-1-2", "无法识别"),
        ("长期", "无法识别"),
        ("2020-13", "无法识别"),
    ],
)
def test_dates_that_are_dropped_say_why(text: str, why: str) -> None:
    value, complaint = parse_date(text, TODAY)
    assert value is None
    assert why in str(complaint)


@settings(deadline=None)
@given(st.dates(dt.date(1900, 1, 1), TODAY))
def test_every_way_to_write_a_day_reads_the_same(day: dt.date) -> None:
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d 08:00:00"):
        assert parse_date(day.strftime(pattern), TODAY) == (day, None)


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_a_parser(text: str) -> None:
    for value, complaint in (
        parse_date(text, TODAY),
        parse_count(text),
        parse_degrees(text),
        parse_stock_code(text),
        parse_gbt4754(text),
        parse_adcode(text),
        parse_website(text),
        parse_uscc(text),
    ):
        assert value is not None or complaint
    assert parse_words(text)[1] is None
    parse_products(text)


def test_counts() -> None:
    assert parse_count("1,234人") == (1234, None)
    assert parse_count("1.2万") == (12000, None)
    assert [parse_count(text)[0] for text in ("0", "-1", "100-500人", "很多", "99999999")] == [None] * 5


def test_stock_codes() -> None:
    assert [
        parse_stock_code(text)[0] for text in ("1", "000001.SZ", "SH600000", "600000.0", "03931.HK", "700.HK")
    ] == [
        "000001",
        "000001",
        "600000",
        "600000",
        "03931.HK",
        "00700.HK",
    ]
    assert [parse_stock_code(text)[0] for text in ("1234567", "abc", "0")] == [None] * 3


def test_gbt4754_codes() -> None:
    assert parse_gbt4754("C3841") == (["3841"], None)
    assert parse_gbt4754("3841 锂离子电池制造") == (["3841"], None)
    assert parse_gbt4754("C38；3985；C38") == (["38", "3985"], None)
    assert parse_gbt4754("制造业")[0] is None


def test_adcodes() -> None:
    assert parse_adcode("330803") == ("330803", None)
    assert parse_adcode("330803000000") == ("330803", None)
    assert parse_adcode("33080")[0] is None


def test_websites() -> None:
    assert parse_website("www.example.com、www.example.cn") == ("www.example.com", None)
    assert parse_website("https://example.com/a?b=1") == ("https://example.com/a?b=1", None)
    for text in ("javascript:alert(1)", "data:text/html,x", "官网见公众号", "<b>"):
        assert parse_website(text)[0] is None


def test_products_with_and_without_shares() -> None:
    assert parse_products("轮胎:0.99;商用车胎:60%") == (
        [{"name": "轮胎", "share": 0.99}, {"name": "商用车胎", "share": 0.6}],
        None,
    )
    names = [
        product["name"]
        for product in parse_products("锂电池（三元、磷酸铁锂）、隔膜\n1,2-二氯乙烷,铝合金(6061)")[0]
    ]  # type: ignore[attr-defined]
    assert names == ["锂电池(三元、磷酸铁锂)", "隔膜", "1,2-二氯乙烷", "铝合金(6061)"]


def test_an_impossible_share_is_left_out_and_the_product_kept() -> None:
    products, complaint = parse_products("轮胎:60")
    assert products == [{"name": "轮胎", "share": None}]
    assert "轮胎:60" in str(complaint)


def test_normal_name() -> None:
    assert normal_name("衢州　（中国）【一】 有限公司\u200b") == "衢州(中国)(一)有限公司"
    assert normal_name("ＡＢＣ電池") == "ABC電池"


@settings(deadline=None)
@given(st.text())
def test_normal_name_is_stable(name: str) -> None:
    once = normal_name(name)
    assert normal_name(once) == once
    assert normal_name(f" {name}\t") == once


def test_names_are_checked() -> None:
    assert check_name("<script>alert(1)</script>") is None
    assert check_name("甲" * 120) is None
    assert check_name("甲" * 121)
    assert check_name("123-456")


def test_parse_unique_keeps_order_and_blanks() -> None:
    values, complaints = parse_unique(pl.Series(["2", None, "x", "2"]), parse_count, pl.Int64)
    assert values.to_list() == [2, None, None, 2]
    assert [complaint is None for complaint in complaints] == [True, True, False, True]
