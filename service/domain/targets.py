"""Firms that could come, what is known of the region they could come to, and how targets are returned."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from service.domain.weights import Factor, Finding, WeightsStated


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts were taken from, and the day they hold (ISO date or part of one)."""

    title: str
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch or subsidiary of a candidate. `founded` None: not known. `firm` is its own key."""

    adcode: str
    founded: date | None = None
    firm: str | None = None
    name: str | None = None


class TieKind(StrEnum):
    """What ties a candidate to the region: it could supply a firm here or buy from one; its parent, or a
    branch of its group, is here or near; or its name hints at it (the same 字号, a name of this place).
    """

    SUPPLIES = "supplies"
    BUYS = "buys"
    PARENT = "parent"
    BRANCH = "branch"
    BRAND = "brand"
    HOMETOWN = "hometown"


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """The parent of a candidate that is itself a branch (PARENT), or the parent's other branches (BRANCH)."""

    firm: str
    name: str
    adcode: str
    kind: TieKind


@dataclass(frozen=True, slots=True)
class Tie:
    """One way to a candidate through somebody here (以商招商).

    SUPPLIES: `candidate_node` supplies `local_node`; BUYS: the other way round; both nodes are None for all
    other kinds, the local firm is None for HOMETOWN. `anchor`: the local firm can lead its node (链主).
    `strength` 0-1 is what it adds to the factor before saturation; 0 for hints that have to be checked.
    """

    local_firm: str | None
    local_name: str | None
    local_node: str | None
    direction: TieKind
    candidate_node: str | None
    anchor: bool
    strength: float
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A firm that could come. None means that no source says, which is not 0 and not "no".

    `confidence` is that of its link to the gap's node, `node_share` the share (0-1) of its business in
    that node. `brand` is the 字号 in its name. `branches` None: nothing known of them; empty: it has
    none. `group`: its parent and the parent's other branches, where it is itself a branch.
    `links` are all its nodes with confidences. `status` is the register's word (存续, 注销 ...).

    Raises ValueError when there is no source, a share is outside 0-1 or a size is negative or not finite.
    """

    firm: str
    uscc: str | None
    name: str
    adcode: str | None
    confidence: float
    node_share: float | None = None
    brand: str | None = None
    standing: tuple[str, ...] = ()
    listed: bool = False
    capital_cny: float | None = None
    revenue_cny: float | None = None
    employees: int | None = None
    founded: date | None = None
    status: str | None = None
    branches: tuple[Branch, ...] | None = None
    group: tuple[GroupPlace, ...] = ()
    links: tuple[tuple[str, float], ...] = ()
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        shares = [self.confidence, *(confidence for _, confidence in self.links)]
        shares += [] if self.node_share is None else [self.node_share]
        sizes = [size for size in (self.capital_cny, self.revenue_cny, self.employees) if size is not None]
        if not self.sources:
            raise ValueError(f"candidate {self.firm} has no source")
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise ValueError(f"candidate {self.firm} has a share outside 0-1: {shares}")
        if not all(math.isfinite(size) and size >= 0 for size in sizes):
            raise ValueError(f"candidate {self.firm} has an impossible size: {sizes}")

    @property
    def told_by(self) -> Source:
        """Its sources as one: all titles, and the oldest date, so that no fact looks newer than it is."""
        dates = [source.as_of for source in self.sources if source.as_of]
        return Source("；".join(source.title for source in self.sources), min(dates, default=None))


@dataclass(frozen=True, slots=True)
class LocalFirm:
    """A firm that works here, with the confidence of its link to the node it is listed under.

    `anchor`: it can lead a node (链主). `brand` is the 字号 in an anchor's name.
    """

    firm: str
    name: str
    confidence: float
    anchor: bool = False
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A named area around the region (its province, 长三角 ...) and the adcodes in it."""

    name: str
    adcodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What scoring a region's candidates needs to know of the region; None means not recorded.

    `inside` holds the adcodes of the region and of all regions in it. `distance_km` is by adcode,
    `source_region_of` names an adcode's source region (长三角 ...), `source_policy` says how far a named
    source region is sought after (0-1) and why. `local_firms` is by node id: firms that work here.
    `carriers` says what parks and plants here offer for the node. `today` is the day of the question:
    nothing later counts; `reaches` the day up to which the data reaches, from which "lately" is counted (the
    same day when None). `place_names` is by adcode. `areas` stand around the region, the narrowest first.
    `home_names` are names of this place that a firm's name may begin with.

    Raises ValueError when `local_firms` come without `local_source`.
    """

    region: str
    region_name: str
    inside: frozenset[str]
    today: date
    distance_km: Mapping[str, float]
    distance_source: Source
    source_region_of: Mapping[str, str]
    source_policy: Mapping[str, Finding] | None = None
    local_firms: Mapping[str, Sequence[LocalFirm]] | None = None
    local_source: Source | None = None
    carriers: Finding | None = None
    reaches: date | None = None
    place_names: Mapping[str, str] = field(default_factory=dict)
    areas: tuple[Area, ...] = ()
    home_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.local_firms is not None and self.local_source is None:
            raise ValueError("local firms need a source")


@dataclass(frozen=True, slots=True)
class TargetFactor(Factor):
    """A factor with the source of what it says; both None where it says that nothing is known."""

    source: str | None
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against a candidate; a hard one excludes it."""

    name: str
    hard: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a firm in words. `ties`: the ways to it through somebody here, the best first."""

    factors: tuple[TargetFactor, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    ties: tuple[Tie, ...] = ()


class Wording:
    """What is said of a firm, written when it is first read.

    A node may have ten thousand firms, and of most nobody reads a word. Equal to another that says the same.
    """

    __slots__ = ("_told", "_write")

    def __init__(self, write: Callable[[], Told]) -> None:
        self._write = write
        self._told: Told | None = None

    @property
    def told(self) -> Told:
        """What is said; the same object however often it is read."""
        if self._told is None:
            self._told = self._write()
        return self._told

    def __eq__(self, other: object) -> bool:
        return self.told == other.told if isinstance(other, Wording) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.told)

    def __repr__(self) -> str:
        return f"Wording({self.told!r})"


@dataclass(frozen=True, slots=True)
class Target:
    """A firm worth visiting for a gap; `score` 0-100 is the sum of the factors' contributions."""

    firm: str
    uscc: str | None
    name: str
    adcode: str | None
    score: float
    sources: tuple[Source, ...]
    wording: Wording

    @property
    def factors(self) -> tuple[TargetFactor, ...]:
        """The factors of the score, in the order of TARGET_FACTORS."""
        return self.wording.told.factors

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """What stands against it; none is hard."""
        return self.wording.told.obstacles

    @property
    def ties(self) -> tuple[Tie, ...]:
        """The ways to it through somebody here, the best first."""
        return self.wording.told.ties

    def telling(self, count: int) -> tuple[TargetFactor, ...]:
        """Return the factors that say most: those with a source before those of which nothing is known,
        then by contribution.
        """
        ranked = sorted(self.factors, key=lambda factor: (factor.source is None, -factor.contribution))
        return tuple(ranked[:count])


@dataclass(frozen=True, slots=True)
class ExcludedFirm:
    """A candidate that is not a target, with the obstacles that exclude it."""

    firm: str
    uscc: str | None
    name: str
    adcode: str | None
    sources: tuple[Source, ...]
    wording: Wording

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """What stands against it, the hard ones first."""
        return self.wording.told.obstacles


@dataclass(frozen=True, slots=True)
class TargetList:
    """The targets of a gap, best first, the firms left out and why, and what is stated of the weights."""

    region: str
    node: str
    targets: tuple[Target, ...]
    excluded: tuple[ExcludedFirm, ...]
    weights: WeightsStated
