"""What was known on a day: linked firms founded up to then -> coverage of each chain and the landscape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from service.domain.chains import Chain
from service.domain.coverage import Coverage, FloatArray, coverage_from_cells
from service.domain.factor_table import chain_factors, landscape_factors
from service.domain.landscape import RECENT_YEARS, Landscape
from service.domain.regions import Geography, Level
from service.pipeline.cover import years_before

DATED_SHARE = 0.5
"""Share of linked firms whose founding date must be known for `recent` to be read."""


@dataclass(frozen=True)
class Frozen:
    """All chains over the regions of one level, as known on a day.

    `coverages` by chain id; `landscape` over the leaves that the chains own.
    """

    day: dt.date
    level: Level
    landscape: Landscape
    coverages: Mapping[str, Coverage]

    @cached_property
    def factors(self) -> Mapping[str, FloatArray]:
        """Every factor of `factor_table` by name, (R, N), in the order of `landscape.nodes`."""
        return all_factors(self.landscape, self.coverages)


def own_leaves(chains: Mapping[str, Chain]) -> list[tuple[str, str]]:
    """Return (leaf id, id of the group that it stands in) of every leaf in its home chain."""
    return [
        (leaf.id, leaf.parent or chain.id)
        for chain in chains.values()
        for leaf in chain.own_nodes
        if not chain.children(leaf.id)
    ]


def place_links(links: pl.DataFrame, firms: pl.DataFrame, geography: Geography, level: Level) -> pl.DataFrame:
    """Return (firm, node, effective, region, founded) of the links whose firm stands at `level`.

    `links` has firm, node, effective; `firms` firm, adcode, founded.
    """
    codes = firms["adcode"].drop_nulls().unique().to_list()
    places = pl.DataFrame(
        {"adcode": codes, "region": [geography.at_level(code, level) for code in codes]},
        schema={"adcode": pl.String, "region": pl.String},
    ).drop_nulls()
    located = firms.select("firm", "adcode", "founded").join(places, on="adcode")
    return links.join(located, on="firm").select("firm", "node", "effective", "region", "founded")


def freeze(
    placed: pl.DataFrame,
    chains: Mapping[str, Chain],
    geography: Geography,
    level: Level,
    day: dt.date,
    regions: Sequence[str],
) -> Frozen:
    """Build what was known on `day` from links placed by `place_links`.

    Where at least half of the linked firms have a founding date, those without one are left out: nothing
    says that they were there. Else dates are not read at all and every firm counts.
    """
    share = placed["founded"].is_not_null().sum() / placed.height if placed.height else 0.0
    dated = share >= DATED_SHARE
    known = placed.filter(pl.col("founded") <= day) if dated else placed
    since = years_before(day, RECENT_YEARS)
    all_cells = _sum(known)
    new_cells = _sum(known.filter(pl.col("founded") > since)) if dated else {}
    leaves = own_leaves(chains)
    landscape = Landscape(
        regions=tuple(regions),
        nodes=tuple(leaf for leaf, _ in leaves),
        branches=tuple(branch for _, branch in leaves),
        effective=_fill(all_cells, regions, [leaf for leaf, _ in leaves]),
        recent=_fill(new_cells, regions, [leaf for leaf, _ in leaves]),
        distance_km=distances(geography, regions),
        dated=dated,
        until=day,
    )
    coverages = {key: _cover(chain, level, regions, all_cells) for key, chain in chains.items()}
    return Frozen(day, level, landscape, coverages)


def distances(geography: Geography, regions: Sequence[str], rows: slice = slice(None)) -> FloatArray:
    """Return the distances from some regions to all of them in km, (rows, R); inf where not known."""
    return np.nan_to_num(geography.distance_matrix_km(regions, regions[rows]), nan=np.inf)


def all_factors(landscape: Landscape, coverages: Mapping[str, Coverage]) -> dict[str, FloatArray]:
    """Return every factor of `factor_table` over the leaves of the landscape, each (R, N)."""
    found: dict[str, FloatArray] = {}
    for key, coverage in coverages.items():
        leaves = coverage.chain.leaves
        own = [place for place, leaf in enumerate(leaves) if leaf.id.startswith(f"{key}/")]
        columns = [landscape.column(leaves[place].id) for place in own]
        for name, values in chain_factors(coverage).items():
            table = found.setdefault(name, np.zeros(landscape.effective.shape))
            table[:, columns] = values[:, own]
    return {**found, **landscape_factors(landscape)}


def cell_table(placed: pl.DataFrame, regions: Sequence[str], nodes: Sequence[str]) -> FloatArray:
    """Return effective firms by region and node, (R, N), of links placed by `place_links`."""
    return _fill(_sum(placed), regions, nodes)


def _sum(placed: pl.DataFrame) -> dict[tuple[str, str], float]:
    cells = placed.group_by("region", "node").agg(pl.col("effective").sum()).sort("region", "node")
    return {(region, node): effective for region, node, effective in cells.iter_rows()}


def _fill(cells: Mapping[tuple[str, str], float], regions: Sequence[str], nodes: Sequence[str]) -> FloatArray:
    rows = {region: row for row, region in enumerate(regions)}
    columns = {node: column for column, node in enumerate(nodes)}
    table = np.zeros((len(rows), len(columns)))
    for (region, node), effective in cells.items():
        if region in rows and node in columns:
            table[rows[region], columns[node]] = effective
    return table


def _cover(
    chain: Chain, level: Level, regions: Sequence[str], cells: Mapping[tuple[str, str], float]
) -> Coverage:
    nodes = {node.id for node in chain.nodes}
    ours = [(region, node, effective) for (region, node), effective in cells.items() if node in nodes]
    return coverage_from_cells(chain, level, regions, ours, firms_known={})
