"""The charts of a deck: native ones, whose figures stand in a workbook that opens from the slide."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION

from service.render.deck_page import Box, Page, rgb_of
from service.render.deck_text import clean

COLOURS = (
    "#1f4e79", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#b2182b", "#7b5ea7", "#5b8c2a",
    "#e69f00", "#7f7f7f",
)  # fmt: skip
"""Colours that stay apart for colour-blind readers (after Okabe and Ito, 2008), one a factor of a gap."""

_NEW_DATA: Any = CategoryChartData  # the library does not type it

Series = Sequence[tuple[str, Sequence[float | None]]]


def draw_stacked_bars(
    page: Page, box: Box, labels: Sequence[str], series: Series, day: dt.datetime, *, name: str
) -> None:
    """Draw one bar for each label, the first on top, made up of the series."""
    chart = _draw(page, XL_CHART_TYPE.BAR_STACKED, box, labels[::-1], _reversed(series), day, name)
    chart.plots[0].gap_width, chart.plots[0].overlap = 45, 100
    _set_bars(chart, COLOURS)
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False


def draw_bars(
    page: Page,
    box: Box,
    labels: Sequence[str],
    title: str,
    values: Sequence[float],
    day: dt.datetime,
    *,
    name: str,
) -> None:
    """Draw one bar for each label, the first on top, with its figure beside it."""
    series = [(title, values[::-1])]
    chart = _draw(page, XL_CHART_TYPE.BAR_CLUSTERED, box, labels[::-1], series, day, name)
    chart.has_legend = False
    plot = chart.plots[0]
    plot.gap_width, plot.has_data_labels = 45, True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0.0", False
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    _set_bars(chart, COLOURS)


def draw_radar_chart(
    page: Page, box: Box, labels: Sequence[str], series: Series, day: dt.datetime, *, name: str
) -> None:
    """Draw a radar from 0 to 1; a value that is not known is left out, it is not 0."""
    chart = _draw(page, XL_CHART_TYPE.RADAR_MARKERS, box, labels, series, day, name)
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    axis = chart.value_axis
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = 0.0, 1.0, 0.25
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "0%", False
    for place, one in enumerate(chart.plots[0].series):
        colour = rgb_of(COLOURS[place % len(COLOURS)])
        one.format.line.color.rgb = colour
        one.marker.format.fill.solid()
        one.marker.format.fill.fore_color.rgb = colour


def _draw(
    page: Page, kind: Any, box: Box, labels: Sequence[str], series: Series, day: dt.datetime, name: str
) -> Any:
    labels = [clean(label) for label in labels]
    data = _NEW_DATA(number_format="0.0")
    data.categories = labels
    for title, values in series:
        data.add_series(clean(title), values)
    chart = page.chart(kind, box, data, name=name)
    chart.part.chart_workbook.update_from_xlsx_blob(_workbook(labels, series, day))
    chart.has_title = False
    return chart


def _workbook(labels: Sequence[str], series: Series, day: dt.datetime) -> bytes:
    """The figures as the library lays them out, with texts never run as formulas and a fixed day."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": day})
        sheet = book.add_worksheet("Sheet1")
        for row, label in enumerate(labels, start=1):
            sheet.write_string(row, 0, label)
        for column, (title, values) in enumerate(series, start=1):
            sheet.write_string(0, column, clean(title))
            for row, value in enumerate(values, start=1):
                if value is not None:
                    sheet.write_number(row, column, value)
    return out.getvalue()


def _reversed(series: Series) -> Series:
    return [(title, values[::-1]) for title, values in series]


def _set_bars(chart: Any, colours: Sequence[str]) -> None:
    for place, one in enumerate(chart.plots[0].series):
        one.format.fill.solid()
        one.format.fill.fore_color.rgb = rgb_of(colours[place % len(colours)])
        one.invert_if_negative = False
    axis = chart.value_axis
    axis.has_major_gridlines = False
    axis.minimum_scale = 0.0
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "0", False
