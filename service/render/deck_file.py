"""The file a deck is drawn into: our own master, or a bureau's template with its layouts and colours."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches

from service.errors import InvalidQuery
from service.render.deck_text import clean
from service.render.stable_zip import stable_zip

WIDTH, HEIGHT = 13.333, 7.5
"""The page in inches that everything is laid out for; another size is scaled."""

FONT, FONT_LATIN = "微软雅黑", "Microsoft YaHei"
_TITLE_BOX = (0.5, 0.32, 12.333, 0.72)
_THEME = {
    "dk1": "1D2733", "lt1": "FFFFFF", "dk2": "1F4E79", "lt2": "EAF1F8", "accent1": "1F4E79",
    "accent2": "B2182B", "accent3": "2B8CBE", "accent4": "8A6D00", "accent5": "1B7837", "accent6": "7B5EA7",
    "hlink": "1F4E79", "folHlink": "7B5EA7",
}  # fmt: skip
_TITLES = frozenset({PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE})
_EDGES = frozenset({PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER})
_KEPT = {"Title Slide": "封面", "Title Only": "仅标题", "Blank": "空白"}
_LONGEST_PROPERTY = 255
_THEME_PART = "application/vnd.openxmlformats-officedocument.theme+xml"


@dataclass(frozen=True)
class DeckFile:
    """An open presentation. `scale` is its page against ours; `cover` and `plain` are its layouts for the
    first and for all other slides, None of it needed: titles are placed as text where a layout has none.
    """

    presentation: Any
    scale: float
    cover: Any
    plain: Any
    east_asian: str


def open_deck(template: bytes | None) -> DeckFile:
    """Open our own empty deck, or a bureau's template with its slides taken out.

    Raises InvalidQuery when `template` is not a PowerPoint presentation or has no layout at all.
    """
    if template is None:
        return _own_deck()
    try:
        # Reading the whole zip first finds a damaged file before anything is drawn.
        zipfile.ZipFile(io.BytesIO(template)).testzip()
        presentation = Presentation(io.BytesIO(template))
        layouts = [layout for master in presentation.slide_masters for layout in master.slide_layouts]
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        SyntaxError,
        AttributeError,
        NotImplementedError,
    ) as error:
        raise InvalidQuery(
            "模板不是可读的 PowerPoint 演示文稿：应为未加密的 .pptx 文件（.ppt、.potx 请先另存为 .pptx）"
        ) from error
    if not layouts:
        raise InvalidQuery("模板没有任何版式：应至少含一个幻灯片版式（layout）")
    _remove_slides(presentation)
    width, height = presentation.slide_width or Inches(WIDTH), presentation.slide_height or Inches(HEIGHT)
    scale = min(width / Inches(WIDTH), height / Inches(HEIGHT))
    plain = min(layouts, key=_unlike_title_only)
    cover = min(layouts, key=_unlike_cover)
    return DeckFile(presentation, scale, cover, plain, "+mn-ea" if _theme_font(presentation) else FONT)


def save_deck(deck: DeckFile, title: str, day: dt.datetime) -> bytes:
    """Return the file, with its properties set and nothing in it that depends on the clock."""
    about = deck.presentation.core_properties
    about.title, about.subject = clean(title)[:_LONGEST_PROPERTY], "产业链招商"
    about.author = about.last_modified_by = "招商地图"
    about.created = about.modified = day
    about.revision, about.language = 1, "zh-CN"
    out = io.BytesIO()
    deck.presentation.save(out)
    return stable_zip(out.getvalue())


def _own_deck() -> DeckFile:
    presentation: Any = Presentation()
    presentation.slide_width, presentation.slide_height = Inches(WIDTH), Inches(HEIGHT)
    _drop_thumbnail(presentation)
    for layout in list(presentation.slide_layouts):
        if layout.name in _KEPT:
            layout.name = _KEPT[layout.name]
        else:
            presentation.slide_layouts.remove(layout)
    master = presentation.slide_master
    stretch = WIDTH / 10.0
    cover, plain, _ = presentation.slide_layouts
    for place in (master, *presentation.slide_layouts):
        _stretch(place.placeholders, stretch)
    _dress_theme(master)
    _dress_master(master)
    _dress_cover(cover)
    return DeckFile(presentation, 1.0, cover, plain, "+mn-ea")


def _drop_thumbnail(presentation: Any) -> None:
    """The picture of the empty default file is none of this deck."""
    package = presentation.part.package
    for key, relation in list(package._rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            package._rels.pop(key)


def _stretch(shapes: Iterable[Any], factor: float) -> None:
    for shape in shapes:
        if shape.element.spPr.find(qn("a:xfrm")) is not None:
            shape.left, shape.width = Emu(int(shape.left * factor)), Emu(int(shape.width * factor))


def _dress_theme(master: Any) -> None:
    (theme,) = [one.target_part for one in master.part.rels.values() if one.reltype.endswith("/theme")]
    text = theme.blob.decode("utf-8")
    for name, colour in _THEME.items():
        text = re.sub(rf"<a:{name}>.*?</a:{name}>", f'<a:{name}><a:srgbClr val="{colour}"/></a:{name}>', text)
    latin = (
        f'<a:latin typeface="{FONT_LATIN}" panose="020B0503020204020204" pitchFamily="34" charset="-122"/>'
    )
    text = re.sub(r'<a:latin typeface="Calibri"/>', latin, text)
    text = text.replace('<a:ea typeface=""/>', f'<a:ea typeface="{FONT}"/>')
    text = re.sub(r'(<a:font script="Hans" typeface=)"[^"]*"', rf'\1"{FONT}"', text)
    theme._blob = text.encode("utf-8")


def _dress_master(master: Any) -> None:
    for shape in master.placeholders:
        if shape.placeholder_format.type in _TITLES:
            shape.left, shape.top, shape.width, shape.height = (Inches(one) for one in _TITLE_BOX)
    # The master's own text styles hold for every title: a smaller one, to the left, in the dark blue.
    style = master.element.find(qn("p:txStyles")).find(qn("p:titleStyle")).find(qn("a:lvl1pPr"))
    style.set("algn", "l")
    run = style.find(qn("a:defRPr"))
    run.set("sz", "2600")
    run.set("b", "1")
    run.find(qn("a:solidFill"))[0].set("val", "tx2")
    _add_bar(master, 0.0, 0.0, WIDTH, 0.12).set("name", "色带")
    _add_bar(master, 0.5, 1.06, WIDTH - 1.0, 0.02).set("name", "标题线")


def _add_bar(master: Any, left: float, top: float, width: float, height: float) -> Any:
    """Draw a bar on a master, which has no method for it; returns the element with its name."""
    tree = master.shapes._spTree
    number = tree.max_shape_id + 1
    box = [int(Inches(one)) for one in (left, top, width, height)]
    shape = parse_xml(
        '<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        f'<p:nvSpPr><p:cNvPr id="{number}" name=""/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{box[0]}" y="{box[1]}"/><a:ext cx="{box[2]}" cy="{box[3]}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        '<a:solidFill><a:schemeClr val="accent1"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr>'
        "</p:sp>"
    )
    tree.insert(2, shape)
    return shape[0][0]


def _dress_cover(layout: Any) -> None:
    layout.element.set("showMasterSp", "0")
    _add_bar(layout, 0.0, 0.0, WIDTH, 1.3).set("name", "封面色带")
    _add_bar(layout, 0.95, 3.42, 2.2, 0.06).set("name", "封面线")
    for shape in layout.placeholders:
        if shape.placeholder_format.type in _TITLES:
            _place(shape, 0.9, 2.1, 11.5, 1.3)
        elif shape.placeholder_format.type is PP_PLACEHOLDER.SUBTITLE:
            _place(shape, 0.9, 3.6, 11.5, 1.9)


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = (Inches(one) for one in (left, top, width, height))


def _remove_slides(presentation: Any) -> None:
    """Take the template's slides out, and what refers to them: sections and custom shows."""
    listed = presentation.slides._sldIdLst
    for entry in list(listed):
        presentation.part.drop_rel(entry.rId)
        listed.remove(entry)
    root = presentation.element
    for child in list(root):
        if child.tag == qn("p:custShowLst"):
            root.remove(child)
        elif child.tag == qn("p:extLst"):
            for extension in list(child):
                if any("sectionLst" in str(inner.tag) for inner in extension):
                    child.remove(extension)


