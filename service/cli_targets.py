"""The commands `zhaoshang targets` and `zhaoshang targets-diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service import printing
from service.cli_shared import FormatOption, as_published, opened_workspace
from service.printing import Format, Row

_REASONS = 3


def targets_command(
    region: Annotated[str, typer.Option("--region", help="地区：行政区划代码或名称，如 330800、衢州")],
    chain: Annotated[str | None, typer.Option("--chain", help="产业链编号：取其优先级最高的缺链")] = None,
    node: Annotated[str | None, typer.Option("--node", help="环节编号，如 lithium-battery/separator")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="最多列出几家")] = 20,
    excluded: Annotated[
        bool, typer.Option("--excluded", help="之后再列因硬性阻碍排除的企业，供 targets-diff 说明去向")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """列出一个缺链环节的目标企业。"""
    from service.results_targets import target_reads
    from service.targeting import most_urgent_gap, rank_targets

    with opened_workspace() as workspace, workspace.session() as session:
        wanted = node or most_urgent_gap(session, workspace.knowledge, region, chain)
        found = rank_targets(session, workspace.knowledge, region, wanted)
        rows = as_published(target_reads(found, limit=limit))
        if excluded:
            rows += as_published(target_reads(found, excluded=True, offset=len(found.ranked.targets)))
        geography = workspace.knowledge.geography
    printing.say(
        f"{found.region.name} · {found.chain.name} · {found.node.name}；权重：{found.ranked.weights.note}"
    )

    def in_words(row: Row) -> Row:
        best = sorted(row["factors"], key=lambda factor: (factor["source"] is None, -factor["contribution"]))
        return {
            **row,
            "place": geography.full_name(row["adcode"]) if row["adcode"] else None,
            "reasons": [factor["reason"] for factor in best[:_REASONS]],
            "obstacles": [obstacle["reason"] for obstacle in row["obstacles"]],
        }

    headings = {"name": "企业", "place": "所在地", "score": "得分", "reasons": "理由", "obstacles": "阻碍"}
    printing.print_rows(rows, headings, form, shown=in_words)


def targets_diff_command(
    before: Annotated[Path, typer.Argument(help="前一份名单：targets --format json 的输出")],
    after: Annotated[Path, typer.Argument(help="后一份名单")],
    form: FormatOption = Format.TABLE,
) -> None:
    """比较两份目标企业名单：新进、退出（及原因）、升降，以及各因素使得分变了多少。"""
    from service.results_targets import TargetDiffRead
    from service.target_changes import diff_targets, read_saved_targets

    found = TargetDiffRead.model_validate(diff_targets(read_saved_targets(before), read_saved_targets(after)))
    if form is Format.JSON:
        printing.print_json(found.model_dump(mode="json"))
        return
    printing.say(
        f"{found.region} {found.node}：新进 {found.new} 家，退出 {found.gone} 家，"
        f"变动 {found.moved} 家，未变 {found.unchanged} 家"
    )
    headings = {"kind": "变化", "name": "企业", "reason": "说明", "factors": "各因素（分）"}
    printing.print_rows(as_published(found.changes), headings, form, shown=_change_in_words)


def _change_in_words(row: Row) -> Row:
    from service.words import TARGET_CHANGES, TARGET_FACTORS

    factors = [
        f"{TARGET_FACTORS.get(one['name'], one['name'])} {one['points']:+.1f}"
        f"（{one['reason_before'] or '原无此项'} → {one['reason_after'] or '今无此项'}）"
        for one in row["factors"]
    ]
    return {**row, "kind": TARGET_CHANGES[row["kind"]], "factors": factors}
