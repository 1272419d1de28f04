"""The words with which a picture is asked for; light, so that asking does not load what draws."""

from __future__ import annotations

from enum import StrEnum


class PictureKind(StrEnum):
    """What is drawn."""

    MAP = "map"
    TREE = "tree"
    GAPS = "gaps"
    RADAR = "radar"


class PictureFormat(StrEnum):
    """What a picture is written as."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


class PictureSize(StrEnum):
    """The page: 16:9 (3840 x 2160 pixels as PNG), or A4 across (300 dots to the inch as PNG)."""

    SCREEN = "screen"
    A4 = "a4"


class MapShows(StrEnum):
    """Which regions a map shades: those within the region, or beside it (of a province: all of China)."""

    PARTS = "parts"
    PEERS = "peers"
