"""The factors of a gap's priority for all regions and leaves at once: what the back-test fits and measures.

`priority` finds the same values cell by cell with their sentences; a test holds the two together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from service.domain.chains import Chain
from service.domain.coverage import PRESENT, Coverage, FloatArray
from service.domain.gaps import PRIOR
from service.domain.landscape import Landscape
from service.domain.priority import path_shares
from service.domain.weights import NEUTRAL

_ROUNDING = 1e-12


def chain_factors(coverage: Coverage, *, a: float = PRIOR) -> dict[str, FloatArray]:
    """Return shortfall, demand_pull, supply_push and criticality, each (R, L), L leaves of the chain in
    the order of `chain.leaves`.
    """
    leaves = [coverage.column(leaf.id) for leaf in coverage.chain.leaves]
    firms = coverage.effective[:, leaves]
    return {
        "shortfall": _shortfall(coverage, a)[:, leaves],
        "demand_pull": neighbour_factor(coverage.chain, firms, customers=True),
        "supply_push": neighbour_factor(coverage.chain, firms, customers=False),
        "criticality": np.broadcast_to(criticality_factor(coverage), firms.shape),
    }


def landscape_factors(landscape: Landscape) -> dict[str, FloatArray]:
    """Return feasibility, momentum, peers, neighbours, base and growth, each (R, N)."""
    density = landscape.density
    return {
        "feasibility": np.where(np.isnan(density), NEUTRAL, np.clip(density, 0.0, 1.0)),
        "momentum": landscape.momentum,
        "peers": landscape.peers,
        "neighbours": landscape.neighbours,
        "base": landscape.base,
        "growth": np.broadcast_to(landscape.growth[:, None], landscape.effective.shape),
    }


def node_factors(coverage: Coverage, landscape: Landscape, node: str) -> dict[str, FloatArray]:
    """Return all factors but fit of one leaf, each (R,); both tables are over the same regions in this order.

    As `chain_factors` and `landscape_factors` for all leaves, without the work for the others.
    """
    place = [leaf.id for leaf in coverage.chain.leaves].index(node)
    column = landscape.column(node)
    density = landscape.density[:, column]
    return {
        **{name: values[:, place] for name, values in chain_factors(coverage).items()},
        "feasibility": np.where(np.isnan(density), NEUTRAL, np.clip(density, 0.0, 1.0)),
        "momentum": landscape.momentum[:, column],
        "peers": landscape.peers[:, column],
        "neighbours": landscape.neighbours[:, column],
        "base": landscape.base[:, column],
        "growth": landscape.growth,
    }


def _shortfall(coverage: Coverage, a: float) -> FloatArray:
    """As `gaps.expected` row by row, for all rows at once: sums elsewhere are differences here, and what is
    left of them by rounding is taken for 0.
    """
    firms, rest = coverage.effective, coverage.outside
    inside, outside = firms.sum(axis=0) - firms, rest.sum(axis=0) - rest
    noise = _ROUNDING * (1.0 + firms.sum(axis=0) + rest.sum(axis=0))
    comparable = outside > noise
    product = rest * np.where(inside > noise, inside, 0.0)
    wanted = np.divide(product, outside, out=np.zeros_like(product), where=comparable)
    short = np.maximum(0.0, wanted - firms)
    return np.asarray(np.where(comparable, short / (a + wanted), 0.0))


def neighbour_factor(chain: Chain, firms: FloatArray, *, customers: bool) -> FloatArray:
    """Return the weighted mean of k / (1 + k) over each leaf's customers or suppliers; neutral where it has
    none. `firms` (R, L) of the leaves in the order of `chain.leaves`; the same shape is returned.
    """
    weights = _edge_weights(chain, customers)
    total = weights.sum(axis=0)
    presence = np.where(firms >= PRESENT, firms / (1.0 + firms), 0.0)
    pulled = np.divide(presence @ weights, total, out=np.full(firms.shape, NEUTRAL), where=total > 0)
    return np.asarray(np.minimum(1.0, pulled))


@lru_cache(maxsize=256)
def _edge_weights(chain: Chain, customers: bool) -> FloatArray:
    """What each neighbour (row) counts for a leaf (column), (L, L): the input share where it is known."""
    place = {leaf.id: position for position, leaf in enumerate(chain.leaves)}
    shares: dict[int, dict[int, float | None]] = {}
    for supplier, customer, edge in chain.leaf_graph.edges(data=True):
        leaf, other = (supplier, customer) if customers else (customer, supplier)
        shares.setdefault(place[leaf], {})[place[other]] = edge["input_share"]
    weights = np.zeros((len(place), len(place)))
    for here, others in shares.items():
        known = [share for share in others.values() if share is not None]
        fallback = sum(known) / len(known) if known else 1.0
        for there, share in others.items():
            weights[there, here] = fallback if share is None else share
    weights.setflags(write=False)
    return weights


def criticality_factor(coverage: Coverage) -> FloatArray:
    """Return the mean of the share of supply paths through each leaf and of the active regions that lack it,
    (L,).
    """
    paths = path_shares(coverage.chain)
    through = np.array([paths[leaf.id].share for leaf in coverage.chain.leaves])
    active = coverage.active_regions
    supplying = coverage.supplying_regions[[coverage.column(leaf.id) for leaf in coverage.chain.leaves]]
    scarcity = 1.0 - supplying / active if active else np.ones(len(through))
    return np.asarray((through + scarcity) / 2.0)
