"""The commands `zhaoshang backtest` and `zhaoshang rank`: what the rankings are worth, and the rankings."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service import printing
from service.asking import Words
from service.cli_shared import FormatOption, as_published, known, opened_workspace, progress_bar
from service.domain.regions import Level
from service.failures import settings_from_environment
from service.printing import Format, Row

if TYPE_CHECKING:
    from service.results_backtest import BacktestRead, ModelRead

_HEADINGS = {
    "name": "模型", "auc_pr": "AUC-PR", "interval": "95% 区间", "precision_at_100": "P@100",
    "precision_at_1000": "P@1000", "lift": "提升", "ratio_to_density": "与相关密度之比",
    "ratio_interval": "比值区间",
}  # fmt: skip


def backtest_command(
    registrations: Annotated[
        list[Path], typer.Option("--registrations", help="企业登记表所在文件夹，可多次给出")
    ],
    freeze: Annotated[dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="冻结日：此后的一律视为未知")],
    horizon: Annotated[int, typer.Option(help="预测其后几年")] = 3,
    level: Annotated[Level, typer.Option(help="地区层级")] = Level.CITY,
    test_provinces: Annotated[
        str,
        typer.Option(
            "--test-provinces", help="只在这些省检验、在其他省拟合，如 浙江,江西；不给则分省交叉验证"
        ),
    ] = "",
    words: Annotated[Words, typer.Option(help="scope 读名称与经营范围，name 只读名称")] = Words.SCOPE,
    same_window: Annotated[
        bool, typer.Option("--same-window", help="用其他省同一时段拟合（默认只用冻结日之前的时段）")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """用历史登记数据回测：空白环节此后几年有没有来企业，分支机构开到了哪里。"""
    from service.backtesting import BacktestOptions, backtest

    names = tuple(name for name in test_provinces.replace("，", ",").split(",") if name.strip())
    options = BacktestOptions(freeze.date(), horizon, level, names, words, same_window)
    with progress_bar("回测") as (bar, task):
        report = backtest(
            registrations,
            known(),
            options,
            chains_dir=settings_from_environment().chains_dir,
            progress=lambda stage, share: bar.update(task, description=stage, completed=share),  # type: ignore[arg-type]
        )
    if form is Format.JSON:
        printing.print_json(report.model_dump(mode="json"))
        return
    _print_tables(report, form)


def _print_tables(report: BacktestRead, form: Format) -> None:
    printing.say(
        f"冻结于 {report.freeze}，预测 {report.horizon_years} 年：空白格 {report.cells}，"
        f"其后有企业 {report.entries}（{report.base_rate:.2%}），拟合自 {report.learnt_at} 之后的时段"
    )
    printing.print_rows([_row(model) for model in report.models], _HEADINGS, form)
    if report.branches:
        found = report.branches
        printing.say(f"分支机构去向：{found.firms} 家企业，{found.pairs} 个候选城市，{found.branches} 个新设")
        printing.print_rows([_row(model) for model in found.models], _HEADINGS, form)


def _row(model: ModelRead) -> Row:
    def pair(one: tuple[float, float] | None) -> str:
        return f"{one[0]:.4f}–{one[1]:.4f}" if one else "—"

    numbers = {
        name: f"{value:.4f}" if isinstance(value, float) else value
        for name, value in model.model_dump().items()
    }
    return {**numbers, "interval": pair(model.interval), "ratio_interval": pair(model.ratio_interval)}


def rank_command(
    node: Annotated[str, typer.Option("--node", help="环节编号，如 lithium-battery/separator")],
    chain: Annotated[
        str | None, typer.Option("--chain", help="产业链编号；环节编号已含产业链时可不给")
    ] = None,
    firm: Annotated[
        str | None,
        typer.Option("--firm", help="企业：统一社会信用代码、股票代码或全称；给出时为这家企业排序"),
    ] = None,
    level: Annotated[Level, typer.Option(help="地区层级")] = Level.CITY,
    as_of: Annotated[
        dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="只用这一天以前成立的企业")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="最多列出几个，默认全部")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """反过来问：一个环节（或一家企业）最适合落在哪些地区。"""
    from service.ranking import rank_for_firm, rank_regions

    wanted = node if "/" in node or chain is None else f"{chain}/{node}"
    day = as_of.date() if as_of else None
    with opened_workspace() as workspace, workspace.session() as session:
        if firm:
            found = rank_for_firm(
                session, workspace.knowledge, firm, wanted, level=level, as_of=day, limit=limit
            )
        else:
            found = rank_regions(session, workspace.knowledge, wanted, level=level, as_of=day, limit=limit)
    rows = as_published(found.regions)
    headings = {
        "rank": "名次", "name": "地区", "score": "得分", "probability": "三年内落地可能",
        "effective_firms": "现有企业", "reasons": "理由",
    }  # fmt: skip

    def in_words(row: Row) -> Row:
        best = sorted(row["factors"], key=lambda factor: -factor["contribution"])[:3]
        chance = row["probability"]
        shown = {"probability": f"{chance:.1%}" if chance is not None else None}
        return {**row, **shown, "reasons": [factor["reason"] for factor in best]}

    printing.print_rows(rows, headings, form, shown=in_words)