def _theme_font(presentation: Any) -> bool:
    """Tell whether the template's theme names an East Asian font of its own."""
    for relation in presentation.slide_master.part.rels.values():
        if not relation.is_external and relation.target_part.content_type == _THEME_PART:
            text = relation.target_part.blob.decode("utf-8", "replace")
            return bool(re.search(r"<a:minorFont>.*?<a:ea typeface=\"[^\"]+\"", text, re.S))
    return False


def _kinds(layout: Any) -> list[Any]:
    found = [shape.placeholder_format.type for shape in layout.placeholders]
    return [kind for kind in found if kind not in _EDGES]


def _unlike_title_only(layout: Any) -> tuple[int, int]:
    """How far a layout is from having a title and nothing else; next best is one with nothing at all."""
    kinds = _kinds(layout)
    titles = sum(kind is PP_PLACEHOLDER.TITLE for kind in kinds)
    return len(kinds) - titles, 1 - min(1, titles)


def _unlike_cover(layout: Any) -> tuple[int, int, int]:
    """How far a layout is from having a title and a subtitle."""
    kinds = _kinds(layout)
    titles = any(kind in _TITLES for kind in kinds)
    subtitles = PP_PLACEHOLDER.SUBTITLE in kinds
    return int(not titles), int(not subtitles), len(kinds)
