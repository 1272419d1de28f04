"""The layers of firms: those here, and those worth visiting, each as a point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import shapely

from service.briefing import Brief
from service.domain.regions import Geography
from service.domain.targets import Target
from service.knowledge import Knowledge
from service.render.open_data import Column, Kind, Layer, Shape
from service.storage.candidates import LinkedFirm, read_node_firms, read_sources_of
from service.storage.engine import Session
from service.storage.tables import FirmRow
from service.targeting import regions_inside
from service.words import TARGET_FACTORS

_BY_COORDINATES, _BY_REGION, _NOWHERE = "坐标", "所在区划中心", "未定位"

_FIRM = (
    Column("firm", Kind.TEXT, "企业键：统一社会信用代码，没有的为 n: 加名称"),
    Column("uscc", Kind.TEXT, "统一社会信用代码"),
    Column("name", Kind.TEXT, "企业名称"),
    Column("adcode", Kind.TEXT, "所在地代码"),
    Column("place", Kind.TEXT, "所在地"),
    Column("located", Kind.TEXT, "点位由来：坐标、所在区划中心（仅作示意）、未定位"),
)
_FIRMS = (
    *_FIRM,
    Column("nodes", Kind.TEXT, "环节编号，分号分隔"),
    Column("node_names", Kind.TEXT, "环节名称，分号分隔"),
    Column("effective", Kind.REAL, "各环节挂链置信度之和（家）"),
    Column("stock_code", Kind.TEXT, "股票代码"),
    Column("standing", Kind.TEXT, "称号，分号分隔"),
    Column("capital_cny", Kind.REAL, "注册资本（元）"),
    Column("revenue_cny", Kind.REAL, "营业收入（元）"),
    Column("employees", Kind.INTEGER, "从业人数"),
    Column("founded", Kind.TEXT, "成立日期"),
    Column("sources", Kind.TEXT, "来源，分号分隔"),
)
_TARGETS = (
    Column("region", Kind.TEXT, "招引地区代码"),
    Column("gap_order", Kind.INTEGER, "缺链按优先级的次序"),
    Column("node", Kind.TEXT, "缺链环节编号"),
    Column("node_name", Kind.TEXT, "缺链环节"),
    Column("rank", Kind.INTEGER, "在这一环节的名次"),
    Column("score", Kind.REAL, "得分（0–100），等于各因素得分之和"),
    *_FIRM,
    *(Column(f"f_{name}", Kind.REAL, f"{said}得分") for name, said in TARGET_FACTORS.items()),
    Column("reasons", Kind.TEXT, "理由"),
    Column("ties", Kind.TEXT, "以商招商"),
    Column("obstacles", Kind.TEXT, "阻碍"),
    Column("sources", Kind.TEXT, "来源，分号分隔"),
)


def firm_layer(session: Session, knowledge: Knowledge, brief: Brief) -> Layer:
    """Return the firms of the region that count in the chain, by key."""
    inside = regions_inside(knowledge.geography, brief.region.adcode)
    linked: dict[int, list[LinkedFirm]] = defaultdict(list)
    for one in read_node_firms(session, [node.id for node in brief.chain.nodes], inside=inside):
        linked[one.firm.id].append(one)
    sources = read_sources_of(session, list(linked))
    firms = sorted((ones[0].firm for ones in linked.values()), key=lambda firm: firm.key)
    rows = [
        {
            **_firm(knowledge.geography, firm),
            "nodes": "；".join(one.node for one in linked[firm.id]),
            "node_names": "；".join(brief.chain.node(one.node).name for one in linked[firm.id]),
            "effective": sum(one.effective for one in linked[firm.id]),
            "stock_code": firm.stock_code,
            "standing": "；".join(firm.standing),
            "capital_cny": firm.capital_cny,
            "revenue_cny": firm.revenue_cny,
            "employees": firm.employees,
            "founded": firm.founded.isoformat() if firm.founded else None,
            "sources": "；".join(row.title for row in sources[firm.id]),
        }
        for firm in firms
    ]
    return Layer("firms", "本地企业", _FIRMS, tuple(rows), Shape.POINT, _points(knowledge.geography, firms))


def target_layer(session: Session, knowledge: Knowledge, brief: Brief) -> Layer:
    """Return the targets of the most urgent gaps, gap by gap, best first."""
    wanted = [
        (order, one.gap.name, one.ranked.node.id, rank, target)
        for order, one in enumerate(brief.top, start=1)
        for rank, target in enumerate(one.ranked.ranked.targets, start=1)
    ]
    nodes = {node for _, _, node, _, _ in wanted}
    firms = {one.firm.key: one.firm for one in read_node_firms(session, nodes)} if nodes else {}
    rows = [
        {
            "region": brief.region.adcode,
            "gap_order": order,
            "node": node,
            "node_name": name,
            "rank": rank,
            "score": target.score,
            **_firm(knowledge.geography, firms[target.firm]),
            **_reasons(target),
        }
        for order, name, node, rank, target in wanted
    ]
    places = _points(knowledge.geography, (firms[target.firm] for *_, target in wanted))
    return Layer("targets", "目标企业", _TARGETS, tuple(rows), Shape.POINT, places)


def _reasons(target: Target) -> Mapping[str, Any]:
    points = {factor.name: factor.contribution for factor in target.factors}
    return {
        **{f"f_{name}": points.get(name) for name in TARGET_FACTORS},
        "reasons": " ".join(factor.reason for factor in target.factors),
        "ties": " ".join(tie.reason for tie in target.ties),
        "obstacles": " ".join(one.reason for one in target.obstacles),
        "sources": "；".join(source.title for source in target.sources),
    }


def _firm(geography: Geography, firm: FirmRow) -> Mapping[str, Any]:
    known = firm.adcode is not None and firm.adcode in geography
    return {
        "firm": firm.key,
        "uscc": firm.uscc,
        "name": firm.name,
        "adcode": firm.adcode,
        "place": geography.full_name(firm.adcode) if known and firm.adcode else firm.adcode,
        "located": _seat(geography, firm)[1],
    }


def _points(geography: Geography, firms: Iterable[FirmRow]) -> tuple[shapely.Geometry | None, ...]:
    seats = (_seat(geography, firm)[0] for firm in firms)
    return tuple(None if seat is None else shapely.Point(seat) for seat in seats)


def _seat(geography: Geography, firm: FirmRow) -> tuple[tuple[float, float] | None, str]:
    """Where a firm is drawn (lon, lat), and how that is known."""
    if firm.lon is not None and firm.lat is not None:
        return (firm.lon, firm.lat), _BY_COORDINATES
    place = geography.get(firm.adcode) if firm.adcode and firm.adcode in geography else None
    if place is None or place.lon is None or place.lat is None:
        return None, _NOWHERE
    return (place.lon, place.lat), _BY_REGION
