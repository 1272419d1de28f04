"""The map as one file, and its layers as GeoJSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from service.mapping import base_map, draw_map, region_features
from service.web.deps import (
    ChainQuery,
    LevelQuery,
    NodeQuery,
    RegionQuery,
    SessionDep,
    TaggedAnswer,
    WorkspaceDep,
)
from service.web.guard import map_policy

router = APIRouter(tags=["map"], dependencies=[TaggedAnswer])


class GeoJson(JSONResponse):
    """GeoJSON (RFC 7946)."""

    media_type = "application/geo+json"


class WholePage(Response):
    """A page in one file."""

    media_type = "text/html"


@router.get("/map", response_class=WholePage)
def read_map(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    response: Response,
    node: NodeQuery = None,
    download: Annotated[bool, Query(description="as a file to keep", examples=[True])] = False,
) -> Response:
    """Return the interactive map of a chain around a region as one HTML file that needs no internet.

    It shows the targets of the five most urgent gaps, or those of `node` alone.
    """
    page = draw_map(session, workspace.knowledge, workspace.settings, region, chain, node=node)
    tiles = base_map(workspace.settings)
    headers = {**response.headers, "Content-Security-Policy": map_policy(tiles.hosts if tiles else ())}
    if download:
        place = workspace.knowledge.geography.find(region).adcode
        headers["Content-Disposition"] = f'attachment; filename="map-{place}-{chain}.html"'
    return WholePage(page, headers=headers)


@router.get("/map/regions", response_class=GeoJson)
def read_region_layer(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    level: LevelQuery = None,
) -> dict[str, Any]:
    """Return the completeness layer as a GeoJSON FeatureCollection: the regions within `region`."""
    return region_features(session, workspace.knowledge, workspace.settings, region, chain, level=level)
