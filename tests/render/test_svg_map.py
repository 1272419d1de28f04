"""A small map as paths: fitted, shaded by class, names apart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.render.map_content import ShadedRegion
from service.render.svg_map import draw_svg_map, shade_of


def square(code: str, west: float, south: float, side: float, share: float | None = None) -> ShadedRegion:
    ring = [
        (west, south),
        (west + side, south),
        (west + side, south + side),
        (west, south + side),
        (west, south),
    ]
    centre = (west + side / 2, south + side / 2)
    return ShadedRegion(code, f"区{code}", {"type": "Polygon", "coordinates": [ring]}, share, (), centre)


def test_two_squares_on_the_equator_fill_the_box() -> None:
    # 2 degrees by 1: in a box of 1000 x 800 one degree is 500 units (but for the cosine of half a degree),
    # and 150 units stay free above and below.
    drawn = draw_svg_map([square("1", 0, 0, 1, 0.1), square("2", 1, 0, 1, 0.9)], width=1000, height=800)
    assert drawn is not None
    first, second = drawn.regions
    assert first.path == "M0.0 650.0L500.0 650.0L500.0 150.0L0.0 150.0L0.0 650.0Z"
    assert second.path.startswith("M500.0 650.0L1000.0 650.0")
    assert (first.label, second.label) == ((250.0, 400.0), (750.0, 400.0))
    assert (first.shade, second.shade) == (1, 5)


def test_longitude_is_shortened_in_the_north() -> None:
    # At 60 degrees a degree of longitude is half as long: a square of degrees is twice as high as wide.
    drawn = draw_svg_map([square("1", 100, 59.5, 1)], width=1000, height=1000)
    assert drawn is not None
    numbers = [float(part) for part in drawn.regions[0].path.strip("MZ").replace("L", " ").split()]
    wide, high = max(numbers[::2]) - min(numbers[::2]), max(numbers[1::2]) - min(numbers[1::2])
    assert high == pytest.approx(1000, abs=0.2)
    assert wide == pytest.approx(1000 * math.cos(math.radians(60)), abs=0.2)


def test_a_name_that_would_lie_on_another_is_left_out_of_the_smaller_region() -> None:
    drawn = draw_svg_map([square("1", 0, 0, 0.01), square("2", 0, 0, 10)])
    assert drawn is not None
    assert drawn.regions[0].label is not None  # far from the middle of the large one
    near = draw_svg_map([square("1", 4.99, 4.99, 0.02), square("2", 0, 0, 10)])
    assert near is not None
    assert [one.label is None for one in near.regions] == [True, False]


def test_nothing_to_draw_is_no_map() -> None:
    assert draw_svg_map([]) is None


def test_several_parts_and_holes_are_one_path() -> None:
    ring = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 0.0)]
    hole = [(3.0, 1.0), (3.5, 1.0), (3.5, 2.0), (3.0, 1.0)]
    shape = {
        "type": "MultiPolygon",
        "coordinates": [[ring, hole], [[(5.0, 0.0), (6.0, 0.0), (6.0, 1.0), (5.0, 0.0)]]],
    }
    drawn = draw_svg_map([ShadedRegion("1", "群岛", shape, None)])
    assert drawn is not None
    assert drawn.regions[0].path.count("M") == 3
    assert drawn.regions[0].label is None
    assert drawn.regions[0].shade == 0


@given(st.none() | st.floats(0, 1))
def test_every_completeness_has_the_class_of_its_fifth(share: float | None) -> None:
    shade = shade_of(share)
    if share is None:
        assert shade == 0
    else:
        assert 1 <= shade <= 5
        assert share <= shade / 5 + 1e-12
        assert shade == 1 or share > (shade - 1) / 5 - 1e-12
