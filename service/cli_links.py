"""The commands `zhaoshang links ...`: how good the links are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service import printing
from service.cli_shared import FormatOption, known
from service.printing import Format, Row

if TYPE_CHECKING:
    from service.domain.evaluation import Rate

links_app = typer.Typer(help="挂链：评估与核实。", no_args_is_help=True)


@links_app.callback()
def links() -> None:
    """挂链：评估与核实。"""


def links_to_file(firms_file: Path, out: Path, form: Format, *, seed: bool) -> None:
    """Match the firms of a file and write their links to `out`; print how many there are.

    `seed`: what the built-in list asserts of a firm counts as evidence.
    """
    from service.ingest.seed import load_seed_frame
    from service.pipeline.link_files import match_file, write_links

    links = match_file(known(), firms_file, seed=load_seed_frame() if seed else None)
    write_links(links, out)
    confirmed = links.filter("confirmed").height
    row = {"firms": links["firm"].n_unique(), "links": links.height, "confirmed": confirmed, "file": str(out)}
    headings = {"firms": "有挂链的企业", "links": "挂链", "confirmed": "已确认", "file": "写入"}
    printing.print_rows([row], headings, form)


@links_app.command("evaluate")
def links_evaluate(
    links_file: Annotated[Path, typer.Option("--links", help="挂链文件（zhaoshang match --out 的输出）")],
    labels_file: Annotated[Path, typer.Option("--labels", help="标注文件：firm、node、label（可有 weight）")],
    form: FormatOption = Format.TABLE,
) -> None:
    """对照人工标注，给出各产业链已确认挂链的准确率与召回率及 95% Wilson 区间。"""
    from service.domain.evaluation import evaluate_links
    from service.ingest.labels import read_labels
    from service.pipeline.link_files import read_confirmed

    found = evaluate_links(read_confirmed(links_file), read_labels(labels_file))
    headings = {"chain": "产业链", "labels": "标注数", "precision": "准确率", "recall": "召回率"}
    printing.print_rows([asdict(one) for one in found], headings, form, shown=_in_words)


def _in_words(row: Row) -> Row:
    from service.domain.evaluation import OVERALL, Rate

    chain = "全部" if row["chain"] == OVERALL else row["chain"]
    return {**row, "chain": chain, **{name: _say(Rate(**row[name])) for name in ("precision", "recall")}}


def _say(rate: Rate) -> str:
    if rate.share is None or rate.low is None or rate.high is None:
        return "—"
    return f"{rate.share:.1%}（{rate.low:.1%}–{rate.high:.1%}，{rate.hits}/{rate.counted}）"
