"""The whole set of briefing files of a chain in a region: what it consists of, and writing it whole."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from service.asking import TOP_GAPS
from service.brief_pictures import draw_pictures
from service.brief_words import SetFile, say_set
from service.briefing import Brief, read_brief
from service.briefs import gather_facts
from service.decks import gather_deck
from service.errors import FontMissing, InvalidQuery, OutputUnwritable
from service.mapping import draw_map
from service.open_data import DataFormat, gather_layers, layer_files, package_layers
from service.render.brief_facts import BriefFacts
from service.render.deck import render_deck
from service.render.fonts import use_chinese_font
from service.render.open_data import Layer
from service.render.project_book import render_book
from service.render.project_book_pdf import render_book_pdf
from service.render.viewer import render_viewer
from service.render.workbook import render_workbook
from service.settings import Settings, say_os_error
from service.storage.engine import Session
from service.workspace import Workspace

Progress = Callable[[str, float], None]

INDEX, NOTE = "index.html", "说明.txt"
DATA, PICTURES = "数据", "图片"
_MOST_STEM_BYTES = 120
# mkdtemp makes folders for the user alone; a set is made to be given away.
_OPEN_FOLDER = 0o755
# What some file system does not take in a name.
_ODD = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


@dataclass(frozen=True)
class Making:
    """One set while it is made: what its parts draw from, read once."""

    session: Session
    workspace: Workspace
    brief: Brief
    template: bytes | None = None

    @cached_property
    def facts(self) -> BriefFacts:
        """What workbook, book and viewer tell."""
        return gather_facts(self.workspace.knowledge, self.brief)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of open data."""
        return gather_layers(self.session, self.workspace.knowledge, self.workspace.settings, self.brief)

    @cached_property
    def map(self) -> bytes:
        """The map in one file."""
        space, brief = self.workspace, self.brief
        region, chain = brief.region.adcode, brief.chain.id
        return draw_map(self.session, space.knowledge, space.settings, region, chain)

    def name(self, suffix: str) -> str:
        """Return the name of a file: what it is about, and what it is."""
        return f"{stem_of(self.brief)}{suffix}"


