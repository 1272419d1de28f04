"""The layers of the map page, each as GeoJSON, and the firms of a drawn area."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.map_features import (
    country_features,
    firm_features,
    firms_in_area,
    target_features,
    zone_features,
)
from service.render.csv_table import csv_bytes
from service.web.api.maps import GeoJson
from service.web.deps import ChainQuery, NodeQuery, RegionQuery, SessionDep, TaggedAnswer, WorkspaceDep
from service.web.problems import describe_problems

router = APIRouter(tags=["map"])
_LISTED = 200


@router.get("/map/country", response_class=GeoJson, dependencies=[TaggedAnswer])
def read_country(workspace: WorkspaceDep) -> dict[str, Any]:
    """Return the outlines of the provinces and the dash line of the South China Sea as GeoJSON."""
    return country_features(workspace.settings.cache_dir)


@router.get("/map/firms", response_class=GeoJson, dependencies=[TaggedAnswer])
def read_firm_layer(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    node: NodeQuery = None,
) -> dict[str, Any]:
    """Return the chain's firms in a region as GeoJSON points; `placed` false: near its county's middle."""
    return firm_features(session, workspace.knowledge, region, chain, node=node)


@router.get("/map/targets", response_class=GeoJson, dependencies=[TaggedAnswer])
def read_target_layer(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    node: NodeQuery = None,
) -> dict[str, Any]:
    """Return the best targets of the most urgent gaps (of `node` alone where given) as GeoJSON points."""
    return target_features(session, workspace.knowledge, region, chain, node=node)


@router.get("/map/zones", response_class=GeoJson, dependencies=[TaggedAnswer])
def read_zone_layer(workspace: WorkspaceDep, region: RegionQuery) -> dict[str, Any]:
    """Return the development zones of a region as GeoJSON points near the middle of their regions."""
    return zone_features(workspace.knowledge, region)


class AreaQuery(BaseModel):
    """A drawn area: firms of which region and chain, and the polygon."""

    region: str = Field(max_length=60, examples=["330800"])
    chain: str = Field(max_length=60, examples=["lithium-battery"])
    node: str | None = Field(default=None, max_length=120)
    polygon: dict[str, Any] = Field(
        description="GeoJSON Polygon, WGS-84",
        examples=[
            {
                "type": "Polygon",
                "coordinates": [[[118.7, 28.9], [119.0, 28.9], [119.0, 29.1], [118.7, 28.9]]],
            }
        ],
    )


class AreaFirm(BaseModel):
    """A firm inside the area; `placed` false: it stands near the middle of its county."""

    key: str
    name: str
    nodes: list[str]
    place: str
    lon: float
    lat: float
    placed: bool


class NodeCount(BaseModel):
    """How many firms of a node are inside the area."""

    node: str
    firms: int


class AreaRead(BaseModel):
    """The firms of a drawn area: how many, how many by node, and the first by name."""

    total: int
    by_node: list[NodeCount]
    firms: list[AreaFirm]


@router.post("/map/area", response_model=AreaRead, responses=describe_problems(404, 422))
def read_area(
    workspace: WorkspaceDep,
    session: SessionDep,
    asked: AreaQuery,
    file: Annotated[bool, Query(description="all of them as CSV instead", examples=[False])] = False,
) -> AreaRead | Response:
    """Return the firms inside a drawn area."""
    found = firms_in_area(
        session, workspace.knowledge, asked.region, asked.chain, asked.polygon, node=asked.node
    )
    if file:
        names = {node.id: node.name for node in workspace.knowledge.chain(asked.chain).nodes}
        rows = [
            {
                "企业": one.name,
                "所在地": one.place,
                "环节": "、".join(names[node] for node in one.nodes),
                "成立年份": one.founded or "",
                "经度": round(one.lon, 5),
                "纬度": round(one.lat, 5),
                "位置": "坐标" if one.placed else "区县中部，仅作示意",
            }
            for one in found.firms
        ]
        headers = {"Content-Disposition": 'attachment; filename="area.csv"'}
        return Response(csv_bytes(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return AreaRead(
        total=len(found.firms),
        by_node=[NodeCount(node=node, firms=count) for node, count in found.by_node],
        firms=[
            AreaFirm(
                key=one.key,
                name=one.name,
                nodes=list(one.nodes),
                place=one.place,
                lon=one.lon,
                lat=one.lat,
                placed=one.placed,
            )
            for one in found.firms[:_LISTED]
        ],
    )
