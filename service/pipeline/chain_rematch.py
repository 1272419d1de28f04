"""After chains have changed: match again what the change can touch, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.matching_part import changed_chains, part_of
from service.knowledge import Knowledge
from service.pipeline.imports import Progress, match_stored, refresh_coverage
from service.pipeline.match import match_firms
from service.storage.engine import Connection
from service.storage.frames import read_firms
from service.storage.links import replace_chain_links
from service.storage.sources import bump_data_version


@dataclass(frozen=True, slots=True)
class Rematched:
    """What was matched again: the chains (all of them where `chains` is None), firms read, links found."""

    chains: tuple[str, ...] | None
    firms: int
    links: int


def rematch_changed(
    connection: Connection, before: Knowledge | None, after: Knowledge, progress: Progress
) -> Rematched:
    """Bring links, coverage and the version of the data from the chains of `before` to those of `after`.

    Parameters
    ----------
    before : what the stored links were matched with; None where that is not known: all is matched again.
    """
    if before is None:
        firms = read_firms(connection)
        count = match_stored(connection, after, firms, progress)
        refresh_coverage(connection, after)
        return Rematched(None, firms.height, count)
    chains = changed_chains(before.terms, after.terms)
    if not chains:
        # Names, the tree, supply edges: no firm is linked otherwise.
        bump_data_version(connection, after.chains_hash)
        return Rematched((), 0, 0)
    firms = read_firms(connection).rename({"id": "firm"})
    total = max(1, firms.height)
    links = match_firms(
        firms.select("firm", "name", "scope", "products", "industry", "gbt4754_codes", "nodes"),
        part_of(after.terms, chains),
        on_progress=lambda done: progress("匹配环节", 0.2 + 0.6 * done / total),
    )
    progress("汇总覆盖", 0.85)
    replace_chain_links(connection, chains, links)
    refresh_coverage(connection, after)
    return Rematched(tuple(sorted(chains)), firms.height, links.height)
