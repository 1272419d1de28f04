"""The commands `zhaoshang chains ...`: check, look at, and exchange chains."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from service import printing
from service.asking import NOBODY
from service.cli_shared import FormatOption, as_published, known, opened_workspace, progress_bar
from service.errors import InvalidQuery
from service.printing import Format

chains_app = typer.Typer(help="产业链文件：检查、查看、与工作簿互换。", no_args_is_help=True)

_FIRMS_PER_NODE = 20


@chains_app.command("check")
def chains_check(
    files: Annotated[list[Path] | None, typer.Argument(help="产业链文件或其所在文件夹，默认全部内置")] = None,
    content: Annotated[
        bool, typer.Option("--content", help="再看内容：位置与供应方向、断头环节、重复环节")
    ] = False,
    firms_file: Annotated[
        Path | None, typer.Option("--firms", help="企业名单：指出没有企业写到、或几乎都写到的匹配词")
    ] = None,
) -> None:
    """检查产业链文件，逐条指出文件与行号。"""
    from service.ingest.chains import check_chains

    problems = check_chains(_chain_files(files)) if files else check_chains()
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    failed = sum(problem.severity == "error" for problem in problems)
    printing.say(f"{failed} 处错误，{len(problems) - failed} 处提醒")
    if failed:
        raise typer.Exit(1)
    if content or firms_file:
        _review_content(content, firms_file)


def _review_content(content: bool, firms_file: Path | None) -> None:
    """Say what looks wrong in the content of all chains: advice, not errors."""
    from service.domain.chain_content import review_chain, review_hits, review_terms
    from service.pipeline.chain_hits import count_hits

    chains = list(known().chains.values())
    remarks = []
    if content:
        remarks += [remark for chain in chains for remark in review_chain(chain)]
        remarks += review_terms(chains)
    if firms_file:
        hits, firms = count_hits(firms_file, chains)
        if not firms:
            raise InvalidQuery(f"{firms_file.name} 里没有企业")
        remarks += review_hits(chains, hits, firms)
    for remark in remarks:
        sys.stdout.write(f"{remark}\n")
    printing.say(f"内容上有 {len(remarks)} 处值得再看")


def _chain_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and for a folder the chain files in it."""
    from service.ingest.chains import chain_files

    found = [file for path in paths for file in (chain_files(path) if path.is_dir() else [path])]
    if not found:
        raise InvalidQuery(f"{'、'.join(map(str, paths))} 里没有产业链文件（*.yaml）")
    return found


@chains_app.command("list")
def chains_list(form: FormatOption = Format.TABLE) -> None:
    """列出全部产业链。"""
    from service.results_known import ChainRead

    rows = as_published([ChainRead.of(chain) for chain in known().chains.values()])
    headings = {
        "id": "编号", "name": "名称", "version": "版本", "date": "日期", "nodes": "环节", "edges": "供应关系",
        "terms": "匹配词",
    }  # fmt: skip
    printing.print_rows(rows, headings, form)


@chains_app.command("show")
def chains_show(
    chain: Annotated[str, typer.Argument(help="产业链编号")], form: FormatOption = Format.TABLE
) -> None:
    """在终端画出一条产业链的树。"""
    from service.results import chain_detail

    found = known().chain(chain)
    detail = chain_detail(found).model_dump(mode="json")
    if form is Format.TABLE:
        printing.print_tree(found)
    elif form is Format.JSON:
        printing.print_json(detail)
    else:
        printing.print_rows(detail["nodes"], {}, form)


@chains_app.command("new")
def chains_new(
    chain_id: Annotated[str, typer.Argument(help="新产业链的编号：小写字母、数字、连字符")],
    workbook: Annotated[Path, typer.Option("--from-xlsx", help="工作簿：一级/二级/三级环节、企业等列")],
    out: Annotated[Path | None, typer.Option("--out", help="写到哪个文件，默认 <编号>.yaml")] = None,
    name: Annotated[str | None, typer.Option("--name", help="产业链名称，默认取自工作簿")] = None,
) -> None:
    """由一张普通的产业链表（环节分级、代表企业）生成产业链文件，再由人补充匹配词与供应关系。"""
    from service.ingest.chain_workbook import new_chain_from_workbook

    path = out or Path(f"{chain_id}.yaml")
    if path.exists():
        raise InvalidQuery(f"{path} 已经存在；换一个文件名，或先移走它")
    printing.write_whole(path, new_chain_from_workbook(workbook, chain_id, name).encode())
    printing.say(f"已写入 {path}；请补充匹配词和供应关系，再用 zhaoshang chains check {path} 检查")


