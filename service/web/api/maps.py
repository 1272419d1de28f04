"""The map as one file, and its layers as GeoJSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from service.domain.regions import Level
from service.mapping import draw_map, region_features
from service.web.deps import SessionDep, TaggedAnswer, WorkspaceDep
from service.web.guard import MAP_POLICY

router = APIRouter(tags=["map"], dependencies=[TaggedAnswer])

RegionQuery = Annotated[str, Query(description="adcode or name", examples=["330800"], max_length=60)]
ChainQuery = Annotated[str, Query(description="chain id", examples=["lithium-battery"], max_length=60)]


@router.get("/map", response_class=Response)
def read_map(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    node: Annotated[str | None, Query(max_length=120, description="targets of this node only")] = None,
    download: bool = False,
) -> Response:
    """Return the interactive map of a chain around a region as one HTML file that needs no internet."""
    page = draw_map(session, workspace.knowledge, workspace.settings, region, chain, node=node)
    headers = {"Content-Security-Policy": MAP_POLICY}
    if download:
        place = workspace.knowledge.geography.find(region).adcode
        headers["Content-Disposition"] = f'attachment; filename="map-{place}-{chain}.html"'
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/map/regions")
def read_region_layer(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    level: Level | None = None,
) -> dict[str, Any]:
    """Return the completeness layer as a GeoJSON FeatureCollection: the regions within `region`."""
    return region_features(session, workspace.knowledge, workspace.settings, region, chain, level=level)
