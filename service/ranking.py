"""The same questions asked the other way round: which regions suit a node best, and which suit one firm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit  # type: ignore[import-untyped]

from service.analysis import find_fit
from service.domain.branches import PLACE_FACTORS, BranchTable, place_factors
from service.domain.chains import Chain, Node
from service.domain.coverage import BoolArray, Coverage, FloatArray, coverage_from_cells
from service.domain.factor_table import node_factors
from service.domain.gaps import PRIOR, expected, find_factors
from service.domain.landscape import Landscape
from service.domain.priority import FITTED_FACTORS, GapContext
from service.domain.prospects import Prospects
from service.domain.regions import Geography, Level
from service.domain.weights import NEUTRAL, Factor, Finding, Weights, total, weigh
from service.errors import InvalidQuery, UnknownFirm
from service.knowledge import Knowledge
from service.landscapes import landscape_of
from service.pipeline.cover import counted_links
from service.pipeline.frozen import freeze, place_links
from service.results import FactorRead
from service.results_ranking import RankedRegionRead
from service.storage.candidates import find_firm, list_firms, read_branches
from service.storage.engine import Session
from service.storage.links import count_firms_by_adcode, read_coverage, read_linked_firms
from service.storage.sources import data_version
from service.storage.tables import FirmRow

_HALF = 0.5
_DIGITS = 9


@dataclass(frozen=True)
class RankedPart:
    """A part of a ranking, and of how many regions the whole is."""

    regions: list[RankedRegionRead]
    total: int


@dataclass(frozen=True)
class _Known:
    """What is known of one leaf: its chain over all regions of a level, and all chains over the same."""

    chain: Chain
    node: Node
    coverage: Coverage
    landscape: Landscape
    as_of: dt.date | None


def rank_regions(
    session: Session,
    knowledge: Knowledge,
    node_id: str,
    *,
    level: Level,
    as_of: dt.date | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> RankedPart:
    """Rank all regions of a level for one leaf, best first, by the weights of a gap's priority.

    Parameters
    ----------
    as_of : only firms founded up to this day are known; None: all that are stored.
    limit, offset : which part is returned, with its reasons; None: all.

    Raises
    ------
    UnknownChain, UnknownNode; InvalidQuery when the node is a group, not a leaf.
    """
    known = _known(session, knowledge, node_id, level, as_of)
    values = _node_values(known)
    scores = _scores(values, knowledge.weights.gap)
    chances = _chances(knowledge.weights.gap, values)
    order = _order(known, scores)
    part = [
        (region, _node_reasons(knowledge, known, region), chances.get(row))
        for row, region in _cut(order, limit, offset)
    ]
    return _published(session, knowledge, known, part, len(order), offset)


def rank_for_firm(
    session: Session,
    knowledge: Knowledge,
    firm: str,
    node_id: str,
    *,
    level: Level,
    as_of: dt.date | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> RankedPart:
    """Rank all regions of a level for one firm's next plant or branch in a leaf, best first.

    Half of the score is what the region offers the node (as `rank_regions`), half is where firms like to open
    branches: near their seat and their other places, in large markets. Registers do not say which half
    matters more. Regions where the firm sits or has a branch are left out.

    Raises
    ------
    As `rank_regions`; UnknownFirm; InvalidQuery when several firms fit or the firm's place is not known.
    """
    known = _known(session, knowledge, node_id, level, as_of)
    seat, places, row = _places(session, knowledge.geography, firm, level, as_of)
    markets = _markets(session, knowledge.geography, level, known.coverage.regions)
    found = _Next(knowledge.geography, row.short_name or row.name, seat, places, markets)
    values = found.values(known.coverage.regions)
    scores = _HALF * _scores(_node_values(known), knowledge.weights.gap)
    scores += _HALF * _scores(values, knowledge.weights.place)
    order = [(row, region) for row, region in _order(known, scores) if region not in places]
    part = []
    for place, region in _cut(order, limit, offset):
        reasons = weigh(found.findings(region, place, values), knowledge.weights.place)
        both = [*_node_reasons(knowledge, known, region), *reasons]
        part.append((region, [_halved(factor) for factor in both], None))
    return _published(session, knowledge, known, part, len(order), offset)


def _known(
    session: Session, knowledge: Knowledge, node_id: str, level: Level, as_of: dt.date | None
) -> _Known:
    chain, node = knowledge.node(node_id)
    if chain.children(node_id):
        below = "、".join(child.id for child in chain.children(node_id))
        raise InvalidQuery(f"{node.name} 是一组环节，请选其中之一：{below}")
    regions = tuple(region.adcode for region in knowledge.geography.regions(level))
    if as_of is None:
        cells = [(adcode, code, firms) for adcode, code, firms, _, _ in read_coverage(session, chain, level)]
        coverage = coverage_from_cells(chain, level, regions, cells, firms_known={})
        return _Known(chain, node, coverage, landscape_of(session, knowledge, level, regions), None)
    linked = counted_links(read_linked_firms(session.connection())).filter(pl.col("founded").is_not_null())
    named = linked.rename({"firm_id": "firm"})
    firms = named.select("firm", "adcode", "founded").unique("firm")
    placed = place_links(named.select("firm", "node", "effective"), firms, knowledge.geography, level)
    frozen = freeze(placed, knowledge.chains, knowledge.geography, level, as_of, regions)
    return _Known(chain, node, frozen.coverages[chain.id], frozen.landscape, as_of)


def _node_values(known: _Known) -> dict[str, FloatArray]:
    """All factors of a gap's priority, (R,) each."""
    fit = find_fit(known.chain).get(known.node.id)
    values = node_factors(known.coverage, known.landscape, known.node.id)
    return {**values, "fit": np.full(len(known.coverage.regions), fit.value if fit else NEUTRAL)}