Files = Mapping[str, bytes]
"""Content by path within the set."""


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of file in a set. `check` finds beforehand whether this machine can make it (FontMissing)."""

    key: str
    title: str
    make: Callable[[Making], Files]
    check: Callable[[Settings], object] = lambda _settings: None


def _map(making: Making) -> Files:
    return {making.name("-招商地图.html"): making.map}


def _deck(making: Making) -> Files:
    space = making.workspace
    content = gather_deck(making.session, space.knowledge, space.settings, making.brief)
    return {making.name("-汇报幻灯片.pptx"): render_deck(content, template=making.template)}


def _workbook(making: Making) -> Files:
    return {making.name("-工作簿.xlsx"): render_workbook(making.facts)}


def _book(making: Making) -> Files:
    return {making.name("-招商项目本.docx"): render_book(making.facts)}


def _book_pdf(making: Making) -> Files:
    font = making.workspace.settings.pdf_font
    return {making.name("-招商项目本.pdf"): render_book_pdf(making.facts, font=font)}


def _pictures(making: Making) -> Files:
    drawn = draw_pictures(making.session, making.workspace, making.brief)
    return {f"{PICTURES}/{making.name(f'-{name}.png')}": png for name, png in drawn.items()}


def _geopackage(making: Making) -> Files:
    return {f"{DATA}/{making.name('.gpkg')}": package_layers(making.layers, making.brief)}


def _csv(making: Making) -> Files:
    files = layer_files(making.layers, DataFormat.CSV)
    return {f"{DATA}/{name}": content for name, content in files.items()}


def _check_picture_font(settings: Settings) -> None:
    # matplotlib takes a second to import: not before a picture is wanted.
    from service.render.picture_font import find_picture_font

    find_picture_font(settings.pdf_font)


PARTS = (
    Part("map", "招商地图（网页，可离线打开）", _map),
    Part("deck", "汇报幻灯片（PPTX）", _deck),
    Part("workbook", "工作簿（XLSX）", _workbook),
    Part("book", "招商项目本（DOCX）", _book),
    Part("book-pdf", "招商项目本（PDF）", _book_pdf, lambda settings: use_chinese_font(settings.pdf_font)),
    Part("pictures", "图片（PNG）", _pictures, _check_picture_font),
    Part("geopackage", "地理数据（GeoPackage，QGIS 可打开）", _geopackage),
    Part("csv", "数据表（CSV）", _csv),
)
"""What a set consists of, in the order of making; the viewer and the note about all of it come last."""

PART_KEYS = tuple(part.key for part in PARTS)


def choose_parts(wanted: Collection[str] | None = None, without: Collection[str] = ()) -> tuple[Part, ...]:
    """Return the parts of these keys (None: all) except those of `without`.

    Raises InvalidQuery for a key that is none, and where nothing is left.
    """
    unknown = sorted({*(wanted or ()), *without}.difference(PART_KEYS))
    if unknown:
        raise InvalidQuery(f"没有这种材料：{'、'.join(unknown)}；可选：{'、'.join(PART_KEYS)}")
    found = tuple(
        part for part in PARTS if (wanted is None or part.key in wanted) and part.key not in without
    )
    if not found:
        raise InvalidQuery(f"没有选择任何材料；可选：{'、'.join(PART_KEYS)}")
    return found


def check_parts(settings: Settings, parts: Sequence[Part]) -> None:
    """Check that this machine can make these parts; FontMissing says what to install or to leave out."""
    for part in parts:
        try:
            part.check(settings)
        except FontMissing as error:
            raise FontMissing(f"{error}；或不要“{part.title}”（{part.key}）") from None


def make_set(
    session: Session,
    workspace: Workspace,
    region: str,
    chain: str,
    out: Path,
    *,
    top: int = TOP_GAPS,
    parts: Sequence[Part] = PARTS,
    template: bytes | None = None,
    progress: Progress = lambda _stage, _share: None,
) -> list[SetFile]:
    """Write the set of a chain in a region into the folder `out` and return its files, by part.

    The folder is there with all its files, or it is as it was: files are written into a folder beside it,
    which takes its place at the end. Made again of the same data, every file is the same bytes.

    Raises
    ------
    UnknownRegion, UnknownChain; FontMissing before anything is drawn, where a part embeds a font;
    InvalidQuery : `out` is no folder, or is not empty, or the folder above it is not there.
    OutputUnwritable : the disk is full, or the place is not ours.
    """
    check_folder(out)
    check_parts(workspace.settings, parts)
    progress("读取数据", 0.0)
    making = Making(
        session, workspace, read_brief(session, workspace.knowledge, region, chain, top=top), template
    )
    made: list[SetFile] = []
    with _whole_or_nothing(out) as folder:
        for done, part in enumerate(parts, start=1):
            progress(part.title, done / (len(parts) + 2))
            made += _write(out, folder, part.key, part.title, part.make(making))
        progress("离线查看网页", 1 - 1 / (len(parts) + 2))
        viewer = render_viewer(making.facts, making.map.decode(), [(one.path, one.title) for one in made])
        made[:0] = _write(out, folder, "viewer", "离线查看（双击打开）", {INDEX: viewer})
        note = say_set(making.facts, made, workspace.settings.map_review_number)
        made += _write(out, folder, "note", "说明", {NOTE: note.encode("utf-8-sig")})
    return made


def stem_of(brief: Brief) -> str:
    """Return what the files of a set begin with: region and chain, as a name that any file system takes."""
    name = _ODD.sub("_", f"{brief.region.name}{brief.chain.name}").strip(" .")
    return name.encode()[:_MOST_STEM_BYTES].decode("utf-8", "ignore") or brief.chain.id


def check_folder(out: Path) -> None:
    """Check that a set can be written there; InvalidQuery says why not."""
    if out.exists() and not out.is_dir():
        raise InvalidQuery(f"无法写入 {out}：已有同名文件；应为一个新文件夹，或空文件夹")
    if out.is_dir() and any(out.iterdir()):
        raise InvalidQuery(f"无法写入 {out}：文件夹不是空的；请换一个新文件夹，或先清空它")
    if not out.absolute().parent.is_dir():
        raise InvalidQuery(f"无法写入 {out}：上级文件夹 {out.absolute().parent} 不存在")


@contextmanager
def _whole_or_nothing(out: Path) -> Iterator[Path]:
    """Yield a new folder beside `out` that takes its place at the end, or vanishes."""
    target = out.absolute()
    with _saying_why(out):
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-", suffix=".part"))
    try:
        yield folder
        with _saying_why(out):
            folder.chmod(_OPEN_FOLDER)
            if target.is_dir():
                target.rmdir()
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _saying_why(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputUnwritable(f"无法写入 {out}：{say_os_error(error)}；没有留下文件") from error


def _write(out: Path, folder: Path, part: str, title: str, files: Files) -> list[SetFile]:
    with _saying_why(out):
        for path, content in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    several = len(files) > 1
    return [
        SetFile(part, f"{title}：{_tail(path)}" if several else title, path, len(content))
        for path, content in files.items()
    ]


def _tail(path: str) -> str:
    """What tells a file from the others of its part: the end of its name."""
    return PurePosixPath(path).stem.rpartition("-")[2]
