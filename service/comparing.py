"""Regions side by side in one chain, and whom a region should compare itself with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from service.analysis import ChainView, rate_nodes, view_chain
from service.domain.chains import Chain
from service.domain.completeness import RegionSummary, importance, summarise_region
from service.domain.coverage import PRESENT
from service.domain.gaps import NodeRating
from service.domain.peers import (
    SIZE_FACTOR,
    Among,
    Benchmark,
    Peer,
    choose,
    find_benchmarks,
    find_peers,
)
from service.domain.profile import Axis, find_profile
from service.domain.regions import Geography, Level, Region
from service.domain.standing import Standing, Standings
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.standings import standings_of
from service.storage.engine import Session
from service.storage.sources import Source, data_version
from service.words import BASES, LEVELS

FEWEST, MOST = 2, 5
"""How many regions are laid side by side."""

NOT_COMPARABLE = "来源不同，不可比"
_NAMED = 5
_SEPARATORS = re.compile(r"[,，、;；]")


@dataclass(frozen=True)
class ComparedRegion:
    """One region of a comparison. `ratings` are in the order of `chain.nodes`; `standings` by chain id.

    `same_sources` are the other compared regions that are observed through the same sources.
    """

    region: Region
    sources: tuple[Source, ...]
    summary: RegionSummary
    ratings: tuple[NodeRating, ...]
    firms: float
    standings: Mapping[str, Standing]
    profile: tuple[Axis, ...]
    same_sources: tuple[str, ...]


@dataclass(frozen=True)
class NamedPeer:
    """A peer with what is said of it. `cluster` names the city cluster that both belong to."""

    region: Region
    peer: Peer
    cluster: str | None
    distance_km: float
    standing: Standing
    reason: str


@dataclass(frozen=True)
class NamedBenchmark:
    """A region to learn from, and why. `ahead`: leaves that it has and the base lacks, weightiest first."""

    region: Region
    among: Among
    standing: Standing
    ahead: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Regions side by side; `base` with its peers and benchmarks where one was named."""

    chain: Chain
    level: Level
    base: Region | None
    regions: tuple[ComparedRegion, ...]
    peers: tuple[NamedPeer, ...]
    benchmarks: tuple[NamedBenchmark, ...]
    data_version: str

    @property
    def comparable(self) -> bool:
        """All regions are observed through the same sources."""
        return all(len(one.same_sources) == len(self.regions) - 1 for one in self.regions)

    @property
    def note(self) -> str | None:
        """What must be said where regions are observed through different sources, or on different bases."""
        said = []
        if not self.comparable:
            sources = self._grouped(lambda one: "、".join(source.title for source in one.sources) or "无")
            listed = "；".join(f"{names}（来源：{titles}）" for titles, names in sources.items())
            said.append(f"{NOT_COMPARABLE}：{listed}。各地的评级、名次只在同口径的地区之间成立。")
        bases = self._grouped(lambda one: BASES[one.summary.basis])
        if len(bases) > 1:
            listed = "；".join(f"{names}为{basis}" for basis, names in bases.items())
            said.append(f"依据不同：{listed}。企业数、完整度要结合依据看。")
        return "".join(said) or None

    def _grouped(self, key: Callable[[ComparedRegion], str]) -> dict[str, str]:
        """The names of the regions that have the same `key`."""
        groups: dict[str, list[str]] = {}
        for one in self.regions:
            groups.setdefault(key(one), []).append(one.region.name)
        return {word: "、".join(names) for word, names in groups.items()}


def split_names(texts: Iterable[str]) -> list[str]:
    """Return the names in texts like "330800,杭州、宁波", empty ones left out."""
    parts = (part.strip() for text in texts for part in _SEPARATORS.split(text))
    return [part for part in parts if part]


