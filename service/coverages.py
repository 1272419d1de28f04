"""The coverage of one chain: built from the stored cells, kept while the data stays the same.

All regions of a comparison set share one table; whoever asks about the next region need not wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from service.domain.chains import Chain
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.regions import Level
from service.kept import Kept
from service.storage.engine import Session
from service.storage.links import read_coverage, read_region_firms
from service.storage.sources import data_version

_FirmsKnown = dict[str, tuple[int, int]]

# All chains over all counties have some five million cells, and a cell takes up to 33 bytes.
_MOST_CELLS = 12_000_000
_coverages: Kept[Coverage] = Kept(_MOST_CELLS, cost=lambda coverage: coverage.direct.size)
_surroundings: Kept[Coverage] = Kept(_MOST_CELLS, cost=lambda coverage: coverage.direct.size)
_known: Kept[_FirmsKnown] = Kept(8)


def coverage_of(
    session: Session, chain: Chain, level: Level, members: Sequence[str], complete: Collection[str]
) -> Coverage:
    """Return one chain over the comparison set `members`, as the database stands now.

    `complete` are those of the members for which a source aims to be complete.
    """
    key = (data_version(session), chain, str(level), tuple(members), frozenset(complete))
    return _coverages.find(session, key, lambda: _build(session, chain, level, members, complete))


def surroundings_of(session: Session, chain: Chain, level: Level) -> Coverage:
    """Return the chain over every region of the level that has firms of it, whatever the sources: for supply
    within reach.
    """
    key = (data_version(session), chain, str(level))
    return _surroundings.find(session, key, lambda: _build_around(session, chain, level))


def _build(
    session: Session, chain: Chain, level: Level, members: Sequence[str], complete: Collection[str]
) -> Coverage:
    cells = read_coverage(session, chain, level)
    firms_known = show_observed(_firms_known(session, level), complete)
    return coverage_from_cells(
        chain,
        level,
        members,
        [(adcode, node, effective) for adcode, node, effective, _, _ in cells],
        firms_known=firms_known,
        complete=complete,
        anchors=[(adcode, node) for adcode, node, _, _, count in cells if count],
    )


def show_observed(known: Mapping[str, tuple[int, int]], complete: Collection[str]) -> dict[str, int]:
    """Return by adcode the firms that show that a region was looked at, of (firms, firms of chains).

    On a complete basis any registered firm shows it; a selective list names only firms of the chains.
    """
    return {
        adcode: firms if adcode in complete else chain_firms for adcode, (firms, chain_firms) in known.items()
    }


def _build_around(session: Session, chain: Chain, level: Level) -> Coverage:
    triples = [(adcode, node, firms) for adcode, node, firms, _, _ in read_coverage(session, chain, level)]
    everywhere = tuple(dict.fromkeys(adcode for adcode, _, _ in triples))
    return coverage_from_cells(chain, level, everywhere, triples, firms_known={})


def _firms_known(session: Session, level: Level) -> _FirmsKnown:
    key = (data_version(session), str(level))
    return _known.find(session, key, lambda: read_region_firms(session, level))
