"""What maps take from geodata: outlines of source regions, zones, and initials to search by."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import shapely

from service.ingest.sounds import initials_of
from service.ingest.source_outlines import dissolve
from service.ingest.zones import load_zones


def boxes(corners: Sequence[tuple[float, float, float, float]]) -> list[shapely.Geometry]:
    return [shapely.box(*one) for one in corners]


def test_neighbours_are_dissolved_and_small_islands_left_out() -> None:
    outline = dissolve(boxes([(0, 0, 1, 1), (1, 0, 2, 1), (5, 5, 5.1, 5.1)]))
    assert outline.equals(shapely.box(0, 0, 2, 1))


def test_a_region_of_small_islands_keeps_the_largest() -> None:
    outline = dissolve(boxes([(0, 0, 0.1, 0.1), (1, 1, 1.05, 1.05)]))
    assert outline.equals(shapely.box(0, 0, 0.1, 0.1))


def test_a_hole_is_filled() -> None:
    ring = shapely.difference(shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2))
    assert dissolve([ring]).equals(shapely.box(0, 0, 3, 3))


def test_zones_are_those_of_the_file() -> None:
    zones = load_zones()
    assert len(zones) == 460
    assert zones[0].name == "北京经济技术开发区"
    assert (zones[0].adcode, zones[0].kind) == ("110115", "国家级经开区")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("衢州", {"衢": "q", "州": "z"}),
        ("重", {"重": "ctz"}),
        ("A股（1）", {"股": "g"}),
        ("", {}),
    ],
)
def test_every_character_has_the_initials_of_all_its_readings(text: str, found: dict[str, str]) -> None:
    assert initials_of([text]) == found


def test_initials_of_nothing_are_none() -> None:
    assert initials_of([]) == {}
