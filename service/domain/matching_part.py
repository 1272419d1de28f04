"""Matching a few chains only, with the same result as matching them all.

What a chain's nodes are worth to a firm depends on its own terms and on nothing else, but for one thing: a
code of GB/T 4754 is worth less the more nodes of all chains carry it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from service.domain.chains import home_of
from service.domain.matching import TermTable


@dataclass(frozen=True)
class PartTable(TermTable):
    """The terms of some chains; `whole` is the table of all, by which codes are weighed."""

    whole: TermTable

    @cached_property
    def code_strengths(self) -> pl.DataFrame:
        """(code, node, strength) of these chains' nodes, weighed over all chains."""
        return self.whole.code_strengths.filter(pl.col("node").is_in(list(self.nodes)))


def part_of(whole: TermTable, chains: Collection[str]) -> PartTable:
    """Return the part of a table that is about the own nodes of these chains."""
    return PartTable(
        entries=tuple(entry for entry in whole.entries if entry.chain in chains),
        codes=tuple((code, node) for code, node in whole.codes if home_of(node) in chains),
        nodes=tuple(node for node in whole.nodes if home_of(node) in chains),
        whole=whole,
    )


def changed_chains(before: TermTable, after: TermTable) -> frozenset[str]:
    """Return the chains whose firms would be linked otherwise by `after` than by `before`."""
    entries = {entry.chain for entry in set(before.entries) ^ set(after.entries)}
    nodes = {home_of(node) for node in set(before.nodes) ^ set(after.nodes)}
    codes = set(before.code_strengths.iter_rows()) ^ set(after.code_strengths.iter_rows())
    return frozenset(entries | nodes | {home_of(node) for _, node, _ in codes})
