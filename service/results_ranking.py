"""What a ranking of regions publishes."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from service.results import FactorRead


class RankedRegionRead(BaseModel):
    """One region in a ranking for a node or a firm; `score` 0-100 is the sum of the contributions."""

    rank: int
    adcode: str = Field(examples=["330800"])
    name: str
    node: str
    score: float
    probability: float | None = Field(
        description="of a first firm within three years, where the weights are fitted and no firm was given"
    )
    effective_firms: float
    factors: list[FactorRead]
    as_of: dt.date | None = Field(description="the day up to which firms are known")
    weights_version: str
    data_version: str