ChainArgument = Annotated[str, typer.Argument(help="产业链编号")]


@chains_app.command("versions")
def chains_versions(chain: ChainArgument, form: FormatOption = Format.TABLE) -> None:
    """列出一条产业链的全部版本，新的在前。"""
    from service.chain_editing import read_state
    from service.results_chains import VERSION_KINDS, VersionRead
    from service.storage.chain_versions import list_versions

    with opened_workspace() as workspace, workspace.session() as session:
        read_state(session, workspace, chain)
        rows = as_published([VersionRead.model_validate(one) for one in list_versions(session, chain)])
    headings = {
        "number": "版本", "kind": "类别", "saved_at": "时间（UTC）", "saved_by": "操作人", "note": "说明",
    }  # fmt: skip
    printing.print_rows(
        rows,
        headings,
        form,
        shown=lambda row: {**row, "kind": VERSION_KINDS[row["kind"]], "saved_at": row["saved_at"][:16]},
    )


@chains_app.command("diff")
def chains_diff(
    chain: ChainArgument,
    old: Annotated[str, typer.Argument(help="版本号，或 live（现行）、draft（草稿）、shipped（内置）")],
    new: Annotated[str, typer.Argument(help="同上，默认现行")] = "live",
    form: FormatOption = Format.TABLE,
) -> None:
    """逐条说出一条产业链的两个版本有何不同。"""
    from service.chain_editing import read_state
    from service.chain_publishing import diff_versions
    from service.results_chains import difference_reads

    with opened_workspace() as workspace, workspace.session() as session:
        found = diff_versions(session, read_state(session, workspace, chain), old, new)
    if form is not Format.TABLE:
        printing.print_rows(as_published(difference_reads(found)), {}, form)
        return
    for one in found:
        sys.stdout.write(f"{one.sentence}\n")
    printing.say(f"{len(found)} 处不同")


@chains_app.command("restore")
def chains_restore(
    chain: ChainArgument,
    version: Annotated[str, typer.Argument(help="版本号；shipped 为回到内置版")],
    by: Annotated[str, typer.Option("--by", help="操作人")] = NOBODY,
    note: Annotated[str, typer.Option("--note", help="说明，写进版本记录")] = "",
) -> None:
    """恢复一条产业链的旧版本（成为新的一版），相关企业重新挂链；正在运行的服务随即采用。"""
    from service.chain_publishing import reset_chain, restore_version

    if version != "shipped" and not (version.isascii() and version.isdigit() and len(version) < 10):
        raise InvalidQuery(f"版本应为版本号或 shipped，收到 {version!r}")
    with opened_workspace() as workspace, progress_bar("恢复") as (bar, task):

        def tell(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=share)  # type: ignore[arg-type]

        if version == "shipped":
            done = reset_chain(workspace, chain, by=by, note=note, progress=tell)
        else:
            done = restore_version(workspace, chain, int(version), by=by, note=note, progress=tell)
    printing.say(f"已生效：第 {done.number} 版，用时 {done.seconds} 秒")


@chains_app.command("export")
def chains_export(
    chain: Annotated[str, typer.Argument(help="产业链编号")],
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .xlsx 文件")],
) -> None:
    """把一条产业链连同库中企业导出为工作簿，可改后再用 chains new 读回。"""
    from service.ingest.chain_workbook import export_chain_workbook
    from service.storage.candidates import read_node_firms

    with opened_workspace() as workspace, workspace.session() as session:
        found = workspace.knowledge.chain(chain)
        firms: dict[str, list[str]] = {}
        for one in read_node_firms(session, [node.id for node in found.nodes]):
            names = firms.setdefault(one.node, [])
            if len(names) < _FIRMS_PER_NODE:
                names.append(one.firm.name)
    printing.write_whole(out, export_chain_workbook(found, firms))
    printing.say(f"已写入 {out}")
