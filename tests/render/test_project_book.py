"""The project book, read back: as a Word file with python-docx, as a PDF with our own reader."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Doc
from docx.oxml.ns import qn

from service.errors import FontMissing
from service.knowledge import Knowledge
from service.render.book_blocks import Book, Grid, Heading
from service.render.book_content import write_book
from service.render.brief_facts import BriefFacts
from service.render.fonts import PACKAGE, use_chinese_font
from service.render.project_book import render_book
from service.render.project_book_pdf import book_as_pdf, render_book_pdf
from tests.pdf_reader import read_pdf
from tests.render.facts import LONG, NASTY, facts_of

TWIP = 635
Make = Callable[..., BriefFacts]


@pytest.fixture
def make(knowledge: Knowledge) -> Make:
    def facts(names: list[str], **more: object) -> BriefFacts:
        return facts_of(names, knowledge.weights.gap, knowledge.weights.target, **more)  # type: ignore[arg-type]

    return facts


@pytest.fixture
def facts(make: Make) -> BriefFacts:
    return make(["矿", "隔膜", "电芯"], firms=12)


@pytest.fixture
def chinese_font() -> None:
    try:
        use_chinese_font()
    except FontMissing as error:
        pytest.skip(str(error))


def word(content: bytes) -> Doc:
    return Document(io.BytesIO(content))


def words_of(document: Doc) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in document.paragraphs), *cells])


def headings(document: Doc) -> list[str]:
    return [line.text for line in document.paragraphs if line.style.name in ("Heading 1", "Heading 2")]  # type: ignore[union-attr]


def test_what_the_book_says(facts: BriefFacts) -> None:
    book = write_book(facts)
    said = [block.text for block in book.blocks if isinstance(block, Heading) and block.level < 3]
    assert said == [
        "一、产业链概览", "二、缺链一览", "三、招商项目", f"项目 1　{facts.gaps[0].name}",
        f"项目 2　{facts.gaps[1].name}", "四、方法", "五、来源",
    ]  # fmt: skip
    parts = [block.text for block in book.blocks if isinstance(block, Heading) and block.level == 3]
    once = ["为什么", "规模", "本地条件", "载体与政策", "目标企业", "联系人"]
    assert parts[parts.index("为什么") :][:12] == once * 2
    grids = [block for block in book.blocks if isinstance(block, Grid)]
    rows = {row[0]: row[1] for grid in grids for row in grid.rows if len(row) == 2}
    assert (rows["载体"], rows["政策"]) == ("未录入", "未录入")
    kinds = {"隔膜": "延链", "电芯": "建链"}
    assert rows["项目名称"] == f"甲市{facts.gaps[1].name}{kinds[facts.gaps[1].name]}项目"
    suppliers = [row[1] for grid in grids for row in grid.rows if row[0] == "上游配套"]
    assert "1 个环节中 1 个本地有企业——矿：链主甲公司。" in suppliers
    scales = [grid.rows[0] for grid in grids if "应有（家）" in grid.heads]
    # By hand: e = 1 * 4 / 8 = 0.5, nothing is here; (1 + 0) / (1 + 0.5) = 0.67.
    assert [row[:3] for row in scales] == [("0.5", "0.0", "0.5")] * 2
    assert scales[0][3].startswith("0.67（")  # type: ignore[union-attr]


def test_shares_of_a_table_make_a_whole(facts: BriefFacts) -> None:
    for block in write_book(facts).blocks:
        if isinstance(block, Grid):
            assert sum(block.widths) == pytest.approx(1.0)
            assert all(len(row) == len(block.widths) for row in block.rows)
            assert len(block.heads) in (0, len(block.widths))


def test_the_word_file(facts: BriefFacts) -> None:
    document = word(render_book(facts))
    assert headings(document) == [
        block.text for block in write_book(facts).blocks if isinstance(block, Heading) and block.level < 3
    ]
    said = words_of(document)
    for gap in facts.gaps:
        assert f"{gap.priority:.1f}（0–100，全部 2 个缺链中第" in said
        assert all(factor.reason in said for factor in gap.factors)
    assert "共 12 家目标企业，此处列前 10 家，其余见工作簿；另有 1 家因硬性障碍排除" in said
    body, settings = document.element.xml, document.settings.element.xml
    assert ' TOC \\o "1-2" \\h \\z \\u ' in body
    assert "w:updateFields" in settings
    footer = document.sections[0].footer._element.xml
    assert " PAGE " in footer
    assert " NUMPAGES " in footer
    marks = [one.get(qn("w:name")) for one in document.element.iter(qn("w:bookmarkStart"))]
    links = [one.get(qn("w:anchor")) for one in document.element.iter(qn("w:hyperlink"))]
    assert marks == links
    assert len(marks) == len(set(marks)) == 7
    assert all(line.text for line in document.paragraphs if line.style.name.startswith("Heading"))  # type: ignore[union-attr]


def test_word_tables_fit_the_page_and_repeat_their_heads(facts: BriefFacts) -> None:
    document = word(render_book(facts))
    section = document.sections[0]
    room = section.page_width - section.left_margin - section.right_margin  # type: ignore[operator]
    assert document.tables
    for table in document.tables:
        assert sum(cell.width for cell in table.rows[0].cells) <= room + 10 * TWIP  # type: ignore[misc]
    whole = document.element.xml
    assert whole.count("<w:tblHeader/>") == sum(
        1 for block in write_book(facts).blocks if isinstance(block, Grid) and block.heads
    )


def test_chinese_fonts_of_the_word_file(facts: BriefFacts) -> None:
    document = word(render_book(facts))
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3", "List Bullet"):
        fonts = document.styles[name].element.rPr.find(qn("w:rFonts"))
        assert fonts.get(qn("w:eastAsia")) == "微软雅黑"
        assert not any("Theme" in key for key in fonts.attrib)
    table = next(part for part in document.part.package.iter_parts() if "fontTable" in part.partname)
    assert "WenQuanYi Micro Hei" in table.blob.decode()


def test_the_same_facts_give_the_same_word_file(facts: BriefFacts) -> None:
    content = render_book(facts)
    assert content == render_book(facts)
    about = word(content).core_properties
    assert about.created == about.modified == dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
    assert word(render_book(replace(facts, made_of=None))).core_properties.created.year == 2000  # type: ignore[union-attr]


@pytest.mark.usefixtures("chinese_font")
def test_the_pdf_says_what_the_word_file_says(facts: BriefFacts) -> None:
    content = render_book_pdf(facts)
    assert content == render_book_pdf(facts)
    found, document = read_pdf(content), word(render_book(facts))
    assert found.outline == headings(document)
    assert found.fonts <= found.embedded
    assert found.about["Title"] == f"{facts.title}项目本"
    assert found.about["CreationDate"].startswith("D:20260304")
    assert "第 2 页" in found.pages[1]
    assert "第 1 页" not in found.pages[0]
    drawn = "".join(found.pages).replace(" ", "")
    assert "\ufffd" not in drawn
    for table in document.tables:
        for row in table.rows:
            assert all(cell.text.replace("\n", "").replace(" ", "") in drawn for cell in row.cells)


@pytest.mark.usefixtures("chinese_font")
def test_the_contents_name_the_pages(facts: BriefFacts) -> None:
    pages = read_pdf(render_book_pdf(facts)).pages
    page = next(number for number, text in enumerate(pages, start=1) if number > 2 and "五、来源" in text)
    assert pages[1].endswith(f" {page}五、来源") or "五、来源" in pages[1]
    assert str(page) in pages[1]
    assert all(len(text) > 30 for text in pages)


@pytest.mark.usefixtures("chinese_font")
def test_odd_names(make: Make) -> None:
    odd = make([NASTY, LONG, "&amp;", "电芯"], firm=NASTY, region_name=NASTY)
    said = words_of(word(render_book(odd)))
    assert LONG in said
    assert "\x0b" not in said
    drawn = "".join(read_pdf(render_book_pdf(odd)).pages)
    assert LONG in drawn
    assert "&amp;" in drawn
    assert '<b>"甲"</b>' in drawn
    assert render_book(odd) == render_book(odd)


@pytest.mark.usefixtures("chinese_font")
def test_a_row_higher_than_a_page_is_printed(facts: BriefFacts) -> None:
    row = ("长", "很长的理由" * 2000)
    found = read_pdf(book_as_pdf(Book("书", "", (("一", "二"),), (Grid((), (row,), (0.2, 0.8)),), facts.day)))
    assert "".join(found.pages).count("很长的理由") > 1900
    assert len(found.pages) > 3


@pytest.mark.usefixtures("chinese_font")
def test_one_node_and_many_gaps(make: Make) -> None:
    lone = make(["矿"])
    assert "没有缺链，因而没有收录项目。" in words_of(word(render_book(lone)))
    assert "没有评为缺、疑缺、弱的末级环节" in "".join(read_pdf(render_book_pdf(lone)).pages)
    many = make([f"环节{number}" for number in range(501)], top=20)
    assert "共 500 个，按优先级列出最紧要的 20 个" in words_of(word(render_book(many)))
    assert len(read_pdf(render_book_pdf(many)).outline) == 5 + 20


@pytest.mark.usefixtures("chinese_font")
def test_pdfs_made_at_the_same_time_do_not_mix(make: Make) -> None:
    given = [make([f"环节{number}", "隔膜", "电芯"]) for number in range(4)]
    alone = [render_book_pdf(one) for one in given]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render_book_pdf, given)) == alone


def test_without_a_font_the_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(FontMissing, match=PACKAGE):
        use_chinese_font(folders=[tmp_path, tmp_path / "absent"])
    broken = tmp_path / "wqy-microhei.ttc"
    broken.write_bytes(b"no font at all")
    with pytest.raises(FontMissing, match=PACKAGE):
        use_chinese_font(folders=[tmp_path])
    for wanted in (broken, tmp_path / "absent.ttf"):
        with pytest.raises(FontMissing, match="不能用于 PDF"):
            use_chinese_font(wanted)
