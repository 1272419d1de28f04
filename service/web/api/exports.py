"""Open data of a chain in a region: GeoPackage, GeoJSON, CSV."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from service.asking import TOP_GAPS
from service.briefing import Brief, read_brief
from service.open_data import (
    DataFormat,
    choose_layers,
    gather_layers,
    layer_files,
    package_layers,
    zip_files,
)
from service.render.open_data import Layer
from service.web.api.briefs import GapsQuery, attachment
from service.web.deps import ChainQuery, RegionQuery, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(prefix="/exports", tags=["exports"], dependencies=[TaggedAnswer])


class LayerName(StrEnum):
    """The layers of open data."""

    REGIONS = "regions"
    FIRMS = "firms"
    TARGETS = "targets"
    GAPS = "gaps"
    NODES = "nodes"
    EDGES = "edges"


LayerQuery = Annotated[
    LayerName | None,
    Query(description="one layer; without it all of them (GeoJSON and CSV as a zip)", examples=["gaps"]),
]


class GeoPackage(Response):
    """A GeoPackage."""

    media_type = "application/geopackage+sqlite3"


def read_brief_of(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    gaps: GapsQuery = TOP_GAPS,
) -> Brief:
    """Return what is known of the chain in the region, with the targets of its most urgent gaps."""
    return read_brief(session, workspace.knowledge, region, chain, top=gaps)


BriefDep = Annotated[Brief, Depends(read_brief_of)]


def read_layers(
    workspace: WorkspaceDep, session: SessionDep, brief: BriefDep, layer: LayerQuery = None
) -> tuple[Layer, ...]:
    """Return the layers that are asked for."""
    layers = gather_layers(session, workspace.knowledge, workspace.settings, brief)
    return choose_layers(layers, layer.value if layer else None)


LayersDep = Annotated[tuple[Layer, ...], Depends(read_layers)]


@router.get("/geopackage", response_class=GeoPackage)
def export_geopackage(brief: BriefDep, layers: LayersDep, response: Response) -> Response:
    """Return the layers regions, firms, targets, gaps, nodes and edges as one GeoPackage (EPSG:4326).

    QGIS opens it; nodes and edges are tables without geometry. The same data gives the same bytes.
    """
    headers = attachment(response, brief, "data", "gpkg")
    return GeoPackage(package_layers(layers, brief), headers=headers)


def _either(kind: str) -> dict[int | str, dict[str, Any]]:
    """What the published description says of one layer, or of all of them in a zip."""
    return {200: {"content": {kind: {}, "application/zip": {}}}}


@router.get("/geojson", response_class=Response, responses=_either("application/geo+json"))
def export_geojson(brief: BriefDep, layers: LayersDep, response: Response) -> Response:
    """Return a layer as GeoJSON, or all of them as a zip of GeoJSON files with a table of their columns."""
    return _files(brief, layers, response, DataFormat.GEOJSON, "application/geo+json")


@router.get("/csv", response_class=Response, responses=_either("text/csv"))
def export_csv(brief: BriefDep, layers: LayersDep, response: Response) -> Response:
    """Return a layer as CSV (UTF-8 with a mark), or all of them as a zip with a table of their columns."""
    return _files(brief, layers, response, DataFormat.CSV, "text/csv; charset=utf-8")


def _files(
    brief: Brief, layers: tuple[Layer, ...], response: Response, form: DataFormat, kind: str
) -> Response:
    files = layer_files(layers, form)
    if len(layers) == 1:
        name, content = next(iter(files.items()))
        stem, _, suffix = name.rpartition(".")
        return Response(content, media_type=kind, headers=attachment(response, brief, stem, suffix))
    headers = attachment(response, brief, str(form), "zip")
    return Response(zip_files(files), media_type="application/zip", headers=headers)
