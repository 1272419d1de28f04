"""Names become pinyin and initials as people type them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.readings import MAX_INITIALS, MAX_PINYIN, load_readings, spell_firms


def spelt(name: str, short: str | None = None) -> tuple[str, str]:
    frame = pl.DataFrame(
        {"normal_name": [name], "short_name": [short]},
        schema={"normal_name": pl.String, "short_name": pl.String},
    )
    row = spell_firms(frame).row(0, named=True)
    return row["pinyin"], row["initials"]


@pytest.mark.parametrize(
    ("name", "short", "pinyin", "initials"),
    [
        (
            "浙江永和新型电池有限公司",
            None,
            "zhejiangyonghexinxingdianchiyouxiangongsi",
            "yhxxdcyxgs zjyhxxdcyxgs",
        ),
        (
            "重庆长安汽车股份有限公司",
            "长安汽车",
            "chongqingchanganqichegufenyouxiangongsi changanqiche",
            "caqcgfyxgs cqcaqcgfyxgs caqc",
        ),
        # Two readings of one character: 银行 is yinhang, 行 alone xing.
        ("宁波银行", None, "ningboyinhang", "yh nbyh"),
        ("LG化学(南京)有限公司", None, "lghuaxuenanjingyouxiangongsi", "lghxnjyxgs"),
        # 市长 is a word and is none here.
        ("乐清市长城电器厂", None, "yueqingshichangchengdianqichang", "ccdqc yqsccdqc"),
        ("三六零360", None, "sanliuling360", "sll360"),
    ],
)
def test_a_name_sounds_as_it_is_said(name: str, short: str | None, pinyin: str, initials: str) -> None:
    assert spelt(name, short) == (pinyin, initials)


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("浙江省衢州市柯城区甲厂", "甲厂"),
        # 永和 is a county in Shanxi, not in Zhejiang; alone it is taken for it.
        ("浙江永和竹业", "永和竹业"),
        ("衢州", "衢州"),
        ("衢州市", "市"),
        ("甲乙丙", "甲乙丙"),
    ],
)
def test_only_places_that_lie_in_each_other_are_left_out(name: str, rest: str) -> None:
    assert load_readings().without_places(name) == rest


@given(st.text(max_size=60), st.none() | st.text(max_size=20))
def test_any_name_gives_letters_and_digits_of_a_bounded_length(name: str, short: str | None) -> None:
    pinyin, initials = spelt(name, short)
    assert set(pinyin + initials) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert len(pinyin) <= 2 * MAX_PINYIN + 1
    assert len(initials) <= 3 * MAX_INITIALS + 2


def test_a_frame_without_rows_stays_one() -> None:
    empty = pl.DataFrame(schema={"normal_name": pl.String, "short_name": pl.String})
    assert spell_firms(empty).columns == ["normal_name", "short_name", "pinyin", "initials"]
