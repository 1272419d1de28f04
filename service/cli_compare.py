"""The command `zhaoshang compare`: regions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service import printing
from service.cli_shared import FormatOption, opened_workspace
from service.domain.regions import Level
from service.printing import Format, Row

if TYPE_CHECKING:
    from service.results_compare import ComparedRegionRead, ComparisonRead


def compare_command(
    chain: Annotated[str, typer.Option("--chain", help="产业链编号，如 lithium-battery")],
    regions: Annotated[
        list[str] | None,
        typer.Option("--regions", help="要比较的地区，代码或名称，以逗号分隔，2 至 5 个"),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", help="为这个地区找可比的地区和标杆；与 --regions 同给时，与那些地区比较"),
    ] = None,
    level: Annotated[
        Level | None, typer.Option("--level", help="比较的层级，默认各地区共有的最高一级")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """区域对标：把几个地区在一条产业链上并列，或为一个地区找可比的地区和标杆。"""
    from service.comparing import compare_regions, split_names
    from service.results_compare import comparison_read

    with opened_workspace() as workspace, workspace.session() as session:
        found = compare_regions(
            session,
            workspace.knowledge,
            chain,
            region=region,
            others=split_names(regions or []),
            level=level,
        )
        published = comparison_read(workspace.knowledge, found)
    if published.note:
        printing.say(published.note, style="red")
    if form is Format.JSON:
        printing.print_json(published.model_dump(mode="json"))
    elif form is Format.CSV:
        printing.print_rows(_cell_rows(published), {}, form)
    else:
        _print_tables(published)


def _cell_rows(found: ComparisonRead) -> list[Row]:
    """One row for each node and region."""
    return [
        {"node": node.node, "name": node.name, "stage": node.stage.value, **cell.model_dump(mode="json")}
        for node in found.nodes
        for cell in node.cells
    ]


def _print_tables(found: ComparisonRead) -> None:
    from service.words import RATINGS, STAGES

    for best in found.benchmarks:
        printing.say(f"标杆 {best.name}：{best.reason}")
    for peer in found.peers:
        printing.say(f"可比 {peer.name}：{peer.reason}")
    columns = {"name": "环节", "stage": "位置", **{one.adcode: one.name for one in found.regions}}
    rows: list[dict[str, Any]] = [
        {"name": "完整度", **{one.adcode: _percent(one.completeness) for one in found.regions}},
        {"name": "名次（完整度）", **{one.adcode: _rank(one) for one in found.regions}},
    ]
    for node in found.nodes:
        cells = {
            cell.adcode: f"{RATINGS[cell.rating]} {cell.effective_firms:.1f}（应有 {cell.expected:.1f}）"
            + ("◆" if cell.anchor else "")
            for cell in node.cells
        }
        rows.append({"name": node.name, "stage": STAGES[node.stage], **cells})
    printing.print_rows(rows, columns, Format.TABLE)


def _rank(one: ComparedRegionRead) -> str:
    standing = one.standings[0]
    return f"{standing.completeness_rank or '—'} / {standing.ranked}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.0f}%"
