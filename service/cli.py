"""The command `zhaoshang`. Data goes to stdout, progress and errors to stderr."""

from __future__ import annotations

import datetime as dt
import sys
from logging import StreamHandler
from pathlib import Path
from typing import Annotated

import typer

from service import printing
from service.cli_backtest import backtest_command, rank_command
from service.cli_brief import book_command, deck_command, workbook_command
from service.cli_brief_sets import brief_command, export_command
from service.cli_chains import chains_app
from service.cli_compare import compare_command
from service.cli_imports import imports_command, undo_command
from service.cli_links import links_app, links_to_file
from service.cli_pictures import picture_command
from service.cli_planning import portfolio_command, whatif_command
from service.cli_shared import FormatOption, as_published, opened_workspace, progress_bar
from service.cli_targets import targets_command, targets_diff_command
from service.domain.regions import Level
from service.errors import InvalidQuery
from service.failures import log_to, logger, run_saying_errors, settings_from_environment
from service.printing import Format, Row

app = typer.Typer(
    name="zhaoshang",
    help="招商地图：产业链、缺链、目标企业与地图。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(chains_app, name="chains")
app.add_typer(links_app, name="links")
app.command("backtest")(backtest_command)
app.command("rank")(rank_command)
app.command("workbook")(workbook_command)
app.command("book")(book_command)
app.command("deck")(deck_command)
app.command("brief")(brief_command)
app.command("export")(export_command)
app.command("compare")(compare_command)
app.command("targets")(targets_command)
app.command("targets-diff")(targets_diff_command)
app.command("whatif")(whatif_command)
app.command("portfolio")(portfolio_command)
app.command("picture")(picture_command)
app.command("imports")(imports_command)
app.command("undo")(undo_command)

RegionOption = Annotated[str, typer.Option("--region", help="地区：行政区划代码或名称，如 330800、衢州")]
ChainOption = Annotated[str, typer.Option("--chain", help="产业链编号，如 lithium-battery")]
LevelOption = Annotated[Level | None, typer.Option("--level", help="比较的层级，默认地区自身的层级")]

_INTERRUPTED = 130
_STDOUT = Path("-")


def main() -> None:
    """Run the command; errors that a user can cause are said in one line, with exit code 2."""
    if not sys.stdout.isatty():
        # What reads a pipe or a file expects UTF-8, whatever the console of this machine shows.
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    run_saying_errors(app)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址，只接受本机")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口，默认 8000")] = None,
) -> None:
    """启动网页与接口服务。"""
    import uvicorn

    from service.web.app import create_app
    from service.web.guard import require_loopback

    settings = settings_from_environment()
    address = (settings.host if host is None else host).strip("[]")
    number = settings.port if port is None else port
    require_loopback(address, number)
    settings.prepare_data_dir()
    log_to(settings.data_dir)
    logger.addHandler(StreamHandler())
    shown = f"[{address}]" if ":" in address else address
    printing.say(f"招商地图：http://{shown}:{number}/  (Ctrl+C 停止)")
    uvicorn.run(create_app(settings, warm=True), host=address, port=number, log_level="warning")


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="企业名单：CSV、XLSX 或 Parquet")],
    source: Annotated[str | None, typer.Option(help="来源编号，默认为文件名；同一来源再次导入即更新")] = None,
    title: Annotated[str | None, typer.Option(help="来源名称")] = None,
    complete_for: Annotated[
        list[str] | None, typer.Option(help="声明对该地区完整（工商登记、规上名录），可多次给出")
    ] = None,
    covers: Annotated[
        list[str] | None, typer.Option(help="名单涉及的地区；默认由完整范围推定，否则全国")
    ] = None,
    as_of: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="数据日期")] = None,
    licence: Annotated[str, typer.Option(help="数据许可")] = "",
    datum: Annotated[str, typer.Option(help="坐标系：wgs84、gcj02、bd09")] = "wgs84",
    sheet: Annotated[str | None, typer.Option(help="工作表名")] = None,
    column: Annotated[
        list[str] | None, typer.Option("--map", help="列对应：字段=列名，如 --map name=单位，可多次给出")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """导入企业名单，并完成挂链与覆盖汇总。"""
    from service.pipeline.imports import ImportOptions, import_file, read_pairs
    from service.results_imports import ImportRead

    options = ImportOptions(
        source=source,
        title=title,
        complete_for=tuple(complete_for or ()),
        covers=tuple(covers or ()),
        licence=licence,
        as_of=as_of.date() if as_of else None,
        datum=datum,
        sheet=sheet,
        mapping=read_pairs(column or []),
    )
    try:
        with opened_workspace() as workspace, progress_bar("导入") as (bar, task):
            report = import_file(
                workspace.engine,
                workspace.knowledge,
                file,
                options,
                rejects_dir=workspace.settings.rejects_dir,
                progress=lambda stage, share: bar.update(task, description=stage, completed=share),  # type: ignore[arg-type]
            )
    except KeyboardInterrupt:
        printing.say("已中断：这次导入没有写入任何数据。")
        raise typer.Exit(_INTERRUPTED) from None
    headings = {
        "rows": "行数", "accepted": "新增", "updated": "更新", "rejected": "未收", "located": "已定位",
        "links": "挂链", "seconds": "用时（秒）", "rejects_file": "未收清单",
    }  # fmt: skip
    (row,) = as_published([ImportRead.model_validate(report)])
    if form is Format.JSON:
        printing.print_json(row)
        return
    printing.print_rows([row], headings, form)


@app.command()
def match(
    firms_file: Annotated[
        Path | None, typer.Option("--firms", help="企业名单：只给这些企业挂链，结果写到 --out，不动数据库")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="挂链结果：.parquet 或 .csv")] = None,
    seed: Annotated[
        bool, typer.Option("--seed/--no-seed", help="内置名录对同一企业的标注是否也作依据")
    ] = True,
    form: FormatOption = Format.TABLE,
) -> None:
    """对库中全部企业重新挂链（人工确认与否定保留）；或给一个名单文件挂链，另存为文件。"""
    if (firms_file is None) != (out is None):
        raise InvalidQuery("--firms 与 --out 要一起给出")
    if firms_file is not None and out is not None:
        links_to_file(firms_file, out, form, seed=seed)
        return
    from service.pipeline.imports import rematch_all

    with opened_workspace() as workspace, progress_bar("挂链") as (bar, task):
        links = rematch_all(
            workspace.engine,
            workspace.knowledge,
            progress=lambda stage, share: bar.update(task, description=stage, completed=share),  # type: ignore[arg-type]
        )
    printing.print_rows([{"links": links}], {"links": "挂链"}, form)


