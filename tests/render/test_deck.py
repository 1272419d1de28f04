"""The deck, read back with python-pptx: what stands on it, where, and that nothing is cut off silently."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.oxml.ns import qn
from pptx.util import Inches

from service.datafiles import data_folder
from service.domain.chains import Chain, Node, Stage
from service.domain.gaps import Rating
from service.domain.standing import Standing
from service.errors import InvalidQuery
from service.ingest.weights import WEIGHTS_NAME, load_weights
from service.render.brief_facts import BriefFacts
from service.render.deck import render_deck
from service.render.deck_content import DeckContent, DeckPeer
from service.render.deck_map import place_areas
from service.render.deck_page import Box, ink_on
from service.render.deck_text import cut, ems, fit, lines_down, lines_of
from service.render.deck_tree import lay_out_tree
from service.render.map_page import UNREVIEWED
from service.render.maps import ShadedRegion, colour_of
from service.words import GAP_FACTORS, PROFILE_AXES, RATING_COLOURS
from tests.render.conftest import square
from tests.render.facts import HERE, LONG, NASTY, facts_of

HALF = dict.fromkeys(PROFILE_AXES, 0.5)
SHARES = dict.fromkeys(Stage, 0.25)
Make = Callable[..., DeckContent]


def content_of(facts: BriefFacts) -> DeckContent:
    peers = (
        DeckPeer(facts.region_name, True, Standing(0.5, 2, 1.0, 3, 3), SHARES, {**HALF, "size": None}),
        DeckPeer("乙市", False, Standing(1.0, 1, 9.0, 1, 3), SHARES, HALF),
    )
    regions = (
        ShadedRegion(HERE, facts.region_name, square(118, 28), 0.5, ("平 1",), (118.5, 28.5)),
        ShadedRegion("330700", "乙市", square(119, 28), None, (), (119.5, 28.5)),
    )
    return DeckContent(facts, peers, regions)


@pytest.fixture(scope="session")
def make() -> Make:
    weights = load_weights(data_folder("chains") / WEIGHTS_NAME)

    def content(names: Sequence[str], **more: Any) -> DeckContent:
        return content_of(facts_of(names, weights.gap, weights.target, **more))

    return content


@pytest.fixture
def content(make: Make) -> DeckContent:
    return make(["矿", "隔膜", "电芯", "系统"])


CASES = ["plain", "nasty", "one node", "five hundred gaps", "nothing known"]


@pytest.fixture(params=CASES)
def any_content(request: pytest.FixtureRequest, make: Make) -> DeckContent:
    if request.param == "nasty":
        return make([NASTY, LONG, "+1", "@x"], firm=NASTY + LONG, region_name=LONG)
    if request.param == "one node":
        return make(["独"], top=0)
    if request.param == "five hundred gaps":
        return make([f"第{number:03d}环节" for number in range(501)], top=8)
    plain = make(["矿", "隔膜", "电芯", "系统"])
    if request.param == "nothing known":
        facts = plain.facts
        summary = replace(facts.summary, completeness=None, leaves=dict.fromkeys(Rating, 0))
        bare = replace(
            facts,
            gaps=(),
            top=(),
            strengths=(),
            firms=(),
            peers=(),
            sources=(),
            made_of=None,
            summary=summary,
        )
        return DeckContent(bare, (), ())
    return plain


def read(content: bytes) -> Any:
    return Presentation(io.BytesIO(content))


def titles(deck: Any) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in deck.slides]


def slide_of(deck: Any, start: str) -> Any:
    return next(slide for slide in deck.slides if slide.shapes.title.text_frame.text.startswith(start))


def table_of(slide: Any, name: str) -> list[list[str]]:
    table = next(shape.table for shape in slide.shapes if shape.name == name)
    return [[cell.text_frame.text for cell in row.cells] for row in table.rows]


def charts_of(slide: Any) -> list[Any]:
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def words_of(slide: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def notes_of(slide: Any) -> str:
    return str(slide.notes_slide.notes_text_frame.text)


def box_of(shape: Any) -> Box:
    return Box(shape.left, shape.top, shape.width, shape.height)


def overlap(one: Box, other: Box, slack: float = 0.0) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > slack and down > slack


def test_the_slides_and_their_order(content: DeckContent) -> None:
    found = titles(read(render_deck(content)))
    assert found[:6] == [
        "甲市矿产业链招商汇报", "结论", "矿产业链图谱", "优势与缺链", "缺链优先级由哪些因素构成",
        f"重点缺链：{content.facts.gaps[0].name}、{content.facts.gaps[1].name}",
    ]  # fmt: skip
    # Three gaps have the same two firms: each firm has a page, and only one.
    assert [title for title in found if title.startswith("目标企业：")] == [
        "目标企业：甲公司",
        "目标企业：甲公司1",
    ]
    assert found[-5:] == [
        "甲市矿：分地区完整度",
        "区域对标",
        "下一步：拜访计划",
        "方法与来源",
        "附：缺链清单（1/1）",
    ]


def test_everything_lies_on_the_page_and_nothing_is_left_empty(any_content: DeckContent) -> None:
    deck = read(render_deck(any_content))
    assert (deck.slide_width, deck.slide_height) == (Inches(13.333), Inches(7.5))
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0, shape.name
            assert shape.top >= 0, shape.name
            assert shape.left + shape.width <= deck.slide_width, shape.name
            assert shape.top + shape.height <= deck.slide_height, shape.name
        assert all(shape.text_frame.text for shape in slide.placeholders)
        assert notes_of(slide)


def test_tables_and_charts_stand_clear_of_all_else(any_content: DeckContent) -> None:
    for slide in read(render_deck(any_content)).slides:
        large = [shape for shape in slide.shapes if shape.has_table or shape.has_chart]
        for shape in large:
            beside = [other for other in slide.shapes if other.shape_id != shape.shape_id]
            hit = [other.name for other in beside if overlap(box_of(shape), box_of(other), Inches(0.01))]
            assert hit == [], shape.name


def test_ids_are_counted_once_each(any_content: DeckContent) -> None:
    for slide in read(render_deck(any_content)).slides:
        ids = [shape.shape_id for shape in slide.shapes]
        assert len(ids) == len(set(ids))


def test_every_leaf_is_a_card_in_the_colour_of_its_rating(content: DeckContent) -> None:
    slide = slide_of(read(render_deck(content)), "矿产业链图谱")
    cards = {shape.name: shape for shape in slide.shapes if shape.name.startswith("odd/")}
    assert set(cards) == {leaf.id for leaf in content.chain.leaves}
    for node, card in cards.items():
        rated = content.facts.rating_of[node]
        assert card.shape_type == MSO_SHAPE_TYPE.AUTO_SHAPE
        assert f"#{card.fill.fore_color.rgb}".lower() == RATING_COLOURS[rated.rating]
    # One firm here; elsewhere 2 of each of the 4 leaves in 2 regions: nothing else here to expect it by.
    assert cards["odd/n0"].text_frame.text == "矿\n平 有 1.0 应 0.0"
    # e = 1 * 4 / 12.
    assert cards["odd/n1"].text_frame.text == "隔膜\n缺 有 0.0 应 0.3"


def test_suspected_is_hollow(content: DeckContent) -> None:
    rated = [
        replace(one, rating=Rating.SUSPECTED) if one.node == "odd/n1" else one
        for one in content.facts.ratings
    ]
    changed = replace(content, facts=replace(content.facts, ratings=tuple(rated)))
    slide = slide_of(read(render_deck(changed)), "矿产业链图谱")
    (card,) = [shape for shape in slide.shapes if shape.name == "odd/n1"]
    assert str(card.fill.fore_color.rgb) == "FFFFFF"
    assert f"#{card.line.color.rgb}".lower() == RATING_COLOURS[Rating.SUSPECTED]
    assert card.line.dash_style is not None


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Trees of up to 130 nodes and any depth."""
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 130))):
        parent = draw(st.none() | st.sampled_from([node.id for node in nodes])) if nodes else None
        stage = draw(st.sampled_from(list(Stage)))
        nodes.append(Node(f"c/{number}", f"环节{number}", parent, stage))
    return Chain("c", "链", "1", "2026-01-01", tuple(nodes), ())


