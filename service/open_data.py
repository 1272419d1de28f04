"""Everything of a chain in a region as layers of open data, for QGIS, spreadsheets and scripts."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from service.briefing import Brief
from service.domain.gaps import Gap, NodeRating
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.open_data_firms import firm_layer, target_layer
from service.open_data_regions import border_of, region_layer
from service.render.brief_facts import NO_DATA_DAY
from service.render.geo_export import render_geopackage
from service.render.open_data import (
    DICTIONARY,
    Column,
    Kind,
    Layer,
    Shape,
    columns_csv,
    layer_csv,
    layer_geojson,
)
from service.render.stable_zip import stable_zip
from service.settings import Settings
from service.storage.engine import Session
from service.words import BASES, GAP_FACTORS, KINDS, RATINGS, STAGES

LAYERS = ("regions", "firms", "targets", "gaps", "nodes", "edges")
"""The layers, in their order."""

_RATED = (
    Column("node", Kind.TEXT, "环节编号"),
    Column("name", Kind.TEXT, "环节"),
    Column("stage", Kind.TEXT, "位置：上游、中游、下游"),
    Column("rating", Kind.TEXT, "评级：缺、疑缺、弱、平、强、未观测"),
    Column("basis", Kind.TEXT, "依据：完整名录、选择性名录"),
    Column("effective_firms", Kind.REAL, "有效企业（家），挂链置信度之和"),
    Column("expected", Kind.REAL, "应有（家）"),
    Column("shortfall", Kind.REAL, "缺口（家）"),
    Column("intensity_mean", Kind.REAL, "相对强度：每应有一家，实有几家"),
    Column("intensity_low", Kind.REAL, "相对强度 80% 区间的下限"),
    Column("intensity_high", Kind.REAL, "相对强度 80% 区间的上限"),
    Column("nearby_supply", Kind.REAL, "周边供给（家），按距离折减，不影响评级"),
)
_GAPS = (
    Column("region", Kind.TEXT, "地区代码"),
    Column("region_name", Kind.TEXT, "地区"),
    Column("gap_order", Kind.INTEGER, "按优先级的次序"),
    *_RATED,
    Column("kind", Kind.TEXT, "类型：断点、延上游、延下游、强链、空白"),
    Column("priority", Kind.REAL, "优先级（0–100），等于各因素得分之和"),
    *(Column(f"f_{name}", Kind.REAL, f"{said}得分") for name, said in GAP_FACTORS.items()),
    Column("reasons", Kind.TEXT, "理由"),
    Column("data_version", Kind.TEXT, "数据版本"),
)
_NODES = (
    Column("parent", Kind.TEXT, "上级环节编号，空为最上一级"),
    *_RATED,
    Column("leaf", Kind.FLAG, "是否末级环节"),
    Column("anchor", Kind.FLAG, "本地是否有链主"),
    Column("bottleneck", Kind.TEXT, "卡脖子说明"),
    Column("gbt4754_codes", Kind.TEXT, "国民经济行业代码，分号分隔"),
)
_EDGES = (
    Column("supplier", Kind.TEXT, "供应环节编号"),
    Column("supplier_name", Kind.TEXT, "供应环节"),
    Column("customer", Kind.TEXT, "使用环节编号"),
    Column("customer_name", Kind.TEXT, "使用环节"),
    Column("input_share", Kind.REAL, "占使用环节投入成本的份额（0–1），空为不详"),
    Column("source", Kind.TEXT, "份额来源"),
)


class DataFormat(StrEnum):
    """What open data is written as."""

    GEOPACKAGE = "geopackage"
    GEOJSON = "geojson"
    CSV = "csv"


def gather_layers(
    session: Session, knowledge: Knowledge, settings: Settings, brief: Brief
) -> tuple[Layer, ...]:
    """Return the layers in the order of LAYERS; their numbers are the API's, unrounded."""
    return (
        region_layer(session, knowledge, settings, brief),
        firm_layer(session, knowledge, brief),
        target_layer(session, knowledge, brief),
        _gap_layer(settings, brief),
        _node_layer(brief),
        _edge_layer(brief),
    )


