"""Which uncertain links are worth a person's time: those that would change a rating, first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from service.domain.coverage import Coverage
from service.domain.gaps import NodeRating, Rating, rate_region

_STEP = {
    Rating.UNOBSERVED: 0,
    Rating.MISSING: 0,
    Rating.SUSPECTED: 0,
    Rating.WEAK: 1,
    Rating.BALANCED: 2,
    Rating.STRONG: 3,
}


@dataclass(frozen=True, slots=True)
class UncertainLink:
    """A link that nobody has decided and the matcher is not sure of. `evidence` is for reading."""

    firm: str
    name: str
    node: str
    confidence: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An uncertain link and what accepting it would do to the rating and the intensity of its node."""

    link: UncertainLink
    now: Rating
    then: Rating
    intensity_gain: float

    @property
    def steps(self) -> int:
        """How many steps the rating would rise."""
        return max(0, _STEP[self.then] - _STEP[self.now])


def rank_for_review(coverage: Coverage, region: str, links: Iterable[UncertainLink]) -> list[ReviewItem]:
    """Return the links of a region in the order in which to review them.

    Each is judged alone, as if it were accepted (it then counts as one firm). First those that raise a
    rating by most steps, then by gain of intensity, then by confidence; ties by node and firm.

    Raises UnknownRegion; UnknownNode when a link names a node that the chain lacks.
    """
    now = {rated.node: rated for rated in rate_region(coverage, region)}
    then: dict[str, NodeRating] = {}
    items = []
    for link in links:
        if link.node not in then:
            then[link.node] = _rate_with(coverage, region, link.node)
        before, after = now[link.node], then[link.node]
        gain = after.intensity.mean - before.intensity.mean
        items.append(ReviewItem(link, before.rating, after.rating, gain))
    return sorted(
        items,
        key=lambda item: (
            -item.steps,
            -item.intensity_gain,
            -item.link.confidence,
            item.link.node,
            item.link.firm,
        ),
    )


def _rate_with(coverage: Coverage, region: str, node: str) -> NodeRating:
    """Rate the node as if one more firm were here."""
    row, column = coverage.row(region), coverage.column(node)
    direct = coverage.direct.copy()
    direct[row, column] += 1.0
    known = coverage.firms_known.copy()
    known[row] += 1
    seen = coverage.seen_anywhere.copy()
    for above in (node, *coverage.chain.ancestors(node)):
        seen[coverage.column(above)] = True
    more = replace(coverage, direct=direct, firms_known=known, seen_anywhere=seen)
    return rate_region(more, region)[column]