@given(chains())
def test_a_tree_has_every_leaf_once_and_no_two_boxes_on_one_place(chain: Chain) -> None:
    pages = lay_out_tree(chain)
    leaves = [card.node for page in pages for card in page if card.node]
    assert sorted(leaves) == sorted(leaf.id for leaf in chain.leaves)
    for page in pages:
        assert all(card.box.bottom <= 6.65 and card.box.right <= 12.84 for card in page)
        assert all(card.box.left >= 0.5 and card.box.top >= 1.25 for card in page)
        assert not [pair for pair in combinations(page, 2) if overlap(pair[0].box, pair[1].box, 1e-6)]


def test_the_gap_chart_holds_the_contributions_unrounded(content: DeckContent) -> None:
    slide = slide_of(read(render_deck(content)), "缺链优先级")
    (chart,) = charts_of(slide)
    gaps = content.facts.gaps
    assert list(chart.plots[0].categories) == [f"{gap.name}（{gap.priority:.1f}）" for gap in gaps][::-1]
    assert [one.name for one in chart.plots[0].series] == [GAP_FACTORS[one.name] for one in gaps[0].factors]
    for place, gap in enumerate(reversed(gaps)):
        values = [one.values[place] for one in chart.plots[0].series]
        assert values == [factor.contribution for factor in gap.factors]
        assert sum(values) == pytest.approx(gap.priority)


