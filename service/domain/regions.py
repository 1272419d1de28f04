"""Administrative regions: adcodes, their hierarchy, names and distances."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from service.errors import UnknownRegion

_EARTH_RADIUS_KM = 6371.0088
_SEPARATORS = re.compile(r"[\s/·>,，、;；\-—－]+")
_SHOWN = 8
_ALIKE = 0.5


class Level(StrEnum):
    """The three levels at which regions are compared."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


_RANK = {Level.PROVINCE: 0, Level.CITY: 1, Level.COUNTY: 2}


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative region.

    `adcode` is the six-digit code. `level` is its own level: municipalities (110000) are provinces
    that also stand at city level; counties directly under a province and cities without counties
    (429004, 441900) are cities that also stand at county level. `lon`/`lat` is a point inside it
    (WGS-84 degrees), None where no boundary is known. `spell` gives the pinyin and the initials of the short
    name; it is asked when somebody wants them, since readings take longer to load than all regions.
    """

    adcode: str
    name: str
    short_name: str
    level: Level
    parent: str | None
    spell: Callable[[str], tuple[str, str]] = field(repr=False, compare=False)
    lon: float | None = None
    lat: float | None = None

    @property
    def pinyin(self) -> str:
        """How the short name is said, without tones or spaces."""
        return self.spell(self.short_name)[0]

    @property
    def initials(self) -> str:
        """The first letters of its syllables."""
        return self.spell(self.short_name)[1]


class Geography:
    """All regions and their hierarchy: look-up, containment, search and distance.

    A region stands at its own level and at every finer level that nothing below it fills: a municipality
    has no cities below it and stands at city level too, a city without counties at county level too.
    """

    def __init__(self, regions: Iterable[Region]) -> None:
        """Index `regions`; ValueError when a code is double or a parent is missing."""
        ordered = sorted(regions, key=lambda region: region.adcode)
        self._by_code = {region.adcode: region for region in ordered}
        if len(self._by_code) != len(ordered):
            raise ValueError("an adcode stands twice")
        self._below: dict[str | None, list[Region]] = {}
        for region in ordered:
            if region.parent is not None and region.parent not in self._by_code:
                raise ValueError(f"{region.adcode}: its parent {region.parent} is missing")
            self._below.setdefault(region.parent, []).append(region)
        self._stands = {region.adcode: self._levels_of(region) for region in ordered}

    def __contains__(self, adcode: object) -> bool:
        return adcode in self._by_code

    def __len__(self) -> int:
        return len(self._by_code)

    def _levels_of(self, region: Region) -> frozenset[Level]:
        below = self.children(region.adcode)
        finest = min((_RANK[child.level] for child in below), default=len(_RANK))
        return frozenset(level for level, rank in _RANK.items() if _RANK[region.level] <= rank < finest)

    def get(self, adcode: str) -> Region:
        """Return the region with this code; UnknownRegion names codes that begin alike."""
        try:
            return self._by_code[adcode]
        except KeyError:
            near = difflib.get_close_matches(adcode, self._by_code, n=3, cutoff=0.6)
            raise UnknownRegion(f"没有行政区划代码 {adcode}{self._listed(near)}") from None

    def find(self, text: str) -> Region:
        """Return the region that `text` means: a code, a name, a short name, or a path like 浙江衢州.

        A full name goes before a short one, and among equals the highest level does when it is alone
        there: 吉林 is the province. UnknownRegion when nothing fits (with near matches) or when several
        regions do (with the candidates).
        """
        wanted = _SEPARATORS.sub("", text)
        if re.fullmatch(r"[0-9]{6}", wanted):
            return self.get(wanted)
        candidates = self._named(wanted)
        if not candidates:
            near = [region.adcode for region in self.search(wanted, limit=3)] or self._alike(wanted)
            raise UnknownRegion(f"没有找到行政区划“{text}”{self._listed(near)}")
        if len(candidates) > 1:
            listed = self._listed([region.adcode for region in candidates], "，可能是：")
            raise UnknownRegion(f"“{text}”不止一处，请写明上级或代码{listed}")
        return candidates[0]

    def _named(self, wanted: str) -> list[Region]:
        for labels in (self._by_name, self._by_label):
            if wanted in labels:
                return _clear(labels[wanted])
        led = [
            region
            for start in range(1, len(wanted))
            for region in self._by_label.get(wanted[start:], [])
            if self._leads_to(wanted[:start], self._next_up(region))
        ]
        return _clear(led)

    def _next_up(self, region: Region) -> str | None:
        """Return where a path goes on; tables write 北京市北京市 for what stands at two levels."""
        return region.adcode if len(self._stands[region.adcode]) > 1 else region.parent

    def _leads_to(self, text: str, adcode: str | None) -> bool:
        """Tell whether `text` is made of names of `adcode` and of regions above it, highest first."""
        if not text:
            return True
        if adcode is None:
            return False
        region = self._by_code[adcode]
        used = any(
            text.endswith(label) and self._leads_to(text[: -len(label)], region.parent)
            for label in {region.name, region.short_name}
        )
        return used or self._leads_to(text, region.parent)

    def _alike(self, wanted: str) -> list[str]:
        """Return up to three codes whose names look like `wanted`; same beginning and higher level first."""
        matcher = difflib.SequenceMatcher(None, "", wanted, autojunk=False)
        graded: list[tuple[float, bool, int, str]] = []
        for label, regions in self._by_label.items():
            matcher.set_seq1(label)
            if matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE:
                odd_start = not label.startswith(wanted[:1])
                graded.append((-matcher.ratio(), odd_start, _RANK[regions[0].level], regions[0].adcode))
        return list(dict.fromkeys(code for *_, code in sorted(graded)))[:3]

    def _listed(self, adcodes: Sequence[str], lead: str = "，相近的有：") -> str:
        if not adcodes:
            return ""
        shown = "、".join(f"{self.full_name(adcode)}({adcode})" for adcode in adcodes[:_SHOWN])
        return lead + shown + ("等" if len(adcodes) > _SHOWN else "")

    @cached_property
    def _by_name(self) -> dict[str, list[Region]]:
        return self._grouped(short=False)

    @cached_property
    def _by_label(self) -> dict[str, list[Region]]:
        return self._grouped(short=True)

    def _grouped(self, *, short: bool) -> dict[str, list[Region]]:
        grouped: dict[str, list[Region]] = {}
        for region in self._by_code.values():
            for label in {region.name, region.short_name} if short else {region.name}:
                grouped.setdefault(label, []).append(region)
        return grouped

    def at_level(self, adcode: str, level: Level) -> str | None:
        """Return the code of the region at `level` that contains `adcode`, or None when it is larger.

        330802 at city level is 330800, 110101 is 110000; 330800 at county level is None.
        UnknownRegion when there is no such code.
        """
        region: Region | None = self.get(adcode)
        while region is not None:
            if level in self._stands[region.adcode]:
                return region.adcode
            region = self._by_code[region.parent] if region.parent else None
        return None

    def regions(self, level: Level) -> tuple[Region, ...]:
        """Return all regions that stand at `level`, sorted by code."""
        return tuple(region for code, region in self._by_code.items() if level in self._stands[code])

    def children(self, adcode: str | None) -> tuple[Region, ...]:
        """Return the regions right below `adcode` (None: the provinces), sorted by code."""
        return tuple(self._below.get(adcode, ()))

    def path(self, adcode: str) -> tuple[Region, ...]:
        """Return the region and all above it, the highest first."""
        upwards = [self.get(adcode)]
        while upwards[-1].parent is not None:
            upwards.append(self._by_code[upwards[-1].parent])
        return tuple(reversed(upwards))

    def lineage(self, adcode: str) -> frozenset[str]:
        """Return the codes of the region and of all above it."""
        return self._lineages[self.get(adcode).adcode]

    @cached_property
    def _lineages(self) -> dict[str, frozenset[str]]:
        return {adcode: frozenset(place.adcode for place in self.path(adcode)) for adcode in self._by_code}

    def full_name(self, adcode: str) -> str:
        """Return the names from the province down, joined: 浙江省衢州市柯城区."""
        return "".join(region.name for region in self.path(adcode))

    def search(self, text: str, limit: int = 10) -> list[Region]:
        """Return up to `limit` regions for what a user types: Chinese, code, pinyin or initials.

        Best first: the whole name, then the beginning, then any part; higher levels before lower ones,
        then by code, so that two runs agree.
        """
        wanted = _SEPARATORS.sub("", text).lower()
        if not wanted:
            return []
        scored = ((_match(region, wanted), region) for region in self._by_code.values())
        hits = [(score, _RANK[region.level], region.adcode) for score, region in scored if score is not None]
        found = [self._by_code[adcode] for _, _, adcode in sorted(hits)[:limit]]
        return found or self._named(wanted)[:limit]

    def distance_km(self, a: str, b: str) -> float:
        """Return the great-circle distance between the points of two regions; see `distances_km`."""
        return float(self.distances_km(a, [b])[0])

    def distances_km(self, a: str, adcodes: Sequence[str]) -> NDArray[np.float64]:
        """Return the great-circle distances in km from `a` to each of `adcodes`, shape (n,).

        A region without a point of its own takes that of the region above it; NaN where none has one.
        UnknownRegion for a code that does not exist.
        """
        return np.asarray(_great_circle(self._points([a]), self._points(adcodes))[0])

    def distance_matrix_km(
        self, adcodes: Sequence[str], origins: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Return the distances from each of `origins` (all by default) to each of `adcodes`, (m, n)."""
        points = self._points(adcodes)
        return _great_circle(points if origins is None else self._points(origins), points)

    def _points(self, adcodes: Sequence[str]) -> NDArray[np.float64]:
        """Longitude and latitude in radians, (n, 2)."""
        points = np.array([self._point(code) for code in adcodes], dtype=np.float64).reshape(-1, 2)
        return np.asarray(np.radians(points))

    def _point(self, adcode: str) -> tuple[float, float]:
        for region in reversed(self.path(adcode)):
            if region.lon is not None and region.lat is not None:
                return region.lon, region.lat
        return float("nan"), float("nan")


