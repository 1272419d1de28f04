"""The commands `zhaoshang whatif` and `zhaoshang portfolio`."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service import printing
from service.cli_shared import FormatOption, opened_workspace
from service.domain.regions import Level
from service.errors import InvalidQuery
from service.printing import Format, Row

if TYPE_CHECKING:
    from service.domain.portfolio import Limits
    from service.planning import Addition
    from service.results_planning import OutcomeRead, PortfolioRead, ShareChange

RegionOption = Annotated[str, typer.Option("--region", help="地区：行政区划代码或名称，如 330800、衢州")]
ChainOption = Annotated[str, typer.Option("--chain", help="产业链编号，如 lithium-battery")]
LevelOption = Annotated[Level | None, typer.Option("--level", help="比较的层级，默认地区自身的层级")]

_COUNT = re.compile(r"-?[0-9]{1,9}")
_CHANGE_HEADINGS = {
    "name": "环节", "stage": "位置", "rating": "评级", "kind": "类型", "firms": "有效企业",
    "shortfall": "缺口家数", "priority": "优先级",
}  # fmt: skip


def whatif_command(
    region: RegionOption,
    chain: ChainOption,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", help="假设新增示范企业：环节编号[=家数]，可多次给出"),
    ] = None,
    firm: Annotated[
        list[str] | None, typer.Option("--firm", help="假设引进库中的外地企业：企业编号，可多次给出")
    ] = None,
    level: LevelOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """假设引进若干企业，看评级、完整度、缺口和优先级怎样变化。"""
    from service.planning import Arrival, ask_what_if
    from service.results_planning import WhatIfRead

    additions = [_read_addition(text) for text in add or []]
    arrivals = [Arrival(key) for key in firm or []]
    with opened_workspace() as workspace, workspace.session() as session:
        answer = ask_what_if(session, workspace.knowledge, region, chain, additions, arrivals, level=level)
        found = WhatIfRead.of(answer)
    if form is Format.JSON:
        printing.print_json(found.model_dump(mode="json"))
        return
    printing.say(f"权重：{found.weights.note}（版本 {found.weights.version}）")
    rows = [change.model_dump(mode="json") for change in found.outcome.changes]
    printing.print_rows(rows, _CHANGE_HEADINGS, form, shown=_change_in_words)
    _say_outcome(found.outcome)


def _read_addition(text: str) -> Addition:
    from service.planning import Addition

    node, equals, count = text.partition("=")
    if equals and not _COUNT.fullmatch(count):
        raise InvalidQuery(f"--add 应写作 环节编号[=家数]，如 lithium-battery/lfp=2，收到 {text!r}")
    return Addition(node, int(count) if equals else 1)


def portfolio_command(
    region: RegionOption,
    chain: ChainOption,
    visits: Annotated[int, typer.Option("--visits", help="可拜访的家数")],
    land_mu: Annotated[float | None, typer.Option("--land-mu", help="用地上限，亩")] = None,
    energy_tce: Annotated[float | None, typer.Option("--energy-tce", help="能耗上限，吨标准煤")] = None,
    needs: Annotated[
        Path | None,
        typer.Option("--needs", help="企业需求表 CSV：firm、land_mu、energy_tce；设了上限时只选表中企业"),
    ] = None,
    per_node: Annotated[int, typer.Option("--per-node", help="同一环节至多几家")] = 2,
    gaps: Annotated[int, typer.Option("--gaps", help="考虑优先级最高的几个缺链")] = 20,
    per_gap: Annotated[int, typer.Option("--per-gap", help="每个缺链考虑几家目标企业")] = 5,
    level: LevelOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """在拜访家数、用地、能耗的上限内，选出最值得拜访的一组企业。"""
    from service.ingest.project_needs import read_needs
    from service.planning import Needs, PortfolioQuestion, plan_visits
    from service.results_planning import PortfolioRead

    amounts = read_needs(needs) if needs is not None else {}
    question = PortfolioQuestion(
        region=region,
        chain=chain,
        limits=_limits(visits, land_mu, energy_tce, per_node),
        needs={key: Needs(*amount) for key, amount in amounts.items()},
        gaps=gaps,
        per_gap=per_gap,
        level=level,
    )
    with opened_workspace() as workspace, workspace.session() as session:
        found = PortfolioRead.of(plan_visits(session, workspace.knowledge, question))
    if form is Format.JSON:
        printing.print_json(found.model_dump(mode="json"))
        return
    _print_portfolio(found, form)


def _limits(visits: int, land_mu: float | None, energy_tce: float | None, per_node: int) -> Limits:
    from service.domain.portfolio import Limits

    for name, amount in (("--visits", visits), ("--land-mu", land_mu), ("--energy-tce", energy_tce)):
        if amount is not None and not (math.isfinite(amount) and amount >= 0):
            raise InvalidQuery(f"{name} 应为不小于 0 的数，收到 {amount}")
    if per_node < 1:
        raise InvalidQuery(f"--per-node 应不小于 1，收到 {per_node}")
    return Limits(visits, land_mu, energy_tce, per_node)


def _print_portfolio(found: PortfolioRead, form: Format) -> None:
    from service.domain.portfolio import Resource

    per_firm = (Resource.LAND, Resource.ENERGY)
    printing.say(f"权重：{found.weights.note}（版本 {found.weights.version}）")
    rows = [choice.model_dump(mode="json") for choice in found.firms]
    headings = {"name": "企业", "node_name": "环节", "kind": "类型", "priority": "优先级", "score": "得分"}
    headings["points"] = "点数"
    headings |= {price.resource.value: price.name for price in found.limits if price.resource in per_firm}
    headings["reason"] = "首要理由"
    printing.print_rows(rows, headings, form, shown=_choice_in_words)
    if found.empty_reason:
        printing.say(found.empty_reason, style="red")
    exact = "已证明最优" if found.exact else "未证明最优"
    printing.say(f"合计 {found.value:.2f} 点（{exact}）")
    if form is Format.TABLE:
        limits = [price.model_dump(mode="json") for price in found.limits]
        limit_headings = {
            "name": "上限", "limit": "数量", "used": "已用", "slack": "剩余", "binds": "起约束",
            "one_more": "多一单位的点数",
        }  # fmt: skip
        printing.print_rows(limits, limit_headings, form, shown=_limit_in_words)
    _say_outcome(found.outcome)
    for note in found.notes:
        printing.say(note)


def _change_in_words(row: Row) -> Row:
    from service.words import KINDS, RATINGS, STAGES

    def pair(before: str | None, after: str | None) -> str:
        shown = before or "—", after or "—"
        return shown[0] if shown[0] == shown[1] else f"{shown[0]} → {shown[1]}"

    def numbers(name: str) -> str:
        values = [row[f"{name}_{when}"] for when in ("before", "after")]
        return pair(*(None if value is None else f"{value:.2f}" for value in values))

    def words(name: str, known: dict[str, str]) -> str:
        return pair(*(known.get(row[f"{name}_{when}"] or "") for when in ("before", "after")))

    return {
        **row,
        "stage": STAGES[row["stage"]],
        "rating": words("rating", {str(key): word for key, word in RATINGS.items()}),
        "kind": words("kind", {str(key): word for key, word in KINDS.items()}),
        "firms": numbers("effective_firms"),
        "shortfall": numbers("shortfall"),
        "priority": numbers("priority"),
    }


def _choice_in_words(row: Row) -> Row:
    from service.words import KINDS

    return {**row, "kind": KINDS[row["kind"]], "reason": row["reasons"][0]["reason"]}


def _limit_in_words(row: Row) -> Row:
    return {**row, "binds": {True: "是", False: "否", None: "未算出"}[row["binds"]]}


def _say_outcome(outcome: OutcomeRead) -> None:
    from service.words import STAGES

    def percent(share: float | None) -> str:
        return "未观测" if share is None else f"{share:.1%}"

    def say(name: str, share: ShareChange) -> str:
        return f"{name} {percent(share.before)} → {percent(share.after)}"

    stages = [say(STAGES[stage], share) for stage, share in outcome.by_stage.items()]
    printing.say(f"{say('完整度', outcome.completeness)}（{'；'.join(stages)}）")
    printing.say(
        f"缺链 {outcome.gaps_before} → {outcome.gaps_after} 个：补上 {len(outcome.closed)} 个，"
        f"新出现 {len(outcome.opened)} 个"
    )
    first = "、".join(gap.name for gap in outcome.next_gaps[:5])
    if first:
        printing.say(f"之后最要紧的缺链：{first}")