def _scores(values: Mapping[str, FloatArray], weights: Weights) -> FloatArray:
    return np.asarray(sum(100.0 * weights.share(name) * values[name] for name in weights.values))


def _order(known: _Known, scores: FloatArray) -> list[tuple[int, str]]:
    """(row, adcode), best first, ties by code; equal but for rounding is equal."""
    regions = known.coverage.regions
    rows = sorted(range(len(regions)), key=lambda row: (-round(float(scores[row]), _DIGITS), regions[row]))
    return [(row, regions[row]) for row in rows]


def _cut(order: Sequence[tuple[int, str]], limit: int | None, offset: int) -> Sequence[tuple[int, str]]:
    return order[offset:] if limit is None else order[offset : offset + limit]


def _node_reasons(knowledge: Knowledge, known: _Known, region: str) -> list[Factor]:
    coverage, row = known.coverage, known.coverage.row(region)
    column = coverage.column(known.node.id)
    wanted, comparable = expected(coverage.effective, coverage.outside, row)
    context = GapContext(
        region_name=knowledge.region_names[region],
        data_version="",
        prospects=Prospects(known.landscape, region, knowledge.region_names),
        fit=find_fit(known.chain),
    )
    findings = find_factors(
        coverage,
        region,
        known.node.id,
        float(wanted[column]),
        comparable=bool(comparable[column]),
        context=context,
        a=PRIOR,
    )
    return weigh(findings, knowledge.weights.gap)


def _chances(weights: Weights, values: Mapping[str, FloatArray]) -> dict[int, float]:
    """The fitted model's probability by row; empty where the weights are not fitted."""
    if not weights.fitted:
        return {}
    odds = weights.intercept + sum(weights.values[name] * values[name] for name in FITTED_FACTORS)
    return dict(enumerate(np.atleast_1d(expit(odds)).tolist()))


