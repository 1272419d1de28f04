"""The commands that write what goes out: `zhaoshang workbook`, `zhaoshang book`, `zhaoshang deck`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service import printing
from service.asking import MOST_GAPS, TOP_GAPS
from service.cli_shared import opened_workspace
from service.errors import InvalidQuery

if TYPE_CHECKING:
    from service.briefing import Brief
    from service.render.brief_facts import BriefFacts
    from service.workspace import Workspace

RegionOption = Annotated[str, typer.Option("--region", help="地区：行政区划代码或名称，如 330800、衢州")]
ChainOption = Annotated[str, typer.Option("--chain", help="产业链编号，如 lithium-battery")]
GapsOption = Annotated[int, typer.Option("--gaps", min=1, max=MOST_GAPS, help="最紧要的几个缺链要写目标企业")]

_WORKBOOK = (".xlsx",)
_BOOK = (".docx", ".pdf")
_DECK = (".pptx",)


def workbook_command(
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .xlsx 文件")],
    gaps: GapsOption = TOP_GAPS,
) -> None:
    """生成工作簿：评级、缺链、目标企业、本地企业、对标与来源，可筛选、可点击。"""
    from service.render.workbook import render_workbook

    check_place(out, _WORKBOOK)
    with opened_workspace() as workspace:
        content = render_workbook(_facts(workspace, region, chain, gaps))
    write_file(out, content)


def book_command(
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .docx 或 .pdf 文件")],
    gaps: GapsOption = TOP_GAPS,
) -> None:
    """生成产业链招商项目本：每个紧要的缺链一个项目。"""
    from service.render.project_book import render_book
    from service.render.project_book_pdf import render_book_pdf

    suffix = check_place(out, _BOOK)
    with opened_workspace() as workspace:
        facts = _facts(workspace, region, chain, gaps)
        font = workspace.settings.pdf_font
        content = render_book_pdf(facts, font=font) if suffix == ".pdf" else render_book(facts)
    write_file(out, content)


def deck_command(
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .pptx 文件")],
    gaps: GapsOption = TOP_GAPS,
    template: Annotated[
        Path | None, typer.Option("--template", help="本单位的 .pptx 模板：用其母版、版式与页面大小")
    ] = None,
) -> None:
    """生成汇报幻灯片：图谱、缺链、目标企业、地图与对标，全部可编辑，备注里有依据。"""
    from service.decks import draw_deck, read_template

    check_place(out, _DECK)
    form = read_template(template) if template else None
    with opened_workspace() as workspace, workspace.session() as session:
        content = draw_deck(
            session, workspace.knowledge, workspace.settings, region, chain, top=gaps, template=form
        )
    write_file(out, content)


def read_brief_of(workspace: Workspace, region: str, chain: str, gaps: int) -> Brief:
    """Read a briefing in a session of its own."""
    from service.briefing import read_brief

    with workspace.session() as session:
        return read_brief(session, workspace.knowledge, region, chain, top=gaps)


def _facts(workspace: Workspace, region: str, chain: str, gaps: int) -> BriefFacts:
    from service.briefs import gather_facts

    return gather_facts(workspace.knowledge, read_brief_of(workspace, region, chain, gaps))


def check_place(out: Path, suffixes: tuple[str, ...]) -> str:
    """Return the ending of the file to write, in lower case; InvalidQuery where it cannot be one of ours."""
    suffix = out.suffix.lower()
    if suffix not in suffixes:
        raise InvalidQuery(f"无法写入 {out}：文件名应以 {' 或 '.join(suffixes)} 结尾")
    if out.is_dir() or not out.parent.is_dir():
        raise InvalidQuery(f"无法写入 {out}：应为已有文件夹中的一个文件")
    return suffix


def write_file(out: Path, content: bytes) -> None:
    """Write the file whole and say so."""
    printing.write_whole(out, content)
    printing.say(f"已写入 {out}（{len(content) / 1e3:.0f} KB）")
