"""The Chinese font of pictures: found on this machine, and how wide and which texts it can set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags

from service.errors import FontMissing
from service.render.deck_text import clean
from service.render.fonts import PACKAGE, SAMPLE, known_fonts

_FAMILIES = ("Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "sans-serif")
"""What a viewer of an SVG may take where it lacks the font with which the picture was measured."""

_WANTED = "应为含汉字的 TrueType 字体（.ttf、.ttc）"
_UNKNOWN, _ELLIPSIS = "□", "…"
# What may not begin a line.
_CLOSING = frozenset("，。、；：！？）》】”’%％")


class PictureFont:
    """A font by its file. Widths are the advances of its glyphs: nothing is kerned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._face = FT2Font(str(path))
        self._glyphs = self._face.get_charmap()
        self._advances: dict[str, float] = {}
        self.family = self._face.family_name

    def lacks(self, text: str) -> str | None:
        """Return the first character that the font cannot draw, None where it can draw all."""
        return next((char for char in text if ord(char) not in self._glyphs), None)

    def properties(self, size: float) -> FontProperties:
        """Return what matplotlib takes; by its file, so that no font cache can hide it."""
        return FontProperties(family=[self.family, *_FAMILIES], size=size, fname=self.path)

    def clean(self, text: str) -> str:
        """Return the text as one line; what the font cannot draw becomes □."""
        sign = _UNKNOWN if ord(_UNKNOWN) in self._glyphs else "?"
        return "".join(char if ord(char) in self._glyphs else sign for char in clean(text))

    def width(self, text: str, size: float) -> float:
        """Return the width of a text in points at `size` points."""
        return sum(self._advance(char) for char in text) * size

    def _advance(self, char: str) -> float:
        if char not in self._advances:
            glyph = self._face.load_char(ord(char), flags=LoadFlags.NO_SCALE)
            self._advances[char] = glyph.horiAdvance / self._face.units_per_EM
        return self._advances[char]

    def cut(self, text: str, room: float, size: float) -> str:
        """Return the cleaned text, shortened with … to what fits into `room` points at `size` points."""
        text = self.clean(text)
        if self.width(text, size) <= room:
            return text
        left = room - self.width(_ELLIPSIS, size)
        kept: list[str] = []
        for char in text:
            left -= self.width(char, size)
            if left < 0:
                break
            kept.append(char)
        return "".join(kept).rstrip() + _ELLIPSIS

    def wrap(self, text: str, room: float, size: float, lines: int) -> list[str]:
        """Return the text in at most `lines` lines of `room` points, the last one cut where it must be."""
        broken = list(self._break(self.clean(text), room, size))
        if len(broken) <= lines:
            return broken
        return [*broken[: lines - 1], self.cut("".join(broken[lines - 1 :]), room, size)]

    def _break(self, text: str, room: float, size: float) -> Iterator[str]:
        line, used = "", 0.0
        for char in text:
            step = self.width(char, size)
            if line and used + step > room and char not in _CLOSING:
                yield line
                line, used = "", 0.0
            line += char
            used += step
        if line:
            yield line


def find_picture_font(wanted: Path | None = None, folders: Sequence[Path] | None = None) -> PictureFont:
    """Return the Chinese font of pictures.

    Parameters
    ----------
    wanted : the font's file; None looks for a known one in `folders` (None: those of the system).

    Raises
    ------
    FontMissing : none is found, or `wanted` cannot be read or has no Chinese.
    """
    if wanted is not None:
        return _open(wanted)
    for path in known_fonts(folders):
        try:
            return _open(path)
        except FontMissing:
            continue
    raise FontMissing(
        f"生成图片需要一种中文字体，这台机器上没有找到：请安装 {PACKAGE}（apt-get install {PACKAGE}），"
        "或用 ZHAOSHANG_PDF_FONT 指明一个 .ttf 或 .ttc 文件"
    )


@lru_cache(maxsize=4)
def _open(path: Path) -> PictureFont:
    """Open a font file; FontMissing says why it cannot be used."""
    try:
        font = PictureFont(path)
    except (OSError, RuntimeError) as error:
        raise FontMissing(f"字体 {path} 无法读取。{_WANTED}") from error
    lacking = font.lacks(SAMPLE)
    if lacking:
        raise FontMissing(f"字体 {path} 没有汉字“{lacking}”。{_WANTED}")
    return font
