"""Whom a region compares itself with: regions of like structure and size, its city cluster, the ones to
learn from.

All of it within one comparison set. Structure is the cosine of log(1 + effective firms) over the leaves of
all chains (Landscape.alike_at); like in size are regions whose effective firms of all chains differ by no
more than SIZE_FACTOR. Formulas and an example by hand: docs/method.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain.landscape import PEERS, Landscape
from service.domain.standing import Standings

SIZE_FACTOR = 2.0
"""Regions of half to twice the effective firms are of like size."""

SHOWN = 8
"""How many peers of either sort are named."""

_DIGITS = 9


class Among(StrEnum):
    """Where a benchmark is the best: among all that are as large at least, or among the alike."""

    NOT_SMALLER = "not_smaller"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Peer:
    """A region to compare with. `similarity` 0-1; `size_ratio` its effective firms of all chains per one of
    the region's own, None where the region has none. `alike`: like in structure and in size. `cluster`: of
    the same named city cluster.
    """

    region: str
    similarity: float
    size_ratio: float | None
    alike: bool
    cluster: bool


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A region to learn from in one chain: the best of those that `among` names."""

    region: str
    among: Among


def find_alike(landscape: Landscape, region: str) -> list[Peer]:
    """Return every other region of the set with its similarity and size, the most similar first.

    Ties are broken by code. Raises UnknownRegion.
    """
    row = landscape.row(region)
    sizes = landscape.effective.sum(axis=1)
    alike = landscape.alike_at(slice(row, row + 1))[0]
    found = []
    for other, adcode in enumerate(landscape.regions):
        if other == row:
            continue
        similarity = min(1.0, round(float(alike[other]), _DIGITS))
        ratio = float(sizes[other] / sizes[row]) if sizes[row] > 0 else None
        like_size = ratio is not None and 1.0 / SIZE_FACTOR <= ratio <= SIZE_FACTOR
        found.append(Peer(adcode, similarity, ratio, like_size and similarity > 0, cluster=False))
    return sorted(found, key=lambda peer: (-peer.similarity, peer.region))


def find_peers(
    landscape: Landscape,
    region: str,
    *,
    cluster: Collection[str] = (),
    observed: Collection[str],
    limit: int = SHOWN,
) -> list[Peer]:
    """Return the `limit` most similar regions of like size and the `limit` most similar of the cluster.

    Only regions in `observed` are named, the most similar first; none where the region is not itself
    observed. Raises UnknownRegion.
    """
    if region not in observed:
        return []
    seen = [
        Peer(peer.region, peer.similarity, peer.size_ratio, peer.alike, peer.region in cluster)
        for peer in find_alike(landscape, region)
        if peer.region in observed
    ]
    kept = {peer.region for peer in [one for one in seen if one.alike][:limit]}
    kept |= {peer.region for peer in [one for one in seen if one.cluster][:limit]}
    return [peer for peer in seen if peer.region in kept]


def find_benchmarks(landscape: Landscape, standings: Standings, region: str) -> list[Benchmark]:
    """Return whom to learn from in the chain of `standings`: at most one of each sort of Among, and the
    second only where it is another region; none where the region itself is not observed.

    Candidates are observed regions of the set with at least 1 / SIZE_FACTOR of the region's effective firms
    of all chains, and of these the PEERS most similar that are like in size. The best has the highest
    completeness, of equals the most effective firms of the chain, of equals the lowest code. It is named
    only where it is ahead of the region itself. Raises UnknownRegion.
    """
    if region not in standings.observed:
        return []
    others = [peer for peer in find_alike(landscape, region) if peer.region in standings.observed]
    not_smaller = [
        peer.region for peer in others if peer.size_ratio is not None and peer.size_ratio >= 1.0 / SIZE_FACTOR
    ]
    alike = [peer.region for peer in others if peer.alike][:PEERS]
    found: list[Benchmark] = []
    for among, candidates in ((Among.NOT_SMALLER, not_smaller), (Among.ALIKE, alike)):
        best = max(sorted(candidates), key=lambda one: _strength(standings, one), default=None)
        known = best in {one.region for one in found}
        if best and not known and _strength(standings, best) > _strength(standings, region):
            found.append(Benchmark(best, among))
    return found


def _strength(standings: Standings, region: str) -> tuple[float, float]:
    """What observed regions are ordered by: completeness, then firms of the chain."""
    where = standings.of(region)
    return round(where.completeness or 0.0, _DIGITS), round(where.firms, _DIGITS)


def choose(
    region: str, peers: Sequence[Peer], benchmarks: Sequence[Benchmark], *, most: int
) -> tuple[str, ...]:
    """Return at most `most` regions to lay side by side: the region, its benchmarks, the most similar one of
    its cluster, then the most similar ones of like size, then others of the cluster.
    """
    cluster = [peer.region for peer in peers if peer.cluster]
    alike = [peer.region for peer in peers if peer.alike]
    wanted = [region, *(one.region for one in benchmarks), *cluster[:1], *alike, *cluster]
    return tuple(dict.fromkeys(wanted))[:most]