def compare_regions(
    session: Session,
    knowledge: Knowledge,
    chain: str,
    *,
    region: str | None = None,
    others: Iterable[str] = (),
    level: Level | None = None,
) -> Comparison:
    """Lay regions side by side in one chain.

    Parameters
    ----------
    region : the region that asks, adcode or name; its peers and benchmarks are found.
    others : regions chosen by hand; without any, the peers of `region` are taken.
    level : by default the highest level at which all of them stand.

    Raises
    ------
    UnknownRegion, UnknownChain; InvalidQuery when no region is given, fewer than 2 or more than 5 by hand,
    when they do not stand at one level, or when of none enough firms are known to say anything.
    """
    geography = knowledge.geography
    the_chain = knowledge.chain(chain)
    asked = [geography.find(text) for text in ([region] if region else [])]
    by_hand = [geography.find(text) for text in others]
    places = list(dict.fromkeys([*asked, *by_hand]))
    _check_number(places, by_hand=bool(by_hand))
    wanted = common_level(geography, places, level)
    reading = _Reading(session, knowledge, the_chain, wanted)
    peers: tuple[NamedPeer, ...] = ()
    benchmarks: tuple[NamedBenchmark, ...] = ()
    if asked:
        peers, benchmarks = _find_company(reading, asked[0])
        if not by_hand:
            found = choose(
                asked[0].adcode,
                [one.peer for one in peers],
                [Benchmark(one.region.adcode, one.among) for one in benchmarks],
                most=MOST,
            )
            places = [geography.get(adcode) for adcode in found]
    compared = tuple(_compare(reading, place, places) for place in places)
    if all(one.summary.completeness is None for one in compared):
        names = "、".join(place.name for place in places)
        raise InvalidQuery(f"{names}已知的企业太少，没有可以比较的数据；请先导入企业名单，或看上一级地区")
    base = asked[0] if asked else None
    return Comparison(the_chain, wanted, base, compared, peers, benchmarks, data_version(session))


def _check_number(places: Sequence[Region], *, by_hand: bool) -> None:
    if not places:
        raise InvalidQuery("请给出要比较的地区：2 至 5 个，或一个地区，由系统为它找可比的")
    if len(places) > MOST:
        raise InvalidQuery(f"最多比较 {MOST} 个地区，收到 {len(places)} 个")
    if by_hand and len(places) < FEWEST:
        raise InvalidQuery(f"至少要 {FEWEST} 个不同的地区才能比较，收到 {places[0].name} 一个")


def common_level(geography: Geography, places: Sequence[Region], level: Level | None = None) -> Level:
    """Return the highest level at which all of them stand, or `level` where all stand at it.

    Raises InvalidQuery, naming the level of each, where there is none.
    """
    for one in [level] if level else list(Level):
        if all(geography.at_level(place.adcode, one) == place.adcode for place in places):
            return one
    shown = "、".join(f"{place.name}({place.adcode})为{LEVELS[place.level]}" for place in places)
    expected = f"应都为{LEVELS[level]}" if level else "应为同一级"
    raise InvalidQuery(f"地区不在同一级，不能比较：{shown}；{expected}")


class _Reading:
    """The chain as seen from any region of one level, each comparison set read once."""

    def __init__(self, session: Session, knowledge: Knowledge, chain: Chain, level: Level) -> None:
        self.session, self.knowledge, self.chain, self.level = session, knowledge, chain, level
        self._views: list[ChainView] = []

    def view(self, place: Region) -> ChainView:
        """Return the chain as seen from `place`."""
        for known in self._views:
            if place.adcode in known.coverage.regions:
                return replace(known, region=place)
        read = view_chain(self.session, self.knowledge, place.adcode, self.chain.id, level=self.level)
        self._views.append(read)
        return read

    def standings(self, view: ChainView) -> Mapping[str, Standings]:
        """Return by chain how the regions of the view's set stand."""
        return standings_of(self.session, self.knowledge, self.level, view.coverage.regions)


