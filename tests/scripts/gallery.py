"""The gallery: pictures of everything the service gives out, remade by one command.

    python -m tests.scripts.gallery [--region 330800] [--chain lithium-battery] [--data FOLDER] [--out FOLDER]

Office files are laid out by LibreOffice (soffice) and cut into pictures by pdftoppm; map and viewer are
opened in Chromium from the disk, with the network cut off.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from service.brief_sets import make_set
from service.settings import Settings
from service.workspace import open_workspace
from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium

MOST_BYTES = 4_000_000
_COLOURS = 128
_WIDTH = 1100
_LAID_OUT_SECONDS = 180
_VIEWS = {"tree": "产业链树", "gaps": "缺链（可排序、筛选）", "targets": "目标企业"}


@dataclass(frozen=True)
class Shot:
    """A picture of the gallery: its name, what it shows, and the picture itself (PNG)."""

    name: str
    said: str
    content: bytes


def main() -> None:
    """Remake the gallery."""
    asked = _arguments()
    for tool in ("soffice", "pdftoppm"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed: apt-get install libreoffice poppler-utils")
    with tempfile.TemporaryDirectory(prefix="gallery-") as name:
        folder = Path(name)
        made = _make(asked, folder)
        shots = [*_office_shots(made, folder), *_picture_shots(made), *_browser_shots(made)]
    total = _write(shots, asked.out, asked.region, asked.chain)
    print(f"{len(shots)} pictures, {total / 1e6:.1f} MB in {asked.out}")
    if total > MOST_BYTES:
        sys.exit(f"the gallery is larger than {MOST_BYTES / 1e6:.0f} MB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--region", default="330800")
    parser.add_argument("--chain", default="lithium-battery")
    parser.add_argument("--data", type=Path, help="data folder; a new one with the seed firms by default")
    parser.add_argument("--out", type=Path, default=Path("docs/gallery"))
    return parser.parse_args()


def _make(asked: argparse.Namespace, folder: Path) -> Path:
    out = folder / "set"
    with (
        open_workspace(Settings(data_dir=asked.data or folder / "data")) as workspace,
        workspace.session() as session,
    ):
        make_set(session, workspace, asked.region, asked.chain, out)
    return out


def _office_shots(made: Path, folder: Path) -> Iterator[Shot]:
    """The pages of the Office files that say most."""
    wanted = {
        "*.pptx": ("deck", "汇报幻灯片", (1, 2, 3, 6, 7, 8, 13)),
        "*.docx": ("book", "招商项目本", (1, 4)),
        "*.xlsx": ("workbook", "工作簿", (1, 2)),
    }
    for pattern, (name, said, pages) in wanted.items():
        office = next(made.glob(pattern))
        for page, png in _pages(_as_pdf(office, folder), pages):
            yield Shot(f"{name}-{page}", f"{said}，第 {page} 页", png)
    for page, png in _pages(next(made.glob("*.pdf")), (1, 3)):
        yield Shot(f"book-pdf-{page}", f"招商项目本（PDF），第 {page} 页", png)


def _as_pdf(office: Path, folder: Path) -> Path:
    # A profile of its own: a soffice that is open elsewhere would take the order and lose it.
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(office)]
    subprocess.run(command, check=True, capture_output=True, timeout=_LAID_OUT_SECONDS)
    return folder / f"{office.stem}.pdf"


def _pages(pdf: Path, wanted: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    for page in wanted:
        command = ["pdftoppm", "-png", "-r", "80", "-f", str(page), "-l", str(page), str(pdf)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode == 0 and done.stdout:
            yield page, done.stdout


def _picture_shots(made: Path) -> Iterator[Shot]:
    for number, path in enumerate(sorted((made / "图片").glob("*.png")), start=1):
        yield Shot(f"picture-{number}", f"图片：{path.stem.rpartition('-')[2]}", path.read_bytes())


def _browser_shots(made: Path) -> Iterator[Shot]:
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium here: install it, or name one in the environment variable CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        context.set_offline(True)
        page = context.new_page()
        page.on("pageerror", lambda error: sys.exit(f"a page failed: {error}"))
        yield Shot(
            "map", "招商地图（单个网页，不连网）", _shot(page, next(made.glob("*地图.html")), "", 1500)
        )
        viewer = made / "index.html"
        yield Shot("viewer-overview", "离线查看：概览", _shot(page, viewer, "overview", 300))
        for view, said in _VIEWS.items():
            yield Shot(f"viewer-{view}", f"离线查看：{said}", _shot(page, viewer, view, 500))
        browser.close()


def _shot(page: Page, path: Path, view: str, wait_ms: int) -> bytes:
    page.goto(f"{path.as_uri()}#{view}" if view else path.as_uri())
    page.wait_for_timeout(wait_ms)
    return page.screenshot()


def _write(shots: list[Shot], out: Path, region: str, chain: str) -> int:
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.png"):
        old.unlink()
    total = 0
    for shot in shots:
        content = _smaller(shot.content)
        (out / f"{shot.name}.png").write_bytes(content)
        total += len(content)
    lines = [
        "# 产出一览",
        "",
        f"由 `python -m tests.scripts.gallery` 重做（地区 {region}，产业链 {chain}，内置名录）。",
        "全部截自一次 `zhaoshang brief` 生成的文件；网页在断网的浏览器中打开。",
        "",
    ]
    for shot in shots:
        lines += [f"## {shot.said}", "", f"![{shot.said}]({shot.name}.png)", ""]
    (out / "README.md").write_text("\n".join(lines), encoding="utf-8")
    return total


def _smaller(content: bytes) -> bytes:
    """Return the picture at most as wide as a page of the documentation, in few colours."""
    with Image.open(io.BytesIO(content)) as picture:
        whole = picture.convert("RGB")
    if whole.width > _WIDTH:
        size = (_WIDTH, round(whole.height * _WIDTH / whole.width))
        whole = whole.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    few = whole.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