def test_tables_say_what_the_facts_say(content: DeckContent) -> None:
    deck = read(render_deck(content))
    facts = content.facts
    rows = table_of(slide_of(deck, "附：缺链清单"), "缺链清单")[1:]
    assert [row[1] for row in rows] == [gap.name for gap in facts.gaps]
    assert [row[5] for row in rows] == [f"{gap.priority:.1f}" for gap in facts.gaps]
    assert [row[7:9] for row in rows] == [
        [f"{gap.expected:.1f}", f"{gap.shortfall:.1f}"] for gap in facts.gaps
    ]
    rows = table_of(slide_of(deck, "目标企业清单"), "目标企业清单")[1:]
    wanted = [
        [one.gap.name, f"{rank}/{len(one.targets)}", target.name, f"{target.score:.1f}"]
        for one in facts.top
        for rank, target in enumerate(one.targets, start=1)
    ]
    assert [[*row[:3], row[4]] for row in rows] == wanted
    rows = table_of(slide_of(deck, "区域对标"), "区域对标")[1:]
    assert rows == [
        ["甲市（本地）", "50%", "2/3", "1.0", "25%", "25%", "25%"],
        ["乙市", "100%", "1/3", "9.0", "25%", "25%", "25%"],
    ]
    assert table_of(slide_of(deck, "方法与来源"), "来源")[1] == ["甲公司", "2025-06-30", "—", "未注明"]


def test_the_conclusion_has_three_to_five_sentences_with_numbers(any_content: DeckContent) -> None:
    slide = slide_of(read(render_deck(any_content)), "结论")
    said = [shape.text_frame.text for shape in slide.shapes if shape.name.startswith("结论 ")]
    assert 3 <= len(said) <= 5
    if any_content.facts.made_of and len(any_content.facts.gaps) == 3:
        # Importance by paths: all four leaves lie on the one path, one of them is here.
        assert (
            "完整度 25%（完整名录），在全国 3 个同口径同级地区中列第 2 位；4 个末级环节：缺 3、平 1。"
            in said[0]
        )


def test_an_unknown_value_of_the_radar_is_left_out(content: DeckContent) -> None:
    (chart,) = charts_of(slide_of(read(render_deck(content)), "区域对标"))
    axes = list(chart.plots[0].categories)
    here, other = chart.plots[0].series
    assert axes == list(PROFILE_AXES.values())
    assert here.values[axes.index(PROFILE_AXES["size"])] is None
    assert set(other.values) == {0.5}


