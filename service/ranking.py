"""The same questions asked the other way round: which regions suit a node best, and which suit one firm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy.special import expit  # type: ignore[import-untyped]

from service.analysis import find_fit
from service.domain.branches import PLACE_FACTORS, BranchTable, place_factors
from service.domain.chains import Chain, Node
from service.domain.coverage import BoolArray
from service.domain.gaps import PRIOR, expected, find_factors
from service.domain.priority import FITTED_FACTORS, GapContext
from service.domain.prospects import Prospects
from service.domain.regions import Geography, Level
from service.domain.weights import Factor, Finding, Weights, total, weigh
from service.errors import InvalidQuery, UnknownFirm
from service.knowledge import Knowledge
from service.pipeline.cover import counted_links
from service.pipeline.frozen import Frozen, distances, freeze, place_links
from service.results import FactorRead
from service.results_ranking import RankedRegionRead
from service.storage.candidates import list_firms, read_branches
from service.storage.engine import Session
from service.storage.links import count_firms_by_adcode, read_linked_firms
from service.storage.sources import data_version
from service.storage.tables import FirmRow

_FAR_FUTURE = dt.date(9999, 1, 1)
_HALF = 0.5


def rank_regions(
    session: Session, knowledge: Knowledge, node_id: str, *, level: Level, as_of: dt.date | None = None
) -> list[RankedRegionRead]:
    """Return all regions of a level for one leaf, best first, by the weights of a gap's priority.

    Parameters
    ----------
    as_of : only firms founded up to this day are known; None: all that are stored.

    Raises
    ------
    UnknownChain, UnknownNode; InvalidQuery when the node is a group, not a leaf.
    """
    chain, node = _leaf(knowledge, node_id)
    frozen = _frozen(session, knowledge, level, as_of)
    factors = _node_factors(knowledge, frozen, chain, node)
    version = data_version(session)
    return _ranked(knowledge, frozen, node, factors, _chances(knowledge.weights.gap, factors), version)


def rank_for_firm(
    session: Session,
    knowledge: Knowledge,
    firm: str,
    node_id: str,
    *,
    level: Level,
    as_of: dt.date | None = None,
) -> list[RankedRegionRead]:
    """Return all regions of a level for one firm's next plant or branch in a leaf, best first.

    Half of the score is what the region offers the node (as `rank_regions`), half is where firms like to open
    branches: near their seat and their other places, in large markets. Registers do not say which half
    matters more. Regions where the firm sits or has a branch are left out.

    Raises
    ------
    As `rank_regions`; UnknownFirm; InvalidQuery when several firms fit or the firm's place is not known.
    """
    chain, node = _leaf(knowledge, node_id)
    frozen = _frozen(session, knowledge, level, as_of)
    seat, places, row = _places(session, knowledge.geography, firm, level, as_of)
    markets = _markets(session, knowledge.geography, level, frozen.landscape.regions)
    found = _place_findings(knowledge, frozen, row.short_name or row.name, seat, places, markets)
    halves = _node_factors(knowledge, frozen, chain, node)
    both = {
        region: [
            *(_halved(factor) for factor in factors),
            *(_halved(factor) for factor in weigh(found[region], knowledge.weights.place)),
        ]
        for region, factors in halves.items()
        if region not in places
    }
    return _ranked(knowledge, frozen, node, both, {}, data_version(session))


def _leaf(knowledge: Knowledge, node_id: str) -> tuple[Chain, Node]:
    chain, node = knowledge.node(node_id)
    if chain.children(node_id):
        below = "、".join(child.id for child in chain.children(node_id))
        raise InvalidQuery(f"{node.name} 是一组环节，请选其中之一：{below}")
    return chain, node


def _frozen(session: Session, knowledge: Knowledge, level: Level, as_of: dt.date | None) -> Frozen:
    linked = counted_links(read_linked_firms(session.connection()))
    firms = linked.select(pl.col("firm_id").alias("firm"), "adcode", "founded").unique("firm")
    links = linked.select(pl.col("firm_id").alias("firm"), "node", "effective")
    placed = place_links(links, firms, knowledge.geography, level)
    regions = [region.adcode for region in knowledge.geography.regions(level)]
    if as_of is not None and placed["founded"].is_null().mean() != 0:
        placed = placed.filter(pl.col("founded").is_not_null())
    day = as_of or placed["founded"].max() or _FAR_FUTURE
    if not isinstance(day, dt.date):
        raise InvalidQuery(f"成立日期应为日期，库中是 {day!r}")
    return freeze(placed, knowledge.chains, knowledge.geography, level, day, regions)


def _node_factors(knowledge: Knowledge, frozen: Frozen, chain: Chain, node: Node) -> dict[str, list[Factor]]:
    coverage, fit = frozen.coverages[chain.id], find_fit(chain)
    column = coverage.column(node.id)
    found = {}
    for row, region in enumerate(coverage.regions):
        wanted, comparable = expected(coverage.effective, coverage.outside, row)
        context = GapContext(
            region_name=knowledge.region_names[region],
            data_version="",
            prospects=Prospects(frozen.landscape, region, knowledge.region_names),
            fit=fit,
        )
        findings = find_factors(
            coverage,
            region,
            node.id,
            float(wanted[column]),
            comparable=bool(comparable[column]),
            context=context,
            a=PRIOR,
        )
        found[region] = weigh(findings, knowledge.weights.gap)
    return found


def _chances(weights: Weights, factors: Mapping[str, Sequence[Factor]]) -> dict[str, float]:
    """The fitted model's probability of each region; empty where the weights are not fitted."""
    if not weights.fitted:
        return {}
    return {
        region: float(
            expit(
                weights.intercept
                + sum(weights.values[one.name] * one.value for one in each if one.name in FITTED_FACTORS)
            )
        )
        for region, each in factors.items()
    }


