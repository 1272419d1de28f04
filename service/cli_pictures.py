"""The command `zhaoshang picture`: maps, trees and charts for print, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service import printing
from service.cli_brief import ChainOption, RegionOption, check_place, write_file
from service.cli_shared import opened_workspace
from service.render.picture_kinds import MapShows, PictureFormat, PictureKind, PictureSize

_SUFFIXES = tuple(f".{form}" for form in PictureFormat)


def picture_command(
    kind: Annotated[
        PictureKind, typer.Argument(help="map 地图、tree 图谱、gaps 缺链优先级、radar 对标雷达图")
    ],
    region: RegionOption,
    chain: ChainOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个 .png、.svg 或 .pdf 文件")],
    size: Annotated[
        PictureSize, typer.Option("--size", help="screen：16:9，3840×2160 像素；a4：A4 横向，300 dpi")
    ] = PictureSize.SCREEN,
    shows: Annotated[
        MapShows, typer.Option("--shows", help="地图着色：parts 下级地区；peers 同级地区（省级为全国）")
    ] = MapShows.PARTS,
) -> None:
    """生成可打印的图片：地图、产业链图谱、缺链优先级、对标雷达图；黑白打印也能辨认。"""
    from service.pictures import draw_picture

    form = PictureFormat(check_place(out, _SUFFIXES).removeprefix("."))
    with opened_workspace() as workspace, workspace.session() as session:
        page = pages = 1
        while page <= pages:
            found = draw_picture(
                session, workspace.knowledge, workspace.settings, kind, region, chain,
                form=form, size=size, shows=shows, page=page,
            )  # fmt: skip
            pages = 1 if form is PictureFormat.PDF else found.pages
            write_file(page_file(out, page), found.content)
            page += 1
    if pages > 1:
        printing.say(f"共 {pages} 页，每页一个文件；用 .pdf 可合成一个文件")


def page_file(out: Path, page: int) -> Path:
    """Return the file of a page: the first is the one asked for, the others have their number."""
    return out if page == 1 else out.with_name(f"{out.stem}-{page}{out.suffix}")
