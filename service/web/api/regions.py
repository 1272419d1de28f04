"""Regions: search, hierarchy, boundaries."""

from __future__ import annotations

from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Query, Response

from service.analysis import summarise_chains
from service.domain.regions import Level
from service.ingest.boundaries import load_boundaries
from service.results import SummaryRead
from service.results_known import RegionRead, region_reads
from service.storage.sources import data_version
from service.web.api.maps import GeoJson
from service.web.deps import LIST, LevelQuery, PageDep, RegionPath, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(prefix="/regions", tags=["regions"])


@router.get("", responses=LIST)
def list_regions(
    workspace: WorkspaceDep,
    page: PageDep,
    response: Response,
    q: Annotated[
        str, Query(max_length=60, description="name, code, pinyin or initials", examples=["qz"])
    ] = "",
    level: LevelQuery = None,
) -> list[RegionRead]:
    """Search regions by name, code, pinyin or initials, best first; without `q`, list one level."""
    geography = workspace.knowledge.geography
    if q:
        found = [
            r
            for r in geography.search(q, 5000)
            if level is None or geography.at_level(r.adcode, level) == r.adcode
        ]
    else:
        found = list(geography.regions(level or Level.PROVINCE))
    return region_reads(geography, page.cut(found, response))


@router.get("/{region}")
def read_region(region: RegionPath, workspace: WorkspaceDep) -> RegionRead:
    """Return one region by adcode or name."""
    geography = workspace.knowledge.geography
    return RegionRead.of(geography, geography.find(region))


@router.get("/{region}/children", responses=LIST)
def list_children(
    region: RegionPath, workspace: WorkspaceDep, page: PageDep, response: Response
) -> list[RegionRead]:
    """List the regions right below one."""
    geography = workspace.knowledge.geography
    return region_reads(geography, page.cut(geography.children(geography.find(region).adcode), response))


@router.get("/{region}/chains", dependencies=[TaggedAnswer], responses=LIST)
def list_summaries(
    region: RegionPath,
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    level: LevelQuery = None,
) -> list[SummaryRead]:
    """Return every chain in the region at a glance: completeness and how many nodes have each rating."""
    version = data_version(session)
    found = summarise_chains(session, workspace.knowledge, region, level=level)
    return [SummaryRead.of(chain, summary, version) for chain, summary in page.cut(found, response)]


@router.get("/{region}/boundary", response_class=GeoJson)
def read_boundary(region: RegionPath, workspace: WorkspaceDep) -> dict[str, Any]:
    """Return the simplified boundary as a GeoJSON feature (WGS-84); geometry null where none is known."""
    geography = workspace.knowledge.geography
    place = geography.find(region)
    shapes = load_boundaries(place.level, cache_dir=workspace.settings.cache_dir)
    found = shapes.loc[shapes["adcode"] == place.adcode, "geometry"]
    geometry = shapely.orient_polygons(found.iloc[0]).__geo_interface__ if len(found) else None
    return {
        "type": "Feature",
        "id": place.adcode,
        "properties": RegionRead.of(geography, place).model_dump(mode="json"),
        "geometry": geometry,
    }
