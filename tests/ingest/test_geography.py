from __future__ import annotations

import csv
from pathlib import Path

import pytest

from service.datafiles import data_folder
from service.domain.regions import Geography, Level
from service.ingest.geography import load_geography, load_source_regions
from service.ingest.manifest import verify_manifest


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography()


def rows(file: str) -> list[dict[str, str]]:
    with (data_folder("geodata") / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_counts(geography: Geography) -> None:
    # The Ministry of Civil Affairs counts 34 provinces and 333 prefectures at the end of 2024.
    assert len(geography.regions(Level.PROVINCE)) == 34
    directly_ruled = [r for r in geography.regions(Level.CITY) if r.adcode[2:4] == "90"]
    prefectures = [
        r for r in geography.regions(Level.CITY) if r.level is Level.CITY and r not in directly_ruled
    ]
    standing_provinces = [r.adcode for r in geography.regions(Level.CITY) if r.level is Level.PROVINCE]
    assert len(prefectures) == 333
    assert standing_provinces == ["110000", "120000", "310000", "500000", "710000", "810000", "820000"]
    assert {r.adcode for r in directly_ruled} >= {"419001", "429004", "469005", "659001", "659012"}


@pytest.mark.parametrize(
    ("adcode", "city", "county"),
    [
        ("330802", "330800", "330802"),
        ("110101", "110000", "110101"),
        ("500229", "500000", "500229"),
        ("429004", "429004", "429004"),
        ("441900", "441900", "441900"),
        ("460400", "460400", "460400"),
        ("620200", "620200", "620200"),
        ("659004", "659004", "659004"),
        ("710009", "710000", "710009"),
        ("810107", "810000", "810107"),
        ("820000", "820000", "820000"),
    ],
)
def test_levels(geography: Geography, adcode: str, city: str, county: str) -> None:
    assert geography.at_level(adcode, Level.CITY) == city
    assert geography.at_level(adcode, Level.COUNTY) == county


@pytest.mark.parametrize(
    ("adcode", "short"),
    [
        ("330800", "衢州"),
        ("330802", "柯城"),
        ("150000", "内蒙古"),
        ("422800", "恩施"),
        ("310115", "浦东"),
        ("120116", "滨海"),
        ("653000", "克孜勒苏"),
        ("150724", "鄂温克"),
        ("622926", "东乡"),
        ("150121", "土默特左旗"),
        ("710009", "台北"),
        ("411024", "鄢陵"),
    ],
)
def test_short_names(geography: Geography, adcode: str, short: str) -> None:
    assert geography.get(adcode).short_name == short


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("重庆", "chongqing"),
        ("厦门", "xiamen"),
        ("六安", "luan"),
        ("衢州", "quzhou"),
        ("丽水", "lishui"),
        ("台州", "taizhou"),
        ("蚌埠", "bengbu"),
        ("亳州", "bozhou"),
        ("朝阳市", "chaoyang"),
        ("漯河", "luohe"),
        ("长治", "changzhi"),
        ("长子", "zhangzi"),
        ("长沙", "changsha"),
        ("成都", "chengdu"),
        ("喀什地区", "kashi"),
        ("宿州", "suzhou"),
        ("乐清", "yueqing"),
        ("乐陵", "laoling"),
        ("单县", "shanxian"),
        ("浚县", "xunxian"),
        ("六合", "luhe"),
        ("珲春", "hunchun"),
        ("婺源", "wuyuan"),
        ("铅山", "yanshan"),
        ("荥经", "yingjing"),
        ("尉犁", "yuli"),
        ("番禺", "panyu"),
    ],
)
def test_places_are_read_as_people_say_them(geography: Geography, name: str, pinyin: str) -> None:
    assert geography.find(name).pinyin == pinyin


def test_initials_find_a_city(geography: Geography) -> None:
    assert geography.search("qz")[0].adcode == "330800"
    assert geography.search("cq")[0].adcode == "500000"


def test_counties_without_a_polygon_are_here_without_a_point(geography: Geography) -> None:
    without = [r.adcode for level in Level for r in geography.regions(level) if r.lon is None]
    assert without == ["653228", "653229"]


def test_distance_beijing_shanghai(geography: Geography) -> None:
    assert 1000 < geography.distance_km("110000", "310000") < 1150


def test_manifest_holds() -> None:
    manifest = verify_manifest(data_folder("geodata"))
    listed = {entry.file for entry in manifest.files}
    here = {path.name for path in Path(data_folder("geodata")).iterdir()} - {"manifest.yaml", "README.md"}
    assert listed == here


def test_development_zones_name_real_regions_once(geography: Geography) -> None:
    zones = rows("development_zones.csv")
    labels = [label for z in zones for label in (z["name"], *filter(None, z["aliases"].split(";")))]
    assert len(labels) == len(set(labels))
    assert [z["name"] for z in zones if z["adcode"] not in geography] == []
    of_kind = [z["kind"] for z in zones]
    assert of_kind.count("国家级新区") == 19
    assert of_kind.count("国家级经开区") > 200
    assert of_kind.count("国家级高新区") > 160
    assert all(z["name"] and z["kind"] for z in zones)


def test_former_regions_and_fixes_lead_to_real_regions(geography: Geography) -> None:
    former = rows("former_regions.csv")
    for row in former:
        assert geography.at_level(row["adcode"], Level.PROVINCE) == row["province"], row
    assert len({(row["name"], row["province"]) for row in former}) == len(former)
    assert all(row["adcode"] in geography for row in rows("boundary_fixes.csv"))


def test_source_regions_are_lists_of_cities(geography: Geography) -> None:
    cities = {r.adcode for r in geography.regions(Level.CITY)}
    counted = {row["name"]: len(row["adcodes"].split(";")) for row in rows("source_regions.csv")}
    # As the plans themselves count: 41 cities, 27 in the centre, 9 + 2, 13, 20, 30.
    assert counted["长三角"] == 41
    assert counted["长三角中心区"] == 27
    assert counted["粤港澳大湾区"] == 11
    assert counted["京津冀"] == 13
    assert counted["海西"] == 20
    assert counted["中原"] == 30
    for row in rows("source_regions.csv"):
        assert set(row["adcodes"].split(";")) <= cities, row["name"]
        assert row["source"]


def test_a_city_belongs_to_the_first_source_region_that_lists_it() -> None:
    members = load_source_regions()
    assert members["330800"] == "长三角"
    assert members["440300"] == "珠三角"
    assert members["810000"] == "粤港澳大湾区"
    assert "540100" not in members
