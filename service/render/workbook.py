"""The workbook of one chain in one region (XLSX): every rating, gap, target and source, to be filtered.

Numbers are written unrounded, as the interface gives them, and shown with a number format. Texts are written
as texts: nothing that stands in a name is run as a formula.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import unicodedata
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from service.domain.weights import Weights
from service.render.brief_facts import BriefFacts
from service.render.plain_text import printable, shorten
from service.render.workbook_tables import Cell, Column, Indented, Kind, Link, Table, make_tables
from service.words import BASES, GAP_FACTORS, RATING_COLOURS, RATINGS, STAGES, TARGET_FACTORS

FIRST = "说明"
_FONT = "微软雅黑"
_INK, _HEAD, _LINE, _BAR, _LINK = "#1d2733", "#1f4e79", "#c8d0d8", "#9db8d2", "#1f4e79"
_WHITE_ON = ("缺", "疑缺", "强")
_HOLLOW = "疑缺"

_LONGEST_CELL = 32_767
_LONGEST_FOOTER = 40
_TALLEST_ROW, _LINE_HEIGHT, _FIRST_WIDTHS = 409.0, 15.0, (22, 90)
_INDENT = 1.5
_MOST_LINKS = 65_000
"""A sheet holds 65,530 links; what comes behind them is written without one."""

_FORMATS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {},
    Kind.WRAPPED: {"text_wrap": True},
    Kind.RATING: {"align": "center"},
    Kind.COUNT: {"num_format": "#,##0"},
    Kind.FIRMS: {"num_format": "0.0"},
    Kind.SHARE: {"num_format": "0%"},
    Kind.RATIO: {"num_format": "0.00"},
    Kind.POINTS: {"num_format": "0.0"},
    Kind.SCORE: {"num_format": "0.0"},
    Kind.MONEY: {"num_format": "#,##0"},
    Kind.DAY: {"num_format": "yyyy-mm-dd", "align": "left"},
}


def render_workbook(facts: BriefFacts) -> bytes:
    """Return the workbook as an XLSX file. Two renderings of the same facts are the same bytes."""
    out = io.BytesIO()
    book = _open_book(out, facts.title, facts.day, facts.data_version)
    styles = _Styles(book)
    tables = make_tables(facts)
    first = book.add_worksheet(FIRST)
    sheets = [_Sheet(book.add_worksheet(table.name), styles, table, facts.title) for table in tables]
    _write_first(first, styles, facts, tables)
    for sheet in sheets:
        sheet.write()
    book.close()
    return out.getvalue()


def render_list(table: Table, title: str, about: Sequence[tuple[str, str]], day: dt.datetime) -> bytes:
    """Return one table as an XLSX file, with a second sheet that says what it is.

    Parameters
    ----------
    about : label and words of each line of the second sheet. day : what the file says of when it was made;
        two renderings of the same are the same bytes.
    """
    out = io.BytesIO()
    book = _open_book(out, title, day, "")
    styles = _Styles(book)
    _Sheet(book.add_worksheet(table.name), styles, table, title).write()
    first = book.add_worksheet(FIRST)
    _write_title(first, styles, title)
    _write_part(first, styles, 2, "范围", about)
    book.close()
    return out.getvalue()


def _open_book(out: io.BytesIO, title: str, day: dt.datetime, comments: str) -> Any:
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "nan_inf_to_errors": False,
    }  # fmt: skip
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(
        {"title": printable(title), "author": "招商地图", "created": day, "comments": comments}
    )
    return book


class _Styles:
    """The formats of a book, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **wanted: Any) -> Any:
        """Return the format with these properties on top of those that all cells have."""
        values = {"font_name": _FONT, "font_size": 10, "font_color": _INK, "valign": "top", **wanted}
        key = tuple(sorted(values.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(values)
        return self._made[key]

    def cell(self, kind: Kind, **more: Any) -> Any:
        """Return the format of a cell of a table."""
        return self.get(bottom=1, bottom_color=_LINE, **{**_FORMATS[kind], **more})

    @property
    def head(self) -> Any:
        return self.get(
            bold=True, font_color="#ffffff", bg_color=_HEAD, text_wrap=True, valign="vcenter", align="center"
        )

    def rating(self, word: str, colour: str) -> Any:
        """Return what a rating is coloured with; suspected is drawn hollow."""
        if word == _HOLLOW:
            # A conditional format takes no font or size.
            return self._book.add_format(
                {"font_color": colour, "bold": True, "border": 1, "border_color": colour}
            )
        white = word in _WHITE_ON
        return self._book.add_format({"bg_color": colour, "font_color": "#ffffff" if white else _INK})


class _Sheet:
    """One table on its sheet."""

    def __init__(self, sheet: Any, styles: _Styles, table: Table, title: str) -> None:
        self._sheet, self._styles, self._table = sheet, styles, table
        self._links = 0
        _set_up_page(sheet, title)

    def write(self) -> None:
        """Write heads, rows, and what helps to read them."""
        table, sheet = self._table, self._sheet
        for number, column in enumerate(table.columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.head, self._styles.head)
        sheet.set_row(0, 30)
        for row, cells in enumerate(table.rows, start=1):
            sheet.set_row(row, _height(table.columns, cells))
            for number, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
                self._write_cell(row, number, column, cell)
        if not table.rows:
            sheet.write_string(1, 0, table.nothing, self._styles.get(font_color="#666666"))
        last = max(1, len(table.rows))
        sheet.autofilter(0, 0, last if table.rows else 0, len(table.columns) - 1)
        sheet.freeze_panes(1, table.frozen)
        sheet.repeat_rows(0)
        if table.printed:
            sheet.print_area(0, 0, last, table.printed - 1)
        if table.rows:
            self._colour(last)

    def _write_cell(self, row: int, number: int, column: Column, cell: Cell) -> None:
        kind = column.kind
        if isinstance(cell, Indented):
            style = self._styles.cell(kind, indent=min(cell.depth, 15), bold=cell.depth == 0)
            self._write_plain(row, number, cell.text, style)
        elif isinstance(cell, Link):
            style = self._styles.cell(kind, font_color=_LINK, underline=1)
            if self._links < _MOST_LINKS:
                self._links += 1
                shown = self._text(cell.value) if isinstance(cell.value, str) else ""
                self._sheet.write_url(row, number, f"internal:'{cell.sheet}'!A{cell.row + 1}", style, shown)
            # Written over the link, which stays: a number is to stay one.
            self._write_plain(row, number, cell.value, style)
        else:
            self._write_plain(row, number, cell, self._styles.cell(kind))

    def _write_plain(self, row: int, number: int, value: str | float | dt.date | None, style: Any) -> None:
        if isinstance(value, str) and value:
            self._sheet.write_string(row, number, self._text(value), style)
        elif isinstance(value, dt.date):
            self._sheet.write_datetime(row, number, dt.datetime.combine(value, dt.time()), style)
        elif isinstance(value, int | float) and math.isfinite(value):
            self._sheet.write_number(row, number, value, style)
        else:
            self._sheet.write_blank(row, number, None, style)

    @staticmethod
    def _text(value: str) -> str:
        return shorten(printable(value), _LONGEST_CELL)

    def _colour(self, last: int) -> None:
        for number, column in enumerate(self._table.columns):
            if column.kind is Kind.RATING:
                for rating, colour in RATING_COLOURS.items():
                    rule = {
                        "type": "cell", "criteria": "==", "value": f'"{RATINGS[rating]}"',
                        "format": self._styles.rating(RATINGS[rating], colour),
                    }  # fmt: skip
                    self._sheet.conditional_format(1, number, last, number, rule)
            elif column.kind is Kind.SCORE:
                bar = {
                    "type": "data_bar", "bar_color": _BAR, "bar_solid": True,
                    "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 100,
                }  # fmt: skip
                self._sheet.conditional_format(1, number, last, number, bar)


def _height(columns: Sequence[Column], cells: Sequence[Cell]) -> float:
    """Points that a row needs for what is wrapped in it; not every program finds that out by itself."""
    lines = 1
    for column, cell in zip(columns, cells, strict=True):
        if column.kind is not Kind.WRAPPED:
            continue
        if isinstance(cell, Indented):
            lines = max(lines, _lines(cell.text, column.width - _INDENT * cell.depth))
        elif isinstance(cell, str | Link):
            lines = max(lines, _lines(str(cell.value if isinstance(cell, Link) else cell), column.width))
    return min(_TALLEST_ROW, lines * _LINE_HEIGHT)


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column: a Chinese character is two wide."""
    room = max(1.0, width - 1)
    return sum(max(1, math.ceil(_width(line) / room)) for line in text.split("\n"))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def _set_up_page(sheet: Any, title: str) -> None:
    """A4 across, as wide as the paper, with the title and the page below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    # "&" begins a code in a footer.
    shown = shorten(printable(title), _LONGEST_FOOTER).replace("&", "&&")
    sheet.set_footer(f"&L{shown}　&A&R第 &P 页，共 &N 页")


def _write_first(sheet: Any, styles: _Styles, facts: BriefFacts, tables: Sequence[Table]) -> None:
    """Write what this is, of which day, by which weights, from which sources, and where to find what."""
    _write_title(sheet, styles, facts.title)
    row = 2
    for part, lines in _first_lines(facts):
        row = _write_part(sheet, styles, row, part, lines)
    sheet.write_string(row, 0, "各表", styles.head)
    sheet.write_string(row, 1, "", styles.head)
    link = styles.cell(Kind.TEXT, font_color=_LINK, underline=1)
    for table in tables:
        row += 1
        sheet.write_url(row, 0, f"internal:'{table.name}'!A1", link, table.name)
        words = f"{len(table.rows)} 行" if table.rows else table.nothing
        sheet.write_string(row, 1, words, styles.cell(Kind.WRAPPED))


def _write_title(sheet: Any, styles: _Styles, title: str) -> None:
    _set_up_page(sheet, title)
    sheet.set_portrait()
    for number, width in enumerate(_FIRST_WIDTHS):
        sheet.set_column(number, number, width)
    sheet.hide_gridlines(2)
    title = printable(title)
    look = styles.get(bold=True, font_size=16, font_color=_HEAD, text_wrap=True)
    sheet.set_row(0, 24.0 * _lines(title, sum(_FIRST_WIDTHS) / 1.6))
    sheet.merge_range(0, 0, 0, 1, "", look)
    sheet.write_string(0, 0, title, look)


def _write_part(sheet: Any, styles: _Styles, row: int, part: str, lines: Sequence[tuple[str, str]]) -> int:
    """Write a heading and its lines from `row` on; return the row of the next part."""
    sheet.write_string(row, 0, part, styles.head)
    sheet.write_string(row, 1, "", styles.head)
    for label, words in lines:
        row += 1
        high = max(map(_lines, (label, words), _FIRST_WIDTHS))
        sheet.set_row(row, min(_TALLEST_ROW, high * _LINE_HEIGHT))
        sheet.write_string(row, 0, printable(label), styles.cell(Kind.WRAPPED, bold=True))
        sheet.write_string(row, 1, printable(words), styles.cell(Kind.WRAPPED))
    return row + 2


def _first_lines(facts: BriefFacts) -> list[tuple[str, list[tuple[str, str]]]]:
    summary, chain = facts.summary, facts.chain
    stages = "、".join(f"{STAGES[stage]} {_percent(share)}" for stage, share in summary.by_stage.items())
    leaves = "、".join(f"{RATINGS[rating]} {count}" for rating, count in summary.leaves.items() if count)
    sources = [
        (one.title, f"数据日期：{one.as_of or '未注明'}；许可：{one.licence or '未注明'}")
        for one in facts.sources
    ]
    return [
        (
            "范围",
            [
                ("地区", f"{facts.region_full_name}（{facts.region_adcode}）"),
                ("产业链", f"{chain.name}（{chain.id}），版本 {chain.version}，{chain.date}"),
                ("数据截至", f"{facts.made_of or '库中没有数据'}（数据版本 {facts.data_version}）"),
                ("依据", BASES[summary.basis]),
                ("完整度", f"{_percent(summary.completeness)}（{stages}）"),
                ("末级环节", f"{len(chain.leaves)} 个：{leaves}"),
                ("缺链", f"{len(facts.gaps)} 个；目标企业只列最紧要的 {len(facts.top)} 个缺链的"),
            ],
        ),
        ("优先级的权重", _weights(facts.gap_weights, GAP_FACTORS)),
        ("目标企业得分的权重", _weights(facts.target_weights, TARGET_FACTORS)),
        ("来源", sources or [("无", "库中没有来源。")]),
        ("怎么看", _READING),
    ]


def _weights(weights: Weights, words: dict[str, str]) -> list[tuple[str, str]]:
    shares = "、".join(f"{words.get(name, name)} {weights.share(name):.1%}" for name in weights.values)
    fitted = "经回测拟合" if weights.fitted else "未经回测拟合"
    return [("版本", f"{weights.version}（{fitted}）：{weights.note}"), ("各因素", shares)]


def _percent(share: float | None) -> str:
    return "不详" if share is None else f"{share:.0%}"


_READING = [
    ("评级", "缺：完整名录中未见；疑缺：选择性名录中未见，有待核实；弱、平、强：与同级地区相比；"
     "未观测：现有来源看不出有没有。"),
    ("有效企业", "各企业挂链置信度之和，单位：家。应有：照同级地区的结构，本地应有的家数；缺口："
     "应有减现有。"),
    ("强度", "现有与应有之比（收缩后），下限与上限为 80% 区间。"),
    ("周边供给", "周边地区的同环节企业按距离折算，只作参考，不改变评级。"),
    ("得分", "优先级与目标企业得分均为 0–100，是各因素得分之和；每一项的理由见“缺链因素”“目标因素”两表。"),
    ("链接", "蓝色带下划线的单元格可点到相应的行。对表格排序后，链接仍指向原来的行号；筛选不影响。"),
]  # fmt: skip
