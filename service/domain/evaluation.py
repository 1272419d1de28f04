"""How good the links are: precision and recall against labels, with Wilson intervals.

Source of the interval: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
JASA 22 (1927); of the agreement: J. Cohen, "A coefficient of agreement for nominal scales" (1960).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from service.domain.chains import home_of

Z95 = 1.959963984540054
"""Two-sided 95% quantile of the normal distribution."""

_HASH_LENGTH = 16
OVERALL = "*"


@dataclass(frozen=True, slots=True)
class Label:
    """What people say of one (firm, node) pair. `firm` is `hash_firm` of its key, or the key itself.

    `weight` is how many pairs of the population this one stands for, where the sample was stratified.
    """

    firm: str
    node: str
    belongs: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95% Wilson interval; `share` is None where nothing was counted."""

    hits: int
    counted: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Precision of confirmed links and recall of true pairs, of one chain or (`*`) of all."""

    chain: str
    labels: int
    precision: Rate
    recall: Rate


def hash_firm(key: str) -> str:
    """Return the id under which a firm stands in committed labels: it names nobody."""
    return hashlib.sha256(key.encode()).hexdigest()[:_HASH_LENGTH]


def wilson_interval(share: float, counted: float, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson score interval of a share (0-1) seen in `counted` trials, (low, high).

    Raises ValueError when the share is outside 0-1 or nothing was counted.
    """
    if not 0.0 <= share <= 1.0 or not counted > 0:
        raise ValueError(f"share {share} of {counted}")
    middle = (share + z * z / (2 * counted)) / (1 + z * z / counted)
    half = z / (1 + z * z / counted) * math.sqrt(share * (1 - share) / counted + (z / (2 * counted)) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)


def evaluate_links(confirmed: Collection[tuple[str, str]], labels: Iterable[Label]) -> list[Evaluation]:
    """Compare confirmed links with labels: all chains together first, then each chain by id.

    Precision: of the labelled pairs that are confirmed links, the share that belongs. Recall: of the
    labelled pairs that belong, the share that are confirmed links. Both are weighted by the labels'
    weights; the interval then uses the effective number of pairs, (sum w)^2 / sum w^2.

    Parameters
    ----------
    confirmed : (firm, node) pairs; firms by key or already hashed, as in `labels`.
    """
    links = {(firm, node) for firm, node in confirmed}
    links |= {(hash_firm(firm), node) for firm, node in links}
    rows = list(labels)
    chains = sorted({home_of(label.node) for label in rows})
    whole = _evaluate(OVERALL, rows, links)
    return [
        whole,
        *(_evaluate(chain, [x for x in rows if home_of(x.node) == chain], links) for chain in chains),
    ]


def _evaluate(chain: str, labels: Sequence[Label], links: Collection[tuple[str, str]]) -> Evaluation:
    linked = [label for label in labels if (label.firm, label.node) in links]
    true = [label for label in labels if label.belongs]
    precision = _rate([(label.belongs, label.weight) for label in linked])
    recall = _rate([((label.firm, label.node) in links, label.weight) for label in true])
    return Evaluation(chain, len(labels), precision, recall)


def _rate(outcomes: Sequence[tuple[bool, float]]) -> Rate:
    hits = sum(hit for hit, _ in outcomes)
    whole = math.fsum(weight for _, weight in outcomes)
    if not whole > 0:
        return Rate(hits, len(outcomes), None, None, None)
    share = min(1.0, math.fsum(weight for hit, weight in outcomes if hit) / whole)
    effective = whole**2 / math.fsum(weight**2 for _, weight in outcomes)
    low, high = wilson_interval(share, effective)
    return Rate(hits, len(outcomes), share, low, high)


def agreement(first: Sequence[bool], second: Sequence[bool]) -> tuple[float, float]:
    """Return how far two labellers agree on the same pairs: the share of equal labels, and Cohen's kappa.

    Kappa is 1 where both gave every pair the same label (chance alone would too). Raises ValueError when
    the lists differ in length or are empty.
    """
    if len(first) != len(second) or not first:
        raise ValueError("the two lists of labels must be of the same length and not empty")
    count = len(first)
    same = sum(a == b for a, b in zip(first, second, strict=True)) / count
    yes = (sum(first) / count, sum(second) / count)
    chance = yes[0] * yes[1] + (1 - yes[0]) * (1 - yes[1])
    return same, 1.0 if chance == 1.0 else (same - chance) / (1 - chance)
