from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.regions import Level, Region
from service.errors import UnknownRegion
from service.ingest.addresses import locate
from service.ingest.geography import load_geography

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"
GEOGRAPHY = load_geography()
COUNTIES = GEOGRAPHY.regions(Level.COUNTY)


def one(address: str | None, **hints: str) -> str | None:
    columns = {key: [value] for key, value in hints.items()}
    return locate([address], geography=GEOGRAPHY, **columns)[0]


@pytest.mark.parametrize(
    ("address", "adcode"),
    [
        ("浙江省衢州市柯城区花园东大道258号", "330802"),
        ("衢州市柯城区", "330802"),
        ("浙江衢州", "330800"),
        ("浙江省", "330000"),
        # noise: gaps, full width, what stands in front
        ("浙 江 省 衢 州 市 柯 城 区 １２号", "330802"),
        ("中国（上海）自由贸易试验区临港新片区", "310000"),
        ("中华人民共和国北京市海淀区中关村南大街32号", "110108"),
        # county-level cities without their prefecture, and counties that became cities or districts
        ("醴陵市", "430281"),
        ("敦化市江南镇", "222403"),
        ("湖南省醴陵经济开发区", "430281"),
        ("无为县高沟镇", "340281"),
        ("安徽省芜湖市无为县高沟镇", "340281"),
        ("临安市青山湖街道研口村", "330112"),
        ("江西省九江市九江县庐山西路290号", "360404"),
        # abolished districts, moved towns
        ("上海市南汇区", "310115"),
        ("上海卢湾区", "310101"),
        ("杭州市余杭区临平街道邱山大街371号", "330113"),
        ("杭州市余杭区五常街道", "330110"),
        ("山东省莱芜市莱城区", "370116"),
        # counties that stand directly under a province, corps cities, cities without counties
        ("湖北仙桃市", "429004"),
        ("海南省澄迈县老城工业开发区", "469023"),
        ("新疆维吾尔自治区五家渠东工业园区", "659004"),
        ("广东省东莞市长安镇", "441900"),
        ("中山市东区", "442000"),
        # zones
        ("江苏省苏州工业园区星湖街", "320500"),
        ("福建省平潭综合实验区北厝镇", "350128"),
        ("杭州市经济技术开发区白杨街道", "330114"),
        ("雄安新区容城县", "130629"),
        ("陕西省杨凌示范区渭惠路", "610403"),
        # Hong Kong, Macao, Taiwan
        ("香港湾仔区", "810107"),
        ("澳门", "820000"),
        ("台湾省台北市信义区", "710009"),
        # one 市 used twice, a city's name before a county that begins like a road or a feature
        ("济南市中区经四路", "370103"),
        ("唐山路南区", "130202"),
        ("重庆江北区", "500105"),
        # names that are not places here
        ("上海市南京东路100号", "310000"),
        ("浙江省温州市鹿城路499弄", "330300"),
        ("江西省青山北路18号", "360000"),
        ("南京东路100号", None),
        ("安阳镇员当桥", None),
        # ambiguous, empty
        ("鼓楼区中山路", None),
        ("江苏省南京市鼓楼区", "320106"),
        ("", None),
        (None, None),
        ("123", None),
    ],
)
def test_address_alone(address: str | None, adcode: str | None) -> None:
    assert one(address) == adcode


@pytest.mark.parametrize(
    ("address", "province", "city", "adcode"),
    [
        ("西湖区文三路", "浙江", "杭州", "330106"),
        ("鼓楼区中山路", "江苏省", "徐州市", "320302"),
        ("双港街道", "浙江省", "衢州", "330800"),
        ("衢州市柯城区", "浙江", "衢州", "330802"),
        ("", "浙江", "330800", "330800"),
        ("", "湖北", "省直辖县级行政区划", "420000"),
        ("", "无此省", "无此市", None),
        # the address's own county if it lies in the column's city, else the column's city
        ("浙江省杭州市西湖区", "浙江", "衢州", "330800"),
        ("江山经济开发区", "浙江", "衢州", "330881"),
    ],
)
def test_columns_beside_the_address(address: str, province: str, city: str, adcode: str | None) -> None:
    assert one(address, provinces=province, cities=city) == adcode