def _published(
    session: Session,
    knowledge: Knowledge,
    known: _Known,
    part: Sequence[tuple[str, Sequence[Factor], float | None]],
    total_regions: int,
    offset: int,
) -> RankedPart:
    column = known.coverage.column(known.node.id)
    found = [
        RankedRegionRead(
            rank=rank,
            adcode=region,
            name=knowledge.geography.full_name(region),
            node=known.node.id,
            score=total(factors),
            probability=chance,
            effective_firms=float(known.coverage.effective[known.coverage.row(region), column]),
            factors=[FactorRead.model_validate(one) for one in factors],
            as_of=known.as_of,
            weights_version=knowledge.weights.gap.version,
            data_version=data_version(session),
        )
        for rank, (region, factors, chance) in enumerate(part, start=offset + 1)
    ]
    return RankedPart(found, total_regions)


def _halved(factor: Factor) -> Factor:
    return Factor(
        factor.name, factor.value, factor.weight * _HALF, factor.contribution * _HALF, factor.reason
    )


def _places(
    session: Session, geography: Geography, firm: str, level: Level, as_of: dt.date | None
) -> tuple[str, frozenset[str], FirmRow]:
    """The region of the firm's seat, the regions where it sits or has a branch, and the firm."""
    chosen = _firms_of(session, firm)
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


def _firms_of(session: Session, firm: str) -> list[FirmRow]:
    """The firm with this key, else those whose name or code it is, else those whose name it is part of."""
    try:
        return [find_firm(session, firm)]
    except UnknownFirm:
        _, found = list_firms(session, text=firm, limit=20)
    exact = [row for row in found if firm in (row.name, row.short_name, row.uscc, row.stock_code)]
    return exact or found


def _markets(
    session: Session, geography: Geography, level: Level, regions: Sequence[str]
) -> dict[str, float]:
    counts = dict.fromkeys(regions, 0.0)
    for adcode, firms in count_firms_by_adcode(session.connection()).iter_rows():
        region = geography.at_level(adcode, level)
        if region in counts:
            counts[region] += firms
    return counts


@dataclass(frozen=True)
class _Next:
    """Where a firm is, as far as its next place goes. `markets`: firms of any kind by region."""

    geography: Geography
    name: str
    seat: str
    places: frozenset[str]
    markets: Mapping[str, float]

    def values(self, regions: Sequence[str]) -> dict[str, FloatArray]:
        """Return the factors of PLACE_FACTORS, each (R,)."""
        here: BoolArray = np.array([[region in self.places for region in regions]])
        rows = [row for row, region in enumerate(regions) if region in self.places]
        province = [self.geography.at_level(region, Level.PROVINCE) or region for region in regions]
        apart = np.full((len(regions), len(regions)), np.inf)
        known = self.geography.distance_matrix_km(regions, [regions[row] for row in rows])
        apart[rows] = np.nan_to_num(known, nan=np.inf)
        table = BranchTable(
            names=(self.name,),
            cities=tuple(regions),
            seat=np.array([regions.index(self.seat)]),
            before=here,
            after=np.zeros_like(here),
            firms=np.array([self.markets[region] for region in regions]),
            province=np.array(province),
            distance_km=apart,
        )
        return {name: values[0] for name, values in place_factors(table, here).items()}

    def findings(self, region: str, row: int, values: Mapping[str, FloatArray]) -> dict[str, Finding]:
        """Return the findings of PLACE_FACTORS for one region, with their sentences."""
        places = sorted(self.places)
        away = dict(zip(places, self.geography.distances_km(region, places), strict=True))
        home = self.geography.at_level(self.seat, Level.PROVINCE)
        same = home == (self.geography.at_level(region, Level.PROVINCE) or region)
        sentences = {
            "proximity": f"距{self.name}注册地约 {away[self.seat]:.0f} 公里。",
            "nearest_branch": f"距{self.name}最近的注册地或分支机构约 {min(away.values()):.0f} 公里。",
            "same_province": f"与{self.name}注册地{'同省' if same else '不同省'}。",
            "market": f"本地各类企业约 {self.markets[region]:.0f} 家。",
            "standing_out": f"本地企业占全省的 {values['standing_out'][row] * 100:.0f}%。",
        }
        return {name: Finding(float(values[name][row]), sentences[name]) for name in PLACE_FACTORS}
