"""The Chinese font that a PDF embeds: found on this machine, so that the file reads the same everywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from service.errors import FontMissing

PACKAGE = "fonts-wqy-microhei"

# File names by preference. Fonts with PostScript outlines (Noto CJK as .otf or .ttc) cannot be embedded.
_KNOWN = (
    "wqy-microhei.ttc", "msyh.ttc", "NotoSansSC-Regular.ttf", "NotoSansSC[wght].ttf",
    "NotoSansSC-VariableFont_wght.ttf", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf", "simhei.ttf", "simsun.ttc", "STHeiti Light.ttc", "Hiragino Sans GB.ttc",
    "Arial Unicode.ttf", "uming.ttc", "ukai.ttc", "gkai00mp.ttf", "gbsn00lp.ttf",
)  # fmt: skip
SAMPLE = "产业链招商缺链目标企业（）、。"


def font_folders() -> tuple[Path, ...]:
    """Return the folders in which systems keep their fonts."""
    home, windows = Path.home(), os.environ.get("WINDIR", "C:/Windows")
    return (
        home / ".local/share/fonts", home / ".fonts", home / "Library/Fonts", Path("/usr/local/share/fonts"),
        Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("/System/Library/Fonts"),
        Path(windows) / "Fonts",
    )  # fmt: skip


def use_chinese_font(wanted: Path | None = None, folders: Sequence[Path] | None = None) -> str:
    """Make a Chinese font known to reportlab and return its name.

    Parameters
    ----------
    wanted : the font's file; None looks for a known one in `folders` (None: those of the system).

    Raises
    ------
    FontMissing : none is found, or `wanted` cannot be read, has PostScript outlines or no Chinese.
    """
    if wanted is not None:
        name, trouble = _register(wanted)
        if name is None:
            raise FontMissing(
                f"字体 {wanted} 不能用于 PDF：{trouble}。应为含汉字的 TrueType 字体（.ttf、.ttc）"
            )
        return name
    for path in known_fonts(folders):
        name, _ = _register(path)
        if name is not None:
            return name
    raise FontMissing(
        f"生成 PDF 需要一种可嵌入的中文字体，这台机器上没有找到：请安装 {PACKAGE}"
        f"（apt-get install {PACKAGE}），或用 ZHAOSHANG_PDF_FONT 指明一个 .ttf 或 .ttc 文件；也可以改用 DOCX"
    )


def known_fonts(folders: Sequence[Path] | None = None) -> Iterator[Path]:
    """Yield the known fonts that lie in the folders (None: those of the system), the preferred ones first."""
    found: dict[str, list[Path]] = {}
    for folder in font_folders() if folders is None else folders:
        if folder.is_dir():
            for path in sorted(folder.rglob("*.tt[fc]")):
                found.setdefault(path.name.lower(), []).append(path)
    for name in _KNOWN:
        yield from found.get(name.lower(), [])


def _register(path: Path) -> tuple[str | None, str]:
    """Return the name of the registered font, or None and why it cannot be used."""
    name = f"zhaoshang-{path}"
    if name in pdfmetrics.getRegisteredFontNames():
        return name, ""
    try:
        font = TTFont(name, str(path), subfontIndex=0)
    except (TTFError, OSError) as error:
        return None, str(error)
    lacking = [sign for sign in SAMPLE if ord(sign) not in font.face.charToGlyph]
    if lacking:
        return None, f"没有汉字 {lacking[0]}"
    pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(name, normal=name, bold=name, italic=name, boldItalic=name)
    return name, ""
