"""What a bureau has decided of the regions from which it seeks firms (重点招商来源地)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.domain.regions import Geography
from service.domain.weights import Finding


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """`region` seeks firms of `source_region` (whose parts are `members`) with `weight` 0-1, and who says so.

    Raises ValueError when the weight is outside 0-1 or the source is empty.
    """

    region: str
    source_region: str
    members: frozenset[str]
    weight: float
    sentence: str
    source: str
    as_of: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"weight {self.weight} is outside 0-1")
        if not self.source:
            raise ValueError("a policy needs a source")


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """All lines that are recorded; without any the factor stays neutral."""

    lines: tuple[PolicyLine, ...] = ()

    def lines_for(self, geography: Geography, region: str) -> tuple[PolicyLine, ...]:
        """Return the lines of the region, or of the nearest region above it that has any."""
        for place in reversed(geography.path(region)):
            found = tuple(line for line in self.lines if line.region == place.adcode)
            if found:
                return found
        return ()

    def findings(self, geography: Geography, region: str) -> dict[str, Finding] | None:
        """Return what is said of each source region; None where nothing is recorded for the region."""
        return {
            line.source_region: Finding(line.weight, line.sentence, line.source, line.as_of)
            for line in self.lines_for(geography, region)
        } or None

    def labels(self, geography: Geography, region: str, places: Iterable[str]) -> Mapping[str, str]:
        """Return for each of `places` the source region it counts for: of several the one with the highest
        weight, then the first recorded. Places in none are left out.
        """
        ranked = sorted(self.lines_for(geography, region), key=lambda line: -line.weight)
        found: dict[str, str] = {}
        for adcode in places:
            above = geography.lineage(adcode)
            label = next((line.source_region for line in ranked if not above.isdisjoint(line.members)), None)
            if label is not None:
                found[adcode] = label
        return found