def test_a_firms_name_helps_only_where_nothing_else_does() -> None:
    assert one(None, names="衢州某某科技有限公司") == "330800"
    assert one("浙江省", names="江山市某某有限公司") == "330881"
    assert one("浙江省", names="上海某某有限公司") == "330000"
    assert one("杭州市", names="衢州某某有限公司") == "330100"


def test_columns_must_be_as_long_as_the_addresses() -> None:
    with pytest.raises(ValueError, match="1 values for 2"):
        locate(["a", "b"], cities=["衢州"], geography=GEOGRAPHY)


@pytest.mark.parametrize("street", ["人民路1号", "工业园区", "12号"])
def test_every_county_is_found_by_its_full_path(street: str) -> None:
    codes = [region.adcode for region in COUNTIES]
    assert locate([GEOGRAPHY.full_name(code) + street for code in codes], geography=GEOGRAPHY) == codes


def test_every_county_is_found_with_the_short_names_of_what_contains_it() -> None:
    paths = [GEOGRAPHY.path(region.adcode) for region in COUNTIES]
    texts = ["".join(up.short_name for up in path[:-1]) + path[-1].name + "2号" for path in paths]
    assert locate(texts, geography=GEOGRAPHY) == [path[-1].adcode for path in paths]


@given(county=st.sampled_from(COUNTIES), rest=st.text(alphabet="人民建设中山路号村123", max_size=12))
def test_what_follows_a_full_path_changes_nothing(county: Region, rest: str) -> None:
    assert one(GEOGRAPHY.full_name(county.adcode) + rest) == county.adcode


@given(text=st.text(max_size=60), city=st.sampled_from(["衢州", "杭州市", "330100"]))
def test_any_text_gives_a_region_inside_the_columns_city(text: str, city: str) -> None:
    found = one(text, cities=city)
    assert found is not None
    assert GEOGRAPHY.at_level(found, Level.CITY) == GEOGRAPHY.find(city).adcode


@cache
def city_of(province: str, city: str) -> str | None:
    for text in (province + city, city, province):
        try:
            return GEOGRAPHY.at_level(GEOGRAPHY.find(text).adcode, Level.CITY)
        except UnknownRegion:
            continue
    return None


@pytest.mark.real
def test_listed_addresses_give_the_exchanges_city() -> None:
    path = REAL / "listed" / "szse_A股列表_2025-12-30.xlsx"
    if not path.exists():
        pytest.skip("the real data folder ../shared/data is not beside the checkout")
    table = pl.read_excel(path)
    found = locate(table["注册地址"].to_list(), geography=GEOGRAPHY)
    wrong = []
    for address, code, province, city in zip(
        table["注册地址"], found, table["省    份"], table["城     市"], strict=True
    ):
        at_city = GEOGRAPHY.at_level(code, Level.CITY) if code else None
        if city.endswith(
            "直辖县级行政区划"
        ):  # the column names no city: any unit under that province will do
            right = at_city is not None and at_city[2:4] in ("90", "04")
        else:
            right = at_city is not None and at_city == city_of(province, city)
        if not right:
            wrong.append((address, code, city))
    assert len(wrong) / len(found) < 0.005, wrong


@pytest.mark.real
@pytest.mark.parametrize("province", ["浙江", "江西"])
def test_registered_addresses_agree_with_their_city_column(province: str) -> None:
    path = REAL / "registrations" / f"{province}.parquet"
    if not path.exists():
        pytest.skip("the real data folder ../shared/data is not beside the checkout")
    table = pl.read_parquet(path, columns=["address", "city"]).sample(5000, seed=7)
    found = locate(table["address"].to_list(), geography=GEOGRAPHY)
    cities = [GEOGRAPHY.at_level(code, Level.CITY) if code else None for code in found]
    expected = [city_of(province, city) for city in table["city"]]
    both = [(a, b) for a, b in zip(cities, expected, strict=True) if a and b]
    assert len(both) > 0.94 * len(found)
    assert sum(a == b for a, b in both) > 0.998 * len(both)
    counties = [code for code in found if code and GEOGRAPHY.at_level(code, Level.COUNTY)]
    assert len(counties) > 0.85 * len(found)
