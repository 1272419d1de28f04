"""How far gaps and ratings can be relied on: what API, pages and command line ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from service.analysis import ChainView, report_gaps, view_chain
from service.domain.chains import Chain
from service.domain.completeness import RegionReport
from service.domain.confidence import FirmKinds, RatingConfidence, rate_confidence
from service.domain.coverage import Coverage
from service.domain.gaps import Gap
from service.domain.regions import Geography, Level
from service.domain.stability import ListStability, measure_stability, merge_gaps
from service.kept import Kept
from service.knowledge import Knowledge
from service.pipeline.anchors import mark_anchors
from service.pipeline.cover import counted_links
from service.storage.engine import Session
from service.storage.links import read_chain_links
from service.storage.sources import data_version

_Confidences = Mapping[str, RatingConfidence]


# Cells of all chains at all levels; the firms of a chain are read once for all of them.
_MOST_CELLS = 12_000_000
_firms: Kept[FirmKinds] = Kept(_MOST_CELLS, cost=lambda kinds: kinds.links.size)
_counted: Kept[pl.DataFrame] = Kept(3_000_000, cost=lambda counted: counted.height)
_confidences: Kept[_Confidences] = Kept(512)


@dataclass(frozen=True)
class Reliance:
    """A list of gaps with how it stands under moved weights and how sure each rating is, by node.

    `confidences` also has the nodes that are no gaps; nodes that are unobserved stand in neither.
    """

    gaps: tuple[Gap, ...]
    stability: ListStability
    confidences: _Confidences


def judge_chain(session: Session, knowledge: Knowledge, view: ChainView, report: RegionReport) -> Reliance:
    """Return how far the gaps of one chain in the region of `view` can be relied on."""
    confidences = _rate_confidence(session, knowledge, view)
    return Reliance(report.gaps, measure_stability(report.gaps), confidences)


def judge_region(
    session: Session, knowledge: Knowledge, region: str, *, level: Level | None = None
) -> Reliance:
    """Return the same for the gaps of all chains in a region as one list, each node as its own chain has it.

    Raises
    ------
    UnknownRegion; InvalidQuery when the region does not stand at `level`.
    """
    gaps: dict[str, tuple[Gap, ...]] = {}
    confidences: dict[str, RatingConfidence] = {}
    for chain in knowledge.chains:
        view = view_chain(session, knowledge, region, chain, level=level)
        gaps[chain] = report_gaps(knowledge, view).gaps
        found = _rate_confidence(session, knowledge, view)
        confidences.update({node: one for node, one in found.items() if node.startswith(f"{chain}/")})
    merged = merge_gaps(gaps)
    return Reliance(tuple(merged), measure_stability(merged), confidences)


def firm_kinds(session: Session, geography: Geography, coverage: Coverage) -> FirmKinds:
    """Return the firms that a coverage was summed from, those with the same links together."""
    chain = coverage.chain
    row_of = {region: row for row, region in enumerate(coverage.regions)}
    column_of = {node.id: place for place, node in enumerate(chain.nodes)}
    counted = _counted.find(session, (data_version(session), chain), lambda: _count(session, chain))
    codes = counted["adcode"].unique().to_list()
    at_level = {code: geography.at_level(code, coverage.level) for code in codes}
    rows = {code: row_of[region] for code, region in at_level.items() if region in row_of}
    places = pl.DataFrame(
        {"adcode": list(rows), "row": list(rows.values())}, schema={"adcode": pl.String, "row": pl.Int64}
    )
    columns = pl.DataFrame({"node": list(column_of), "column": list(column_of.values())})
    alike = (
        counted.join(places, on="adcode")
        .join(columns, on="node")
        .sort("column")
        .group_by("firm_id", "row", maintain_order=True)
        .agg("column", "effective", "anchor")
        .group_by("row", "column", "effective", "anchor")
        .len("firms")
        .sort("column", "effective", "anchor", "row")
    )
    kind_of: dict[tuple[tuple[int, ...], tuple[float, ...], tuple[bool, ...]], int] = {}
    kinds = []
    for at, effective, anchor in alike.select("column", "effective", "anchor").iter_rows():
        kinds.append(kind_of.setdefault((tuple(at), tuple(effective), tuple(anchor)), len(kind_of)))
    links, anchors = np.zeros((len(kind_of), len(column_of))), np.zeros((len(kind_of), len(column_of)))
    for (at, effective, anchor), kind in kind_of.items():
        links[kind, list(at)] = effective
        anchors[kind, list(at)] = anchor
    return FirmKinds(
        links=links,
        anchors=anchors @ coverage.below.T > 0,
        rows=alike["row"].to_numpy().astype(np.int64),
        kinds=np.array(kinds, dtype=np.int64),
        firms=alike["firms"].to_numpy().astype(np.int64),
    )


def _count(session: Session, chain: Chain) -> pl.DataFrame:
    marked = mark_anchors(counted_links(read_chain_links(session, chain)))
    return marked.drop_nulls("adcode").select("firm_id", "node", "adcode", "effective", "anchor")


def firms_behind(session: Session, knowledge: Knowledge, view: ChainView) -> FirmKinds:
    """Return `firm_kinds` of the view's coverage, found once for each state of the data."""
    coverage = view.coverage
    return _firms.find(
        session,
        (view.data_version, coverage.chain, str(coverage.level), coverage.regions),
        lambda: firm_kinds(session, knowledge.geography, coverage),
    )


def _rate_confidence(session: Session, knowledge: Knowledge, view: ChainView) -> _Confidences:
    """The confidences of one chain in one region; computed once for each state of the data."""
    coverage, region = view.coverage, view.region.adcode
    chain = (view.data_version, coverage.chain.id, str(coverage.level), coverage.regions)

    def rate() -> _Confidences:
        return rate_confidence(coverage, region, firms_behind(session, knowledge, view))

    return _confidences.find(session, (*chain, region), rate)
