"""Planning: what would change if firms came, and whom to visit under limits. Both change nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from service.domain.portfolio import Limits
from service.domain.regions import Level
from service.errors import InvalidQuery
from service.planning import (
    MAX_ADDED,
    MAX_GAPS,
    MAX_PER_GAP,
    MAX_PER_NODE,
    MAX_VISITS,
    Addition,
    Arrival,
    Needs,
    PortfolioQuestion,
    ask_what_if,
    plan_visits,
)
from service.results_planning import PortfolioRead, WhatIfRead
from service.web.bodies import BoundedRoute
from service.web.deps import SessionDep, WorkspaceDep
from service.web.problems import describe_problems

router = APIRouter(tags=["planning"], route_class=BoundedRoute, responses=describe_problems(413))

_NO_NUL = r"^[^\x00]*$"
_MOST = 1e9

RegionText = Annotated[str, Field(max_length=60, pattern=_NO_NUL, examples=["330800"])]
ChainText = Annotated[str, Field(max_length=60, pattern=_NO_NUL, examples=["lithium-battery"])]
NodeText = Annotated[str, Field(max_length=120, pattern=_NO_NUL, examples=["lithium-battery/wet-separator"])]
FirmText = Annotated[
    str,
    Field(
        max_length=200,
        pattern=_NO_NUL,
        description="key of the firm",
        examples=["n:宁德时代新能源科技股份有限公司"],
    ),
]
Amount = Annotated[float | None, Field(ge=0, le=_MOST, allow_inf_nan=False)]


class _Body(BaseModel):
    # A limit whose name is written wrongly would silently not hold.
    model_config = ConfigDict(extra="forbid")


class AdditionBody(_Body):
    """Made-up firms of a leaf; each counts `confidence`."""

    node: NodeText
    count: int = Field(default=1, ge=1, le=MAX_ADDED)
    confidence: float = Field(default=1.0, ge=0.5, le=1, allow_inf_nan=False)


class ArrivalBody(_Body):
    """A firm of the database from outside the region: for one node, or for all its nodes."""

    firm: FirmText
    node: NodeText | None = None


class WhatIfBody(_Body):
    """Which firms come where."""

    region: RegionText
    chain: ChainText
    level: Level | None = None
    add: list[AdditionBody] = Field(default_factory=list, max_length=MAX_ADDED)
    firms: list[ArrivalBody] = Field(default_factory=list, max_length=MAX_ADDED)


class NeedsBody(_Body):
    """What a firm's project takes; null: not known, which is not 0."""

    firm: FirmText
    land_mu: Amount = None
    energy_tce: Amount = None


class PortfolioBody(_Body):
    """The limits, and what the firms need. Where land or energy is limited, only firms whose need of it is
    given are chosen.
    """

    region: RegionText
    chain: ChainText
    level: Level | None = None
    visits: int = Field(ge=0, le=MAX_VISITS, description="firms to visit", examples=[5])
    land_mu: Amount = Field(default=None, description="land that there is, in mu", examples=[300])
    energy_tce: Amount = Field(
        default=None, description="energy that there is, in tons of standard coal", examples=[10_000]
    )
    per_node: int = Field(default=2, ge=1, le=MAX_PER_NODE, description="firms in one node at most")
    gaps: int = Field(default=20, ge=1, le=MAX_GAPS, description="most urgent gaps that are looked at")
    per_gap: int = Field(default=5, ge=1, le=MAX_PER_GAP, description="best targets of each gap")
    needs: list[NeedsBody] = Field(default_factory=list, max_length=MAX_GAPS * MAX_PER_GAP)


@router.post("/whatif")
def what_if(body: WhatIfBody, workspace: WorkspaceDep, session: SessionDep) -> WhatIfRead:
    """Return what changes in a region if firms came: ratings, completeness, shortfalls, the next gaps.

    Nothing is stored. The same formulas run on the region without and with the firms; a firm that comes
    stays counted where it is, too.
    """
    answer = ask_what_if(
        session,
        workspace.knowledge,
        body.region,
        body.chain,
        [Addition(one.node, one.count, one.confidence) for one in body.add],
        [Arrival(one.firm, one.node) for one in body.firms],
        level=body.level,
    )
    return WhatIfRead.of(answer)


@router.post("/portfolio")
def portfolio(body: PortfolioBody, workspace: WorkspaceDep, session: SessionDep) -> PortfolioRead:
    """Return the best set of firms to visit within limits on visits, land and energy, with its reasons.

    Exact unless `exact` says otherwise. Each limit comes with whether it binds and what one more unit of it
    would add. Where nothing can be chosen the set is empty and `empty_reason` says why.
    """
    question = PortfolioQuestion(
        region=body.region,
        chain=body.chain,
        limits=Limits(body.visits, body.land_mu, body.energy_tce, body.per_node),
        needs=_needs(body.needs),
        gaps=body.gaps,
        per_gap=body.per_gap,
        level=body.level,
    )
    return PortfolioRead.of(plan_visits(session, workspace.knowledge, question))


def _needs(bodies: list[NeedsBody]) -> dict[str, Needs]:
    found: dict[str, Needs] = {}
    for one in bodies:
        if one.firm in found:
            raise InvalidQuery(f"需求中的企业 {one.firm!r} 出现了不止一次")
        found[one.firm] = Needs(one.land_mu, one.energy_tce)
    return found