@app.command()
def regions(
    text: Annotated[str, typer.Argument(help="名称、代码、拼音或首字母；空则列出省级")] = "",
    limit: Annotated[int, typer.Option(min=1, max=5000, help="最多列出几个")] = 20,
    form: FormatOption = Format.TABLE,
) -> None:
    """查找行政区划。"""
    from service.ingest.geography import load_geography
    from service.results_known import region_reads

    geography = load_geography()
    found = geography.search(text, limit) if text else geography.regions(Level.PROVINCE)[:limit]
    rows = as_published(region_reads(geography, found))
    headings = {"adcode": "代码", "full_name": "名称", "level": "层级", "pinyin": "拼音"}
    printing.print_rows(rows, headings, form)


@app.command()
def gaps(
    region: RegionOption,
    chain: ChainOption,
    level: LevelOption = None,
    every: Annotated[bool, typer.Option("--all", help="列出全部环节的评级，不只缺、疑缺、弱")] = False,
    stability: Annotated[
        bool, typer.Option("--stability", help="加列评级的置信，以及权重 ±20% 变动时留在前 20 位的比例和名次")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="最多列出几个，默认全部")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """列出一个地区一条产业链的缺链。"""
    from service.analysis import report_gaps, supply_within_reach, view_chain
    from service.results import add_reliance, gap_reads, rating_reads
    from service.stabilities import judge_chain
    from service.stability_words import say_stability

    with opened_workspace() as workspace, workspace.session() as session:
        view = view_chain(session, workspace.knowledge, region, chain, level=level)
        report = report_gaps(workspace.knowledge, view)
        nearby = supply_within_reach(workspace.knowledge.geography, view).tolist()
        judged = judge_chain(session, workspace.knowledge, view, report) if stability else None
        reads = rating_reads(view, report, nearby) if every else gap_reads(report)
        rows = as_published(add_reliance(reads, judged) if judged else reads)
    printing.say(f"权重：{report.weights.note}（版本 {report.weights.version}）")
    headings = {
        "name": "环节", "stage": "位置", "rating": "评级", "basis": "依据", "kind": "类型",
        "priority": "优先级", "effective_firms": "有效企业", "expected": "应有", "nearby_supply": "周边供给",
    }  # fmt: skip
    if judged:
        printing.say(say_stability(judged.stability))
        headings |= {"sure": "置信", "kept": "留在前列", "ranks": "名次"}
    printing.print_rows(rows[:limit], headings, form, shown=_gap_in_words)


def _gap_in_words(row: Row) -> Row:
    from service.words import BASES, KINDS, RATINGS, STAGES

    return {
        **row,
        "stage": STAGES[row["stage"]],
        "rating": RATINGS[row["rating"]],
        "basis": BASES[row["basis"]],
        "kind": KINDS[row["kind"]] if row["kind"] else None,
        **_reliance_in_words(row),
    }


def _reliance_in_words(row: Row) -> Row:
    from service.words import CONFIDENCE

    sure, place = row["confidence"], row["rank_stability"]
    return {
        "sure": f"{CONFIDENCE[sure['mark']]}（{sure['share']:.0%}）" if sure else None,
        "kept": f"{place['kept']:.0%}" if place else None,
        "ranks": f"{place['best_rank']}–{place['worst_rank']}" if place else None,
    }


@app.command("map")
def map_command(
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 HTML 文件，- 为标准输出")],
    node: Annotated[str | None, typer.Option(help="只画这一环节的目标企业")] = None,
) -> None:
    """生成单文件、可离线打开的招商地图。"""
    from service.mapping import draw_map

    if out != _STDOUT and (out.is_dir() or not out.parent.is_dir()):
        raise InvalidQuery(f"无法写入 {out}：应为已有文件夹中的一个文件")
    with opened_workspace() as workspace, workspace.session() as session:
        page = draw_map(session, workspace.knowledge, workspace.settings, region, chain, node=node)
    if out == _STDOUT:
        sys.stdout.buffer.write(page)
        return
    printing.write_whole(out, page)
    printing.say(f"已写入 {out}（{len(page) / 1e6:.1f} MB）")


@app.command()
def firms(
    region: Annotated[str | None, typer.Option("--region", help="地区")] = None,
    node: Annotated[str | None, typer.Option("--node", help="环节编号")] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="名称的一部分，或统一社会信用代码、股票代码")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="最多列出几家")] = 50,
    form: FormatOption = Format.TABLE,
) -> None:
    """列出库中的企业。"""
    from service.results import firm_reads
    from service.storage.candidates import list_firms
    from service.targeting import regions_inside

    with opened_workspace() as workspace, workspace.session() as session:
        knowledge = workspace.knowledge
        inside = None
        if region:
            inside = regions_inside(knowledge.geography, knowledge.geography.find(region).adcode)
        nodes = knowledge.node(node)[0].leaves_below(node) if node else None
        _, found = list_firms(session, inside=inside, nodes=nodes, text=text, limit=limit)
        rows = as_published(firm_reads(session, found))
    headings = {"name": "企业", "uscc": "统一社会信用代码", "adcode": "地区", "nodes": "环节"}
    printing.print_rows(
        rows, headings, form, shown=lambda row: {**row, "nodes": [link["node"] for link in row["links"]]}
    )