def choose_layers(layers: Sequence[Layer], name: str | None) -> tuple[Layer, ...]:
    """Return all layers, or the one of this name; InvalidQuery where there is none."""
    found = tuple(layer for layer in layers if name in (None, layer.name))
    if not found:
        raise InvalidQuery(f"没有图层 {name!r}，可选：{'、'.join(LAYERS)}")
    return found


def package_layers(layers: Sequence[Layer], brief: Brief) -> bytes:
    """Return the layers as a GeoPackage that bears the day of the data."""
    return render_geopackage(layers, dt.datetime.combine(brief.made_of or NO_DATA_DAY, dt.time()))


def layer_files(layers: Sequence[Layer], form: DataFormat) -> dict[str, bytes]:
    """Return one file for each layer by its name, as CSV or GeoJSON, with the table of their columns."""
    write, suffix = (layer_csv, "csv") if form is DataFormat.CSV else (layer_geojson, "geojson")
    files = {f"{layer.name}.{suffix}": write(layer) for layer in layers}
    return {**files, f"{DICTIONARY}.csv": columns_csv(layers)}


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stable_zip(out.getvalue())


def _gap_layer(settings: Settings, brief: Brief) -> Layer:
    rows = [
        {
            "region": brief.region.adcode,
            "region_name": brief.region.name,
            "gap_order": order,
            **_rated(gap.name, STAGES[gap.stage], gap, gap.nearby_supply),
            "kind": KINDS[gap.kind],
            "priority": gap.priority,
            **_points(gap),
            "reasons": " ".join(factor.reason for factor in gap.factors),
            "data_version": gap.data_version,
        }
        for order, gap in enumerate(brief.report.gaps, start=1)
    ]
    border = border_of(settings, brief.region)
    return Layer("gaps", "缺链", _GAPS, tuple(rows), Shape.AREA, (border,) * len(rows))


def _points(gap: Gap) -> dict[str, float | None]:
    found = {factor.name: factor.contribution for factor in gap.factors}
    return {f"f_{name}": found.get(name) for name in GAP_FACTORS}


def _node_layer(brief: Brief) -> Layer:
    chain = brief.chain
    leaves = {leaf.id for leaf in chain.leaves}
    rows = [
        {
            "parent": node.parent,
            **_rated(node.name, STAGES[node.stage], rated, brief.nearby.get(node.id)),
            "leaf": node.id in leaves,
            "anchor": rated.anchor,
            "bottleneck": node.bottleneck,
            "gbt4754_codes": "；".join(node.gbt4754_codes),
        }
        for node, rated in zip(chain.nodes, brief.ratings, strict=True)
    ]
    return Layer("nodes", "环节", _NODES, tuple(rows))


def _edge_layer(brief: Brief) -> Layer:
    chain = brief.chain
    rows = [
        {
            "supplier": edge.supplier,
            "supplier_name": chain.node(edge.supplier).name,
            "customer": edge.customer,
            "customer_name": chain.node(edge.customer).name,
            "input_share": edge.input_share,
            "source": edge.source,
        }
        for edge in chain.edges
    ]
    return Layer("edges", "供应关系", _EDGES, tuple(rows))


def _rated(name: str, stage: str, one: Gap | NodeRating, nearby: float | None) -> dict[str, Any]:
    return {
        "node": one.node,
        "name": name,
        "stage": stage,
        "rating": RATINGS[one.rating],
        "basis": BASES[one.basis],
        "effective_firms": one.effective_firms,
        "expected": one.expected,
        "shortfall": one.shortfall,
        "intensity_mean": one.intensity.mean,
        "intensity_low": one.intensity.low,
        "intensity_high": one.intensity.high,
        "nearby_supply": nearby,
    }
