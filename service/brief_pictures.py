"""The pictures of a set: map, tree, gaps and radar as PNG for slides."""

from __future__ import annotations

from service.briefing import Brief
from service.errors import InvalidQuery
from service.pictures import draw_picture
from service.render.picture_kinds import PictureKind
from service.storage.engine import Session
from service.workspace import Workspace

_NAMES = {
    PictureKind.MAP: "招商地图",
    PictureKind.TREE: "产业链图谱",
    PictureKind.GAPS: "缺链优先级",
    PictureKind.RADAR: "区域对标",
}


def draw_pictures(session: Session, workspace: Workspace, brief: Brief) -> dict[str, bytes]:
    """Return the pictures as PNG by what they show; a radar with too little to compare is left out.

    Raises FontMissing where the machine has no Chinese font.
    """
    found: dict[str, bytes] = {}
    for kind, name in _NAMES.items():
        try:
            pages = _pages(session, workspace, brief, kind)
        except InvalidQuery:
            if kind is not PictureKind.RADAR:
                raise
            continue
        numbered = len(pages) > 1
        found |= {f"{name}{page if numbered else ''}": png for page, png in enumerate(pages, start=1)}
    return found


def _pages(session: Session, workspace: Workspace, brief: Brief, kind: PictureKind) -> list[bytes]:
    """A large tree has several pages, all else one."""
    pages: list[bytes] = []
    total = 1
    while len(pages) < total:
        picture = draw_picture(
            session, workspace.knowledge, workspace.settings, kind, brief.region.adcode, brief.chain.id,
            page=len(pages) + 1,
        )  # fmt: skip
        pages.append(picture.content)
        total = picture.pages
    return pages