def books_of(content: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield from (archive.read(name) for name in archive.namelist() if name.endswith(".xlsx"))


def test_no_chart_carries_a_formula(make: Make) -> None:
    books = list(books_of(render_deck(make([NASTY, "=1+1", "+1", "@x"], firm=NASTY))))
    cells = [
        cell
        for book in books
        for row in load_workbook(io.BytesIO(book)).active.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert len(books) == 4
    assert "f" not in {cell.data_type for cell in cells}
    assert any(str(cell.value).startswith("=1+1") for cell in cells)


def test_each_region_is_one_editable_shape(content: DeckContent) -> None:
    slide = slide_of(read(render_deck(content)), "甲市矿：分地区")
    shapes = {shape.name: shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.FREEFORM}
    assert list(shapes) == ["甲市", "乙市"]
    for region in content.regions:
        assert f"#{shapes[region.name].fill.fore_color.rgb}".lower() == colour_of(region.completeness)
    # Side by side with one border: as tall as each other, 1 degree wide at 28.5 N against 1 degree high.
    first, second = (box_of(shapes[name]) for name in ("甲市", "乙市"))
    assert abs(first.right - second.left) <= 2
    assert first.width / first.height == pytest.approx(0.8788, abs=1e-3)
    assert UNREVIEWED in words_of(slide)
    assert "审图号：浙S" in words_of(
        slide_of(read(render_deck(replace(content, review_number="浙S1"))), "甲市矿：分地区")
    )


def test_small_islands_are_kept_where_there_is_nothing_else() -> None:
    islands = {
        "type": "MultiPolygon",
        "coordinates": [square(110 + n, 10, 1e-4)["coordinates"] for n in range(5)],
    }
    (area,) = place_areas([ShadedRegion("460300", "某市", islands, None)])
    assert len(area.rings) == 5
    coast = {
        "type": "MultiPolygon",
        "coordinates": [square(115, 10, 3.0)["coordinates"], *islands["coordinates"]],
    }
    (area,) = place_areas([ShadedRegion("460300", "某市", coast, None)])
    assert len(area.rings) == 1


def test_names_on_the_map_do_not_cover_each_other() -> None:
    close = [
        ShadedRegion(
            str(n), f"第{n}自治县", square(118 + n * 0.01, 28, 0.01), 0.1, (), (118.005 + n * 0.01, 28.005)
        )
        for n in range(12)
    ]
    labels = [area.label for area in place_areas([*close, ShadedRegion("x", "大市", square(118, 29), 0.1)])]
    shown = [label for label in labels if label]
    assert labels[-1] is not None
    assert 1 < len(shown) < 13
    assert not [pair for pair in combinations(shown, 2) if overlap(*pair)]


def test_however_many_regions_the_review_line_stays(content: DeckContent) -> None:
    shares = [None, 0.0, 0.5] * 13
    regions = tuple(
        ShadedRegion(f"33{n:04d}", f"第{n}县", square(110 + n, 28), share) for n, share in enumerate(shares)
    )
    slide = slide_of(read(render_deck(replace(content, regions=regions))), "甲市矿：分地区")
    (review,) = [shape for shape in slide.shapes if shape.name == "审图号"]
    assert review.text_frame.text == UNREVIEWED
    assert "另有 25 个地区见备注。" in words_of(slide)
    assert "第38县：完整度 50%" in notes_of(slide)
    assert [row[1] for row in table_of(slide, "分地区完整度")[1:]] == ["50%"] * 13 + ["0%"]


def test_a_map_without_boundaries_is_no_slide(content: DeckContent) -> None:
    found = titles(read(render_deck(replace(content, regions=()))))
    assert not [title for title in found if "分地区完整度" in title]


def test_the_notes_hold_the_evidence_whole(make: Make) -> None:
    content = make(["矿", LONG, "电芯"], firm=LONG + "集团")
    deck = read(render_deck(content))
    notes = notes_of(slide_of(deck, "重点缺链"))
    for one in content.facts.top:
        assert all(factor.reason in notes for factor in one.gap.factors)
    page = slide_of(deck, "目标企业：")
    target = content.facts.top[0].targets[0]
    assert target.name in notes_of(page)
    assert f"（来源：{target.name}，2025-01）" in notes_of(page)
    assert target.obstacles[0].reason in notes_of(page)
    card = next(
        shape for shape in slide_of(deck, "矿产业链图谱").shapes if shape.name == "odd/n1"
    ).text_frame.text
    assert card.startswith("衢州很长的名称")
    assert "…" in card
    assert LONG in notes_of(slide_of(deck, "矿产业链图谱"))


def test_more_gaps_than_slides_hold_are_counted(make: Make) -> None:
    found = titles(read(render_deck(make([f"第{number:03d}环节" for number in range(501)], top=2))))
    assert [title for title in found if title.startswith("附：")][
        -1
    ] == "附：缺链清单（4/4，其余 440 个见工作簿）"


def test_chinese_has_its_font(content: DeckContent) -> None:
    deck = read(render_deck(content))
    (theme,) = [
        one.target_part.blob.decode()
        for one in deck.slide_master.part.rels.values()
        if one.reltype.endswith("/theme")
    ]
    assert theme.count('<a:ea typeface="微软雅黑"/>') == 2
    for slide in deck.slides:
        runs = list(slide._element.iter(qn("a:r")))
        assert runs
        assert {run.find(qn("a:rPr")).find(qn("a:ea")).get("typeface") for run in runs} == {"+mn-ea"}
        spoken = slide.notes_slide._element.iter(qn("a:r"))
        assert {run.find(qn("a:rPr")).find(qn("a:ea")).get("typeface") for run in spoken} == {"微软雅黑"}


def test_the_same_content_gives_the_same_bytes_whenever_it_is_written(content: DeckContent) -> None:
    deck = render_deck(content)
    assert deck == render_deck(content)
    assert read(deck).core_properties.created == dt.datetime(2026, 3, 4)
    assert read(deck).core_properties.title == content.facts.title
    for archive in (deck, *books_of(deck)):
        with zipfile.ZipFile(io.BytesIO(archive)) as parts:
            assert {part.date_time[:2] for part in parts.infolist()} == {(1980, 1)}
            core = parts.read("docProps/core.xml").decode()
        assert "2026-03-04T00:00:00Z" in core
    names = zipfile.ZipFile(io.BytesIO(deck)).namelist()
    assert "docProps/thumbnail.jpeg" not in names


def template(*layouts: str, width: float = 10.0, height: float = 7.5, slides: int = 0) -> bytes:
    """A bureau's presentation that has the library's layouts of these names."""
    deck: Any = Presentation()
    deck.slide_width, deck.slide_height = Inches(width), Inches(height)
    for number in range(slides):
        deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = f"样例 {number}"
    for layout in list(deck.slide_layouts):
        if layout.name not in layouts:
            deck.slide_layouts.remove(layout)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "plain"),
    [
        pytest.param(
            template("Title Slide", "Title Only", "Title and Content", slides=2), "Title Only", id="4:3"
        ),
        pytest.param(template("Blank", "Two Content", height=5.625), "Blank", id="no title, small 16:9"),
        pytest.param(
            template("Two Content", width=20.0, height=11.25), "Two Content", id="only other places"
        ),
    ],
)
def test_a_template_gives_layouts_and_size(content: DeckContent, form: bytes, plain: str) -> None:
    deck = read(render_deck(content, template=form))
    own = read(render_deck(content))
    size = Presentation(io.BytesIO(form))
    assert (deck.slide_width, deck.slide_height) == (size.slide_width, size.slide_height)
    assert len(deck.slides) == len(own.slides)
    assert {slide.slide_layout.name for slide in list(deck.slides)[1:]} == {plain}
    for slide, ours in zip(deck.slides, own.slides, strict=True):
        assert "样例" not in words_of(slide)
        assert ours.shapes.title.text_frame.text in words_of(slide)
        assert all(shape.text_frame.text for shape in slide.placeholders)
        for shape in slide.shapes:
            assert shape.left + shape.width <= deck.slide_width, shape.name
            assert shape.top + shape.height <= deck.slide_height, shape.name
            assert min(shape.left, shape.top) >= 0
    assert render_deck(content, template=form) == render_deck(content, template=form)


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(b"", id="empty"),
        pytest.param("不是演示文稿".encode(), id="text"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), id="old or encrypted"),
        pytest.param(zipped("a.txt"), id="another zip"),
        pytest.param(zipped("[Content_Types].xml"), id="no parts"),
        pytest.param(template("Blank")[:-400], id="cut off"),
    ],
)
def test_what_is_no_template_is_refused(content: DeckContent, form: bytes) -> None:
    with pytest.raises(InvalidQuery, match=r"模板.*\.pptx"):
        render_deck(content, template=form)


@given(st.text(max_size=200), st.integers(3, 60), st.integers(1, 4))
def test_a_cut_text_fits_and_one_that_fits_is_whole(text: str, across: int, lines: int) -> None:
    shown = cut(text, float(across), lines)
    assert lines_of(shown, float(across)) <= lines
    if "…" not in shown:
        assert ems(shown) <= across * lines


@given(st.lists(st.text(min_size=1, max_size=80), max_size=12), st.floats(1, 12), st.floats(0.2, 6))
def test_paragraphs_fit_into_their_box(paragraphs: list[str], width: float, height: float) -> None:
    shown = fit(paragraphs, width, height, 12.0)
    assert len(shown) <= len(paragraphs)
    assert sum(lines_of(one, width * 6.0) for one in shown) <= lines_down(height, 12.0)


@pytest.mark.parametrize(
    ("colour", "ink"), [("#ffffff", "#1d2733"), ("#000000", "#ffffff"), ("#2166ac", "#ffffff")]
)
def test_ink_can_be_read(colour: str, ink: str) -> None:
    assert ink_on(colour) == ink
