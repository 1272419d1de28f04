from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.regions import Geography, Level, Region
from service.errors import UnknownRegion


def region(
    adcode: str,
    name: str,
    short: str,
    level: Level,
    parent: str | None = None,
    pinyin: str = "x",
    point: tuple[float, float] | None = None,
) -> Region:
    initials = pinyin[:1]
    lon, lat = point or (None, None)
    return Region(adcode, name, short, level, parent, lambda _: (pinyin, initials), lon, lat)


P, C, D = Level.PROVINCE, Level.CITY, Level.COUNTY
SMALL = Geography(
    [
        region("330000", "浙江省", "浙江", P, None, "zhejiang", (120.0, 29.0)),
        region("330800", "衢州市", "衢州", C, "330000", "quzhou", (118.0, 29.0)),
        region("330802", "柯城区", "柯城", D, "330800", "kecheng"),
        region("330881", "江山市", "江山", D, "330800", "jiangshan", (118.6, 28.7)),
        region("330481", "鼓楼区", "鼓楼", D, "330800", "gulou"),
        region("110000", "北京市", "北京", P, None, "beijing", (116.4, 39.9)),
        region("110101", "东城区", "东城", D, "110000", "dongcheng"),
        region("110102", "鼓楼区", "鼓楼", D, "110000", "gulou"),
        region("420000", "湖北省", "湖北", P, None, "hubei"),
        region("429004", "仙桃市", "仙桃", C, "420000", "xiantao"),
        region("220000", "吉林省", "吉林", P, None, "jilin"),
        region("220200", "吉林市", "吉林", C, "220000", "jilin"),
        region("220201", "昌邑区", "昌邑", D, "220200", "changyi"),
        region("820000", "澳门特别行政区", "澳门", P, None, "aomen"),
    ]
)
CODES = st.sampled_from([code for level in Level for code in (r.adcode for r in SMALL.regions(level))])
LEVELS = st.sampled_from(list(Level))


@pytest.mark.parametrize(
    ("adcode", "province", "city", "county"),
    [
        ("330802", "330000", "330800", "330802"),
        ("330800", "330000", "330800", None),
        ("330000", "330000", None, None),
        ("110101", "110000", "110000", "110101"),
        ("110000", "110000", "110000", None),
        ("429004", "420000", "429004", "429004"),
        ("820000", "820000", "820000", "820000"),
    ],
)
def test_at_level(adcode: str, province: str, city: str | None, county: str | None) -> None:
    assert [SMALL.at_level(adcode, level) for level in Level] == [province, city, county]


@given(adcode=CODES, level=LEVELS)
def test_at_level_is_idempotent_and_contains(adcode: str, level: Level) -> None:
    at = SMALL.at_level(adcode, level)
    if at is None:
        return
    assert SMALL.at_level(at, level) == at
    assert at in [up.adcode for up in SMALL.path(adcode)]
    assert at in [r.adcode for r in SMALL.regions(level)]


@given(adcode=CODES)
def test_a_parent_lists_its_child_and_stands_first_in_its_path(adcode: str) -> None:
    here = SMALL.get(adcode)
    assert here in SMALL.children(here.parent)
    assert SMALL.path(adcode)[0].parent is None
    assert SMALL.path(adcode)[-1] == here


def test_regions_stand_at_finer_levels_where_nothing_is_below() -> None:
    assert [r.adcode for r in SMALL.regions(C)] == ["110000", "220200", "330800", "429004", "820000"]
    assert "429004" in [r.adcode for r in SMALL.regions(D)]


@pytest.mark.parametrize(
    ("text", "adcode"),
    [
        ("330802", "330802"),
        ("衢州", "330800"),
        (" 衢州市 ", "330800"),
        ("浙江衢州", "330800"),
        ("浙江省 / 衢州市 / 柯城区", "330802"),
        ("浙江柯城", "330802"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("吉林吉林", "220200"),
        ("北京鼓楼区", "110102"),
        ("澳门", "820000"),
        ("北京北京市", "110000"),
        ("湖北仙桃市仙桃市", "429004"),
    ],
)
def test_find(text: str, adcode: str) -> None:
    assert SMALL.find(text).adcode == adcode


def test_find_names_the_candidates_of_an_ambiguous_name() -> None:
    with pytest.raises(UnknownRegion, match=r"不止一处.*北京市鼓楼区.110102.*浙江省衢州市鼓楼区.330481"):
        SMALL.find("鼓楼区")


def test_find_offers_what_looks_alike() -> None:
    with pytest.raises(UnknownRegion, match="没有找到行政区划“衢洲”，相近的有：浙江省衢州市"):
        SMALL.find("衢洲")
    with pytest.raises(UnknownRegion, match=r"没有行政区划代码 330803.*330802"):
        SMALL.find("330803")
    with pytest.raises(UnknownRegion):
        SMALL.find("")
    with pytest.raises(UnknownRegion):
        SMALL.find("浙江浙江省")


def test_search_takes_chinese_pinyin_initials_and_codes_best_first() -> None:
    assert [r.adcode for r in SMALL.search("吉林")] == ["220000", "220200"]
    assert [r.adcode for r in SMALL.search("QuZhou")] == ["330800"]
    assert [r.adcode for r in SMALL.search("江")] == ["330881", "330000"]
    assert SMALL.search("3308", limit=2)[0].adcode == "330800"
    assert SMALL.search("浙江柯城")[0].adcode == "330802"
    assert SMALL.search("  ") == []


def test_distance_matches_the_haversine_of_a_known_pair() -> None:
    # One degree of longitude at 29 N on a sphere of 6371.0088 km: 2 asin(cos 29 sin 0.5 deg) R.
    expected = 2 * 6371.0088 * np.arcsin(np.cos(np.radians(29)) * np.sin(np.radians(1.0)))
    assert SMALL.distance_km("330000", "330800") == pytest.approx(expected)
    assert SMALL.distance_km("330800", "330800") == 0.0


def test_a_region_without_a_point_takes_its_parents_and_none_gives_nan() -> None:
    near = SMALL.distances_km("330802", ["330800", "330881", "429004"])
    assert near[0] == 0.0
    assert 60 < near[1] < 75
    assert np.isnan(near[2])
    assert SMALL.distances_km("330802", []).shape == (0,)


@given(a=CODES, b=CODES)
def test_distance_is_symmetric(a: str, b: str) -> None:
    there, back = SMALL.distance_km(a, b), SMALL.distance_km(b, a)
    assert (np.isnan(there) and np.isnan(back)) or there == pytest.approx(back)


def test_a_broken_hierarchy_is_refused() -> None:
    with pytest.raises(ValueError, match="parent"):
        Geography([region("330800", "衢州市", "衢州", C, "330000")])
    with pytest.raises(ValueError, match="twice"):
        Geography([region("330000", "浙江省", "浙江", P), region("330000", "浙江省", "浙江", P)])
