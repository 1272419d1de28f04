"""What a briefing deck tells: the facts of the briefing, and what only slides show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.domain.chains import Chain, Stage
from service.domain.gaps import Gap
from service.domain.standing import Standing
from service.domain.targets import Target
from service.render.brief_facts import BriefFacts
from service.render.maps import ShadedRegion
from service.render.picture_sea import SeaGeometry


@dataclass(frozen=True, slots=True)
class DeckPeer:
    """A region of the comparison. Shares are 0-1, None where they cannot be said; `profile` by axis."""

    name: str
    here: bool
    standing: Standing
    by_stage: Mapping[Stage, float | None]
    profile: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Visit:
    """A firm to visit: the gap for which it is named, and its place there from 1 of all targets."""

    gap: Gap
    target: Target
    rank: int
    among: int


@dataclass(frozen=True)
class DeckContent:
    """One chain in one region. `regions` are drawn on the map, the region itself outlined among them;
    `sea` is what the inset of the South China Sea is made of, where some of them lie in it.
    """

    facts: BriefFacts
    peers: tuple[DeckPeer, ...]
    regions: tuple[ShadedRegion, ...]
    review_number: str = ""
    sea: SeaGeometry | None = None

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.facts.chain

    @property
    def place(self) -> str:
        """Name of the region."""
        return self.facts.region_name

    @property
    def standing(self) -> Standing | None:
        """Where the region stands, None where nothing is comparable."""
        return next((one.standing for one in self.peers if one.here), None)

    @property
    def source_line(self) -> str:
        """The sources in one line, each with its day where it states one."""
        said = [
            source.title + (f"（{source.as_of:%Y-%m-%d}）" if source.as_of else "")
            for source in self.facts.sources
        ]
        return "来源：" + ("、".join(said) or "尚无数据")

    @property
    def date_line(self) -> str:
        """How old the data is."""
        if self.facts.made_of is None:
            return "尚无数据"
        return f"数据日期：{self.facts.made_of:%Y-%m-%d}（版本 {self.facts.data_version}）"

    def name_of(self, node: str) -> str:
        """Name of a node."""
        return self.chain.node(node).name

    def visits(self) -> Iterator[Visit]:
        """Yield for each of the top gaps, the most urgent first, its best target not yet named."""
        named: set[str] = set()
        for one in self.facts.top:
            for rank, target in enumerate(one.targets, start=1):
                if target.firm not in named:
                    named.add(target.firm)
                    yield Visit(one.gap, target, rank, len(one.targets))
                    break