def _ranked(
    knowledge: Knowledge,
    frozen: Frozen,
    node: Node,
    factors: Mapping[str, Sequence[Factor]],
    chances: Mapping[str, float],
    version: str,
) -> list[RankedRegionRead]:
    effective = frozen.landscape.effective[:, frozen.landscape.column(node.id)]
    scored = sorted(((total(each), region) for region, each in factors.items()), key=lambda x: (-x[0], x[1]))
    return [
        RankedRegionRead(
            rank=rank,
            adcode=region,
            name=knowledge.geography.full_name(region),
            node=node.id,
            score=score,
            probability=chances.get(region),
            effective_firms=float(effective[frozen.landscape.row(region)]),
            factors=[FactorRead.model_validate(one) for one in factors[region]],
            as_of=None if frozen.day == _FAR_FUTURE else frozen.day,
            weights_version=knowledge.weights.gap.version,
            data_version=version,
        )
        for rank, (score, region) in enumerate(scored, start=1)
    ]


def _halved(factor: Factor) -> Factor:
    return Factor(
        factor.name, factor.value, factor.weight * _HALF, factor.contribution * _HALF, factor.reason
    )


def _places(
    session: Session, geography: Geography, firm: str, level: Level, as_of: dt.date | None
) -> tuple[str, frozenset[str], FirmRow]:
    """The region of the firm's seat, the regions where it sits or has a branch, and the firm."""
    _, found = list_firms(session, text=firm, limit=20)
    exact = [row for row in found if firm in (row.name, row.short_name, row.uscc, row.stock_code, row.key)]
    chosen = exact or found
    if not chosen:
        raise UnknownFirm(f"没有企业 {firm!r}")
    if len(chosen) > 1:
        names = "、".join(row.name for row in chosen[:5])
        raise InvalidQuery(f"“{firm}”对应不止一家企业：{names}；请给出统一社会信用代码或全称")
    row = chosen[0]
    seat = geography.at_level(row.adcode, level) if row.adcode else None
    if seat is None:
        raise InvalidQuery(f"{row.name} 的注册地不详或没有细到这一级，无法按距离排序")
    branches = read_branches(session, {row.normal_name}).get(row.normal_name, [])
    known = [one for one in branches if as_of is None or (one.founded and one.founded <= as_of)]
    regions = {geography.at_level(one.adcode, level) for one in known if one.adcode}
    return seat, frozenset({seat, *(region for region in regions if region)}), row


def _markets(
    session: Session, geography: Geography, level: Level, regions: Sequence[str]
) -> dict[str, float]:
    counts = dict.fromkeys(regions, 0.0)
    for adcode, firms in count_firms_by_adcode(session.connection()).iter_rows():
        region = geography.at_level(adcode, level)
        if region in counts:
            counts[region] += firms
    return counts


def _place_findings(
    knowledge: Knowledge,
    frozen: Frozen,
    name: str,
    seat: str,
    places: frozenset[str],
    markets: Mapping[str, float],
) -> dict[str, dict[str, Finding]]:
    """The findings of PLACE_FACTORS for each region."""
    regions = frozen.landscape.regions
    geography = knowledge.geography
    here: BoolArray = np.array([[region in places for region in regions]])
    province = np.array([geography.at_level(region, Level.PROVINCE) or region for region in regions])
    table = BranchTable(
        names=(name,),
        cities=regions,
        seat=np.array([regions.index(seat)]),
        before=here,
        after=np.zeros_like(here),
        firms=np.array([markets[region] for region in regions]),
        province=province,
        distance_km=distances(geography, regions),
    )
    values = place_factors(table, here)
    apart = table.distance_km[table.seat[0]]
    nearest = table.distance_km[here[0]].min(axis=0)
    found = {}
    for place, region in enumerate(regions):
        inside = province[place] == province[table.seat[0]]
        sentences = {
            "proximity": f"距{name}注册地约 {apart[place]:.0f} 公里。",
            "nearest_branch": f"距{name}最近的一处（注册地或分支机构）约 {nearest[place]:.0f} 公里。",
            "same_province": f"与{name}注册地{'同省' if inside else '不同省'}。",
            "market": f"本地各类企业约 {markets[region]:.0f} 家。",
            "standing_out": f"本地企业占全省的 {values['standing_out'][0, place] * 100:.0f}%。",
        }
        found[region] = {
            factor: Finding(float(values[factor][0, place]), sentences[factor]) for factor in PLACE_FACTORS
        }
    return found
