"""What is published of what the service knows without its database: regions, and chains in short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field

from service.domain.regions import Geography, Level, Region

if TYPE_CHECKING:
    from service.domain.chains import Chain


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class RegionRead(_Read):
    """A region."""

    adcode: str = Field(examples=["330800"])
    name: str = Field(examples=["衢州市"])
    short_name: str
    full_name: str
    level: Level
    parent: str | None
    pinyin: str
    lon: float | None
    lat: float | None

    @classmethod
    def of(cls, geography: Geography, region: Region) -> Self:
        """Describe one region."""
        told = {name: getattr(region, name) for name in cls.model_fields if name != "full_name"}
        return cls(**told, full_name=geography.full_name(region.adcode))


class ChainRead(_Read):
    """A chain in short: how many nodes, supply edges and match terms it has."""

    id: str = Field(examples=["lithium-battery"])
    name: str
    version: str
    date: str
    summary: str
    nodes: int
    edges: int
    terms: int

    @classmethod
    def of(cls, chain: Chain) -> Self:
        """Describe one chain."""
        return cls(
            id=chain.id,
            name=chain.name,
            version=chain.version,
            date=chain.date,
            summary=chain.summary,
            nodes=len(chain.nodes),
            edges=len(chain.edges),
            terms=sum(len(node.terms) for node in chain.nodes),
        )


def region_reads(geography: Geography, regions: Iterable[Region]) -> list[RegionRead]:
    """Return regions with their full names."""
    return [RegionRead.of(geography, region) for region in regions]
