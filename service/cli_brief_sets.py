"""The commands that write many files at once: `zhaoshang brief`, `zhaoshang export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service import printing
from service.asking import TOP_GAPS
from service.cli_brief import ChainOption, GapsOption, RegionOption, check_place, write_file
from service.cli_shared import opened_workspace, progress_bar
from service.errors import InvalidQuery

_INTERRUPTED = 130
_FORMATS = {".gpkg": "geopackage", ".geojson": "geojson", ".csv": "csv", ".zip": "csv"}


def brief_command(
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个文件夹：新的，或空的")],
    gaps: GapsOption = TOP_GAPS,
    template: Annotated[
        Path | None, typer.Option("--template", help="幻灯片用的 .pptx 模板：用其母版、版式与页面大小")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="不要哪一项，如 book-pdf，可多次给出")
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="只要哪一项，可多次给出")] = None,
) -> None:
    """一次生成整套汇报材料：地图、幻灯片、工作簿、项目本、数据与离线查看网页。"""
    from service.brief_sets import check_folder, choose_parts, make_set
    from service.decks import read_template

    parts = choose_parts(only or None, without or ())
    check_folder(out)
    form = read_template(template) if template else None
    try:
        with (
            opened_workspace() as workspace,
            workspace.session() as session,
            progress_bar("汇报材料") as (bar, task),
        ):
            made = make_set(
                session,
                workspace,
                region,
                chain,
                out,
                top=gaps,
                parts=parts,
                template=form,
                progress=lambda stage, share: bar.update(task, description=stage, completed=share),  # type: ignore[arg-type]
            )
    except KeyboardInterrupt:
        printing.say("已中断：没有留下文件。")
        raise typer.Exit(_INTERRUPTED) from None
    for one in made:
        printing.say(f"{one.path}　{one.title}，{one.size}")
    printing.say(f"已写入 {out}（{len(made)} 个文件）；双击其中的 index.html 即可离线查看")


def export_command(
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="写到哪个文件：.gpkg、.geojson、.csv；.zip 为全部图层的 CSV")
    ],
    layer: Annotated[
        str | None, typer.Option("--layer", help="哪个图层：regions、firms、targets、gaps、nodes、edges")
    ] = None,
    gaps: GapsOption = TOP_GAPS,
) -> None:
    """导出开放数据：地区、企业、目标企业、缺链、环节与供应关系，QGIS 与表格软件都能打开。"""
    from service.briefing import read_brief
    from service.open_data import (
        DataFormat,
        choose_layers,
        gather_layers,
        layer_files,
        package_layers,
        zip_files,
    )

    suffix = check_place(out, tuple(_FORMATS))
    form = DataFormat(_FORMATS[suffix])
    if suffix in (".geojson", ".csv") and layer is None:
        raise InvalidQuery(f"一个 {suffix} 文件只装一个图层：请用 --layer 指明，或写成 .gpkg、.zip")
    with opened_workspace() as workspace, workspace.session() as session:
        brief = read_brief(session, workspace.knowledge, region, chain, top=gaps)
        layers = choose_layers(gather_layers(session, workspace.knowledge, workspace.settings, brief), layer)
    if form is DataFormat.GEOPACKAGE:
        content = package_layers(layers, brief)
    else:
        files = layer_files(layers, form)
        content = zip_files(files) if suffix == ".zip" else next(iter(files.values()))
    write_file(out, content)
