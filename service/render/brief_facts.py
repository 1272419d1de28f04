"""What the workbook and the project book tell of one chain in one region: typed, named, ready to be drawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from service.domain.chains import Chain, Node
from service.domain.completeness import RegionSummary
from service.domain.gaps import Gap, NodeRating
from service.domain.targets import ExcludedFirm, Target
from service.domain.weights import Weights

NO_DATA_DAY = dt.date(2000, 1, 1)
"""The day that a file from an empty database bears."""


@dataclass(frozen=True, slots=True)
class SourceFact:
    """A source of firms. `covers` and `complete_for` name regions; days are None where not known."""

    title: str
    licence: str
    as_of: dt.date | None
    imported: dt.date | None
    covers: tuple[str, ...]
    complete_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalFirmFact:
    """A firm here in one node. `effective` 0-1; `anchor` says why it can lead the node, or None."""

    node: str
    key: str
    name: str
    effective: float
    anchor: str | None
    stock_code: str | None
    standing: tuple[str, ...]
    employees: int | None
    revenue_cny: float | None


@dataclass(frozen=True, slots=True)
class GapFirms:
    """A gap with the firms worth visiting for it, best first, and those that an obstacle excludes."""

    gap: Gap
    targets: tuple[Target, ...]
    excluded: tuple[ExcludedFirm, ...]


@dataclass(frozen=True, slots=True)
class PeerFact:
    """A region beside this one. `role`: 本地, 标杆 or 可比; None: not known, or it does not apply.

    `completeness` and `similarity` 0-1; `size_ratio` its effective firms of all chains per one here.
    """

    role: str
    adcode: str
    name: str
    similarity: float | None
    size_ratio: float | None
    cluster: str | None
    distance_km: float | None
    completeness: float | None
    rank: int | None
    ranked: int
    firms: float
    reason: str


@dataclass(frozen=True)
class BriefFacts:
    """One chain in one region.

    `ratings` in the order of `chain.nodes`; `gaps` all of them, the most urgent first; `top` the first of
    them with their firms; `nearby` by node id; `places` full names by adcode; `region_adcode` is that of the
    region. `strengths`: strong leaves, then balanced ones. `made_of`: the day on which the data last changed,
    None in an empty database.
    """

    title: str
    region_adcode: str
    region_name: str
    region_full_name: str
    chain: Chain
    summary: RegionSummary
    ratings: tuple[NodeRating, ...]
    nearby: Mapping[str, float]
    gaps: tuple[Gap, ...]
    top: tuple[GapFirms, ...]
    strengths: tuple[NodeRating, ...]
    firms: tuple[LocalFirmFact, ...]
    peers: tuple[PeerFact, ...]
    peers_note: str | None
    sources: tuple[SourceFact, ...]
    places: Mapping[str, str]
    gap_weights: Weights
    target_weights: Weights
    data_version: str
    made_of: dt.date | None

    @property
    def day(self) -> dt.datetime:
        """The moment that files bear as that of their making."""
        return dt.datetime.combine(self.made_of or NO_DATA_DAY, dt.time())

    @cached_property
    def rating_of(self) -> Mapping[str, NodeRating]:
        """Ratings by node id."""
        return {one.node: one for one in self.ratings}

    @cached_property
    def firms_of(self) -> Mapping[str, tuple[LocalFirmFact, ...]]:
        """Local firms by node id: those that can lead it, then by how much they count."""
        found: dict[str, list[LocalFirmFact]] = {}
        for one in sorted(self.firms, key=lambda one: (one.anchor is None, -one.effective, one.key)):
            found.setdefault(one.node, []).append(one)
        return {node: tuple(firms) for node, firms in found.items()}

    def place(self, adcode: str | None) -> str:
        """Return where a firm is registered, "不详" where that is not known."""
        return self.places.get(adcode or "", adcode or "不详")

    def suppliers(self, node: str) -> list[Node]:
        """Return the leaves that supply a leaf, in the order of the chain."""
        return self._beside(set(self.chain.leaf_graph.predecessors(node)))

    def customers(self, node: str) -> list[Node]:
        """Return the leaves that a leaf supplies, in the order of the chain."""
        return self._beside(set(self.chain.leaf_graph.successors(node)))

    def _beside(self, wanted: set[str]) -> list[Node]:
        return [leaf for leaf in self.chain.leaves if leaf.id in wanted]
