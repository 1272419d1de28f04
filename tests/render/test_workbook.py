"""The workbook, read back with openpyxl: what stands in it, that it can be used, and that nothing runs."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.knowledge import Knowledge
from service.render.brief_facts import BriefFacts
from service.render.workbook import render_workbook
from tests.render.facts import LONG, NASTY, facts_of

SHEETS = ["说明", "产业链", "缺链", "缺链因素", "目标企业", "目标因素", "本地企业", "对标", "来源"]


def read(content: bytes) -> Workbook:
    with warnings.catch_warnings():
        # openpyxl does not know the newer half of a data bar.
        warnings.filterwarnings("ignore", "(Conditional Formatting|Unknown) extension")
        return load_workbook(io.BytesIO(content))


def column(sheet: Worksheet, head: str) -> list[object]:
    heads = [cell.value for cell in sheet[1]]
    return [row[heads.index(head)] for row in sheet.iter_rows(min_row=2, values_only=True)]


@pytest.fixture
def facts(knowledge: Knowledge) -> BriefFacts:
    return facts_of(["矿", "隔膜", "电芯"], knowledge.weights.gap, knowledge.weights.target)


@pytest.fixture
def nasty(knowledge: Knowledge) -> BriefFacts:
    return facts_of(
        [NASTY, LONG, "+1", "@x"],
        knowledge.weights.gap,
        knowledge.weights.target,
        firm=NASTY,
        region_name=NASTY,
    )


def test_the_sheets_and_their_numbers(facts: BriefFacts) -> None:
    book = read(render_workbook(facts))
    assert book.sheetnames == SHEETS
    assert column(book["产业链"], "环节") == ["矿", "隔膜", "电芯"]
    assert column(book["产业链"], "评级") == ["平", "缺", "缺"]
    gaps = book["缺链"]
    assert column(gaps, "编号") == [gap.node for gap in facts.gaps]
    assert column(gaps, "优先级") == pytest.approx([gap.priority for gap in facts.gaps], rel=1e-14)
    assert column(gaps, "目标企业") == [2, 2]
    # Missing here; elsewhere 2 firms in each of two regions, of 8 outside the leaf: e = 1 * 4 / 8.
    assert column(gaps, "应有") == [0.5, 0.5]
    factors = [factor for gap in facts.gaps for factor in gap.factors]
    assert column(book["缺链因素"], "理由") == [factor.reason for factor in factors]
    assert column(book["缺链因素"], "得分") == pytest.approx([one.contribution for one in factors], rel=1e-14)
    targets = book["目标企业"]
    assert column(targets, "名次") == [1, 2, None] * 2
    assert column(targets, "列入") == ["是", "是", "否"] * 2
    assert column(targets, "所在地") == ["不详", "不详", "浙江省杭州市"] * 2
    assert column(targets, "障碍")[2] == "【排除】甲公司"
    assert len(column(book["目标因素"], "因素")) == 2 * 2 * 7
    assert column(book["对标"], "名次") == [2, 1]
    assert column(book["来源"], "数据日期") == [dt.datetime(2025, 6, 30)]
    said = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert said["数据截至"] == "2026-03-04（数据版本 1-abc）"
    assert said["甲公司"] == "数据日期：2025-06-30；许可：未注明"


def test_points_add_up_to_the_priority(facts: BriefFacts) -> None:
    sheet = read(render_workbook(facts))["缺链"]
    heads = [cell.value for cell in sheet[1]]
    first = heads.index("主要理由") + 1
    for row in sheet.iter_rows(min_row=2, values_only=True):
        assert sum(row[first:]) == pytest.approx(row[heads.index("优先级")])


def test_filters_frozen_heads_and_paper(facts: BriefFacts) -> None:
    book = read(render_workbook(facts))
    for sheet in book.worksheets[1:]:
        rows = sheet.max_row
        assert sheet.auto_filter.ref == f"A1:{sheet.cell(rows, sheet.max_column).coordinate}"
        assert sheet.freeze_panes is not None
        assert sheet.print_title_rows == "$1:$1"
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
        assert all(sheet.column_dimensions[cell.column_letter].width > 5 for cell in sheet[1])
    bars = [rule.type for found in book["缺链"].conditional_formatting for rule in found.rules]
    assert bars.count("dataBar") == 1
    assert bars.count("cellIs") == 6


def test_every_link_leads_to_its_row(facts: BriefFacts) -> None:
    book = read(render_workbook(facts))
    seen = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.hyperlink is None:
                    continue
                where = re.fullmatch(r"'(.+)'!A(\d+)", cell.hyperlink.location)
                assert where, cell.hyperlink.location
                seen.add((sheet.title, where[1]))
                there = [one.value for one in book[where[1]][int(where[2])]]
                if isinstance(cell.value, str):
                    assert cell.value in there or cell.value == where[1]
                elif where[1] != "缺链":
                    assert cell.row is not None
                    node = sheet.cell(cell.row, 1 if sheet.title == "产业链" else 2).value
                    assert there[0] == node
    assert seen >= {
        ("缺链", "产业链"), ("缺链", "目标企业"), ("缺链因素", "缺链"), ("目标企业", "缺链"),
        ("目标因素", "目标企业"), ("本地企业", "产业链"), ("产业链", "缺链"), ("产业链", "本地企业"),
    }  # fmt: skip


def test_nothing_runs_and_long_names_are_whole(nasty: BriefFacts) -> None:
    content = render_workbook(nasty)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
    assert sheets
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
    book = read(content)
    assert LONG in column(book["产业链"], "环节")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d"}
    assert column(book["产业链"], "环节")[0] == '=HYPERLINK("http://x.invalid","点我")&<b>"甲"</b>'


def test_the_same_facts_give_the_same_bytes(facts: BriefFacts) -> None:
    content = render_workbook(facts)
    assert content == render_workbook(facts)
    assert read(content).properties.created == dt.datetime(2026, 3, 4)
    assert read(render_workbook(replace(facts, made_of=None))).properties.created == dt.datetime(2000, 1, 1)


def test_one_node_and_five_hundred_gaps(knowledge: Knowledge) -> None:
    weights = knowledge.weights
    lone = read(render_workbook(facts_of(["矿"], weights.gap, weights.target)))
    assert column(lone["产业链"], "环节") == ["矿"]
    assert lone["缺链"]["A2"].value.startswith("没有缺")
    assert lone["目标企业"]["A2"].value.startswith("没有目标企业")
    names = [f"环节{number}" for number in range(501)]
    many = read(render_workbook(facts_of(names, weights.gap, weights.target, top=50)))
    assert many["缺链"].max_row == 501
    assert many["缺链"].auto_filter.ref.endswith("501")
    assert many["缺链因素"].max_row == 1 + 500 * 11


def test_links_end_before_a_sheet_overflows(facts: BriefFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.render.workbook._MOST_LINKS", 3)
    sheet = read(render_workbook(facts))["缺链因素"]
    linked = [row[0].row for row in sheet.iter_rows(min_row=2) if row[0].hyperlink]
    assert linked == [2, 3, 4]
    assert sheet["A5"].value == facts.gaps[0].name
