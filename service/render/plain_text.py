"""Texts for files of other programs: without what XML cannot hold, and not longer than their place."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Return the text without the characters that XML 1.0 forbids; a file with one would not open."""
    return _NOT_XML.sub("", text)


def shorten(text: str, longest: int) -> str:
    """Return at most `longest` characters, the last of them "…" where something was cut off."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
