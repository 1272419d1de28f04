"""The factors of a gap's priority that follow from the whole table, each with its sentence: what is growing,
what regions like this one took up, what stands around, what is already here.

The values are those of `landscape`, which the back-test measures; here they are read for one region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from service.domain.coverage import FloatArray
from service.domain.landscape import BASE_PRIOR, NEAR_PRIOR, RECENT_YEARS, Landscape, against
from service.domain.weights import NEUTRAL, Finding

PROSPECT_FACTORS = ("momentum", "peers", "neighbours", "base", "growth")

_NAMED = 3
_UNKNOWN = "没有可比地区的数据，此项取中性值。"


@dataclass(frozen=True, eq=False)
class Prospects:
    """One region in a landscape. `names` says what regions are called, by adcode."""

    landscape: Landscape
    region: str
    names: Mapping[str, str]

    @cached_property
    def _row(self) -> int:
        return self.landscape.row(self.region)

    @cached_property
    def _only(self) -> slice:
        return slice(self._row, self._row + 1)

    @cached_property
    def _elsewhere(self) -> FloatArray:
        return np.asarray(self.landscape.news_elsewhere_at(self._only)[0])

    @cached_property
    def _values(self) -> dict[str, FloatArray]:
        whole = self.landscape
        rows = [whole.row(code) for code, _ in self._peers_here]
        weights = np.array([weight for _, weight in self._peers_here])
        return {
            "momentum": whole.momentum_at(self._only)[0],
            "peers": weights @ whole.saturated[rows],
            "neighbours": against(*self._near, NEAR_PRIOR),
            "base": against(*self._siblings, BASE_PRIOR),
        }

    @cached_property
    def _peers_here(self) -> list[tuple[str, float]]:
        return self.landscape.peers_of(self.region)

    @cached_property
    def _near(self) -> tuple[FloatArray, FloatArray]:
        around, fair = self.landscape.near_at(self._only)
        return around[0], fair[0]

    @cached_property
    def _siblings(self) -> tuple[FloatArray, FloatArray]:
        here, fair = self.landscape.siblings_at(self._only)
        return here[0], fair[0]

    @cached_property
    def _years(self) -> str:
        """The years that count as recent: counted from the day the data reaches, not from the clock."""
        until = self.landscape.until
        return f"截至 {until:%Y-%m} 的 {RECENT_YEARS} 年内" if until else f"近 {RECENT_YEARS} 年"

    @cached_property
    def _name(self) -> str:
        return self.names.get(self.region, self.region)

    def density(self, node: str) -> float:
        """Return the relatedness density around the leaf over the leaves of all chains; NaN: not known."""
        return float(self.landscape.density[self._row, self.landscape.column(node)])

    def values(self) -> dict[str, FloatArray]:
        """Return the values of PROSPECT_FACTORS without their sentences, each (N,) in the order of
        `landscape.nodes`.
        """
        growth = np.full(len(self.landscape.nodes), self.landscape.growth[self._row])
        found = {**self._values, "peers": np.minimum(1.0, self._values["peers"]), "growth": growth}
        return {name: found[name] for name in PROSPECT_FACTORS}

    def find(self, node: str) -> dict[str, Finding]:
        """Return the five findings of a leaf, in the order of PROSPECT_FACTORS."""
        column = self.landscape.column(node)
        return {
            "momentum": self._momentum(column),
            "peers": self._peers(column),
            "neighbours": self._neighbours(column),
            "base": self._base(column),
            "growth": self._growth(),
        }

    def _momentum(self, column: int) -> Finding:
        count = f"{self._elsewhere[column]:.0f}"
        words = f"其他同级地区{self._years}共新设本环节企业约 {count} 家。"
        if not self.landscape.dated:
            words = f"企业成立日期多不详，按现有家数计：其他同级地区共有本环节企业约 {count} 家。"
        return Finding(float(self._values["momentum"][column]), words)

    def _peers(self, column: int) -> Finding:
        peers = self._peers_here
        if not peers:
            return Finding(0.0, f"没有产业结构与{self._name}相近的同级地区。")
        rows = [self.landscape.row(code) for code, _ in peers]
        news = self.landscape.news[rows, column]
        doing = [
            self.names.get(code, code) for (code, _), firms in zip(peers, news, strict=True) if firms > 0
        ]
        what = f"{self._years}有新设本环节企业" if self.landscape.dated else "有本环节企业"
        words = f"产业结构与{self._name}最相近的 {len(peers)} 个地区中，{len(doing)} 个{what}"
        if doing:
            words += f"：{'、'.join(doing[:_NAMED])}{'等' if len(doing) > _NAMED else ''}"
        return Finding(min(1.0, float(self._values["peers"][column])), f"{words}。")

    def _neighbours(self, column: int) -> Finding:
        around, fair = (float(table[column]) for table in self._near)
        words = f"周边按距离折算有本环节企业 {around:.1f} 家，若各地结构相同应有 {fair:.1f} 家。"
        return Finding(float(self._values["neighbours"][column]), words)

    def _base(self, column: int) -> Finding:
        here, fair = (float(table[column]) for table in self._siblings)
        words = f"同组的其他环节{self._name}有企业 {here:.1f} 家，按本地产业规模应有 {fair:.1f} 家。"
        return Finding(float(self._values["base"][column]), words)

    def _growth(self) -> Finding:
        firms = f"{self.landscape.news[self._row].sum():.0f}"
        words = f"{self._name}{self._years}新设各产业链企业约 {firms} 家。"
        if not self.landscape.dated:
            words = f"企业成立日期多不详，按现有家数计：{self._name}有各产业链企业约 {firms} 家。"
        return Finding(float(self.landscape.growth[self._row]), words)


def unknown_prospects() -> dict[str, Finding]:
    """Return what is said where only the chain itself is known: neutral, in the order of PROSPECT_FACTORS."""
    return {name: Finding(NEUTRAL, _UNKNOWN) for name in PROSPECT_FACTORS}
