"""Pictures for print and slides: map, chain tree, gaps and radar as PNG, SVG or PDF."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from service.pictures import draw_picture
from service.render.picture_kinds import MapShows, PictureFormat, PictureKind, PictureSize
from service.web.deps import ChainQuery, RegionQuery, SessionDep, TaggedAnswer, WorkspaceDep
from service.web.problems import describe_problems

router = APIRouter(tags=["pictures"], dependencies=[TaggedAnswer])

MEDIA_TYPES = {
    PictureFormat.PNG: "image/png",
    PictureFormat.SVG: "image/svg+xml",
    PictureFormat.PDF: "application/pdf",
}
_MOST_PAGES = 100
_FILE = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/pictures/{kind}",
    response_class=Response,
    responses={
        200: {
            "content": dict.fromkeys(MEDIA_TYPES.values(), _FILE),
            "headers": {
                "X-Page-Count": {
                    "description": "pages in all; a PDF holds every one",
                    "schema": {"type": "integer", "minimum": 1},
                }
            },
        },
        **describe_problems(503),
    },
)
def read_picture(
    workspace: WorkspaceDep,
    session: SessionDep,
    kind: Annotated[PictureKind, Path(description="what is drawn", examples=["tree"])],
    region: RegionQuery,
    chain: ChainQuery,
    response: Response,
    form: Annotated[
        PictureFormat, Query(alias="format", description="PNG, or vectors", examples=["png"])
    ] = PictureFormat.PNG,
    size: Annotated[
        PictureSize,
        Query(description="16:9 (PNG: 3840 x 2160), or A4 across (PNG: 300 dpi)", examples=["screen"]),
    ] = PictureSize.SCREEN,
    shows: Annotated[
        MapShows,
        Query(description="a map shades the parts of the region, or its peers", examples=["parts"]),
    ] = MapShows.PARTS,
    page: Annotated[
        int, Query(ge=1, le=_MOST_PAGES, description="page of a PNG or SVG; see X-Page-Count", examples=[1])
    ] = 1,
    download: Annotated[bool, Query(description="as a file to keep", examples=[True])] = False,
) -> Response:
    """Return a picture of a chain in a region, drawn without a browser; legible in black and white.

    The numbers are those of /gaps, /targets, /compare and /map/regions. Two answers from the same data are
    the same bytes. Where the machine has no Chinese font the answer is 503 and says what to install.
    """
    found = draw_picture(
        session, workspace.knowledge, workspace.settings, kind, region, chain,
        form=form, size=size, page=page, shows=shows,
    )  # fmt: skip
    headers = {**response.headers, "X-Page-Count": str(found.pages)}
    if download:
        place = workspace.knowledge.geography.find(region).adcode
        headers["Content-Disposition"] = f'attachment; filename="{kind}-{place}-{chain}.{form}"'
    return Response(found.content, media_type=MEDIA_TYPES[form], headers=headers)
