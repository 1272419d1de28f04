"""The radar chart: where its points lie, and what it does without a value."""

from __future__ import annotations

import pytest

from service.render.radar import draw_radar

LABELS = ("上", "右", "下", "左")


def test_points_lie_on_their_axes() -> None:
    """Four axes: up, right, down, left of the centre (230, 170), a whole being 118 long."""
    chart = draw_radar(LABELS, [("甲", [1.0, 0.5, 0.0, 0.25])])
    assert chart is not None
    (outline,) = chart.outlines
    assert outline.dots == ((230.0, 52.0), (289.0, 170.0), (230.0, 170.0), (200.5, 170.0))
    assert (outline.closed, outline.path) == (True, "M230.0,52.0 L289.0,170.0 L230.0,170.0 L200.5,170.0 Z")
    assert [(one.label, one.anchor) for one in chart.spokes] == [
        ("上", "middle"), ("右", "start"), ("下", "middle"), ("左", "end"),
    ]  # fmt: skip
    assert chart.rings[-1] == "230.0,52.0 348.0,170.0 230.0,288.0 112.0,170.0"


def test_what_is_not_known_interrupts_the_line() -> None:
    chart = draw_radar(LABELS, [("甲", [1.0, None, 1.0, 1.0]), ("乙", [1.0, 1.0, 1.0, 1.0])])
    assert chart is not None
    gap, whole = chart.outlines
    assert (gap.closed, whole.closed) == (False, True)
    assert gap.path == "M230.0,288.0 L112.0,170.0 M112.0,170.0 L230.0,52.0"
    assert len(gap.dots) == 3
    assert gap.colour != whole.colour
    assert gap.dash != whole.dash


def test_an_axis_that_nobody_knows_is_left_out() -> None:
    chart = draw_radar(LABELS, [("甲", [1.0, None, 1.0, 1.0]), ("乙", [None, None, 0.5, 1.0])])
    assert chart is not None
    assert [one.label for one in chart.spokes] == ["上", "下", "左"]
    assert draw_radar(LABELS, [("甲", [1.0, None, None, 1.0])]) is None


def test_every_series_has_a_value_for_each_label() -> None:
    with pytest.raises(ValueError, match="needs 4 values"):
        draw_radar(LABELS, [("甲", [1.0])])