def _compare(reading: _Reading, place: Region, places: Sequence[Region]) -> ComparedRegion:
    view = reading.view(place)
    ratings = rate_nodes(view)
    summary = summarise_region(view.coverage, place.adcode, ratings)
    standings = {chain: ranks.of(place.adcode) for chain, ranks in reading.standings(view).items()}
    members = view.coverage.regions
    return ComparedRegion(
        region=place,
        sources=view.sources,
        summary=summary,
        ratings=tuple(ratings),
        firms=standings[reading.chain.id].firms,
        standings=standings,
        profile=find_profile(view.coverage, view.landscape, summary),
        same_sources=tuple(
            one.adcode for one in places if one.adcode in members and one.adcode != place.adcode
        ),
    )


def _find_company(
    reading: _Reading, base: Region
) -> tuple[tuple[NamedPeer, ...], tuple[NamedBenchmark, ...]]:
    """Return the peers of `base` and whom it can learn from."""
    knowledge, view = reading.knowledge, reading.view(base)
    standings = reading.standings(view)[reading.chain.id]
    name = knowledge.source_region(base.adcode)
    cluster = {code for code in view.coverage.regions if name and knowledge.source_region(code) == name}
    peers = find_peers(view.landscape, base.adcode, cluster=cluster, observed=standings.observed)
    away = knowledge.geography.distances_km(base.adcode, [peer.region for peer in peers])
    named = []
    for peer, distance_km in zip(peers, away.tolist(), strict=True):
        place = knowledge.geography.get(peer.region)
        shared = name if peer.cluster else None
        reason = _why_peer(base, peer, shared)
        named.append(NamedPeer(place, peer, shared, distance_km, standings.of(peer.region), reason))
    best = find_benchmarks(view.landscape, standings, base.adcode)
    return tuple(named), tuple(_name_benchmark(knowledge, view, standings, one) for one in best)


def _why_peer(base: Region, peer: Peer, cluster: str | None) -> str:
    said = [f"产业结构相似度 {peer.similarity:.2f}"]
    if peer.size_ratio is not None:
        like = f"，在 {SIZE_FACTOR:.0f} 倍以内" if peer.alike else ""
        said.append(f"各链有效企业为{base.name}的 {peer.size_ratio:.2f} 倍{like}")
    if cluster:
        said.append(f"同属{cluster}")
    return f"{'；'.join(said)}。"


def _name_benchmark(
    knowledge: Knowledge, view: ChainView, standings: Standings, found: Benchmark
) -> NamedBenchmark:
    """Say why the benchmark is one: how far it is ahead, and with which nodes."""
    base, place = view.region, knowledge.geography.get(found.region)
    ours, theirs = standings.of(base.adcode), standings.of(place.adcode)
    ahead = _ahead(view, place)
    sort = (
        f"各链有效企业不少于{base.name}一半的地区"
        if found.among is Among.NOT_SMALLER
        else f"与{base.name}规模相近、结构最相似的地区"
    )
    words = (
        f"在{sort}中，{place.name}这条链最完整：完整度 {_percent(theirs.completeness)}、"
        f"有效企业 {theirs.firms:.1f} 家，{base.name}为 {_percent(ours.completeness)}、{ours.firms:.1f} 家"
    )
    if ahead:
        names = "、".join(view.coverage.chain.node(node).name for node in ahead[:_NAMED])
        more = f"等 {len(ahead)} 个" if len(ahead) > _NAMED else ""
        words += f"；{base.name}未见而它有的环节：{names}{more}"
    return NamedBenchmark(place, found.among, theirs, ahead, f"{words}。")


def _ahead(view: ChainView, place: Region) -> tuple[str, ...]:
    """The leaves that `place` has and the view's region lacks, the weightiest first."""
    coverage, weights = view.coverage, importance(view.coverage.chain)
    ours, theirs = (
        coverage.effective[coverage.row(code)] >= PRESENT for code in (view.region.adcode, place.adcode)
    )
    lacking = [
        leaf.id
        for leaf in coverage.chain.leaves
        if theirs[coverage.column(leaf.id)] and not ours[coverage.column(leaf.id)]
    ]
    return tuple(sorted(lacking, key=lambda node: (-weights[node], node)))


def _percent(share: float | None) -> str:
    return "不详" if share is None else f"{share * 100:.0f}%"