def _great_circle(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances in km between points in radians, (len(a), len(b)): the haversine formula."""
    half = np.sin((b[None, :, :] - a[:, None, :]) / 2.0) ** 2
    chord = half[:, :, 1] + np.cos(a[:, None, 1]) * np.cos(b[None, :, 1]) * half[:, :, 0]
    return np.asarray(2.0 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def _clear(regions: Sequence[Region]) -> list[Region]:
    """Return the one region of the highest level among `regions`, or all of them when it has a rival."""
    top = min((_RANK[region.level] for region in regions), default=0)
    highest = [region for region in regions if _RANK[region.level] == top]
    return highest if len(highest) == 1 else list(regions)


def _match(region: Region, wanted: str) -> int | None:
    """Grade how `wanted` (lower case) fits: 0 is best, None does not fit."""
    names, sounds = (region.name, region.short_name), (region.pinyin, region.initials)
    if wanted in names or wanted == region.adcode:
        return 0
    if wanted in sounds:
        return 1
    if any(name.startswith(wanted) for name in names):
        return 2
    if region.pinyin.startswith(wanted) or region.adcode.startswith(wanted):
        return 3
    if wanted in region.name:
        return 4
    if region.initials.startswith(wanted):
        return 5
    return 6 if len(wanted) > 2 and wanted in region.pinyin else None
