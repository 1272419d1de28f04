"""Firms, their links, and decisions on links."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from service.domain.firms import ReviewState
from service.pipeline.reviews import review_link
from service.results import FirmRead, firm_reads
from service.storage.candidates import find_firm, list_firms
from service.targeting import regions_inside
from service.web.deps import LIST, NodeQuery, PageDep, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(prefix="/firms", tags=["firms"])

# A firm's name, and with it a key made of it, may hold a slash.
FirmKey = Annotated[
    str,
    Path(
        description="uscc, or `n:` and the normalised name",
        max_length=200,
        examples=["n:宁德时代新能源科技股份有限公司"],
    ),
]
_NO_NUL = r"^[^\x00]*$"


class Decision(BaseModel):
    """What a person decides of a link; `open` takes the decision back."""

    node: str = Field(max_length=120, pattern=_NO_NUL, examples=["lithium-battery/power-cell"])
    state: ReviewState
    decided_by: str = Field(default="本机用户", min_length=1, max_length=60, pattern=_NO_NUL)


@router.get("", dependencies=[TaggedAnswer], responses=LIST)
def search_firms(
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    region: Annotated[
        str | None, Query(max_length=60, description="adcode or name", examples=["330800"])
    ] = None,
    node: NodeQuery = None,
    q: Annotated[
        str | None, Query(max_length=120, description="part of the name, or a whole uscc", examples=["锂电"])
    ] = None,
) -> list[FirmRead]:
    """List firms by region, node and name, each with its links and sources; the total in X-Total-Count."""
    knowledge = workspace.knowledge
    inside = regions_inside(knowledge.geography, knowledge.geography.find(region).adcode) if region else None
    nodes = knowledge.node(node)[0].leaves_below(node) if node else None
    total, found = list_firms(
        session, inside=inside, nodes=nodes, text=q, limit=page.limit, offset=page.offset
    )
    page.say_total(total, response)
    return firm_reads(session, found)


@router.get("/{key:path}", dependencies=[TaggedAnswer])
def read_firm(key: FirmKey, session: SessionDep) -> FirmRead:
    """Return one firm by its key: the uscc, or `n:` and its normalised name."""
    return firm_reads(session, [find_firm(session, key)])[0]


@router.put("/{key:path}/decision")
def decide(key: FirmKey, decision: Decision, workspace: WorkspaceDep, session: SessionDep) -> FirmRead:
    """Accept or reject a link of the firm, or reopen it. The decision survives every later import."""
    firm = find_firm(session, key)
    firm_id = firm.id
    session.rollback()
    review_link(
        workspace.engine,
        workspace.knowledge,
        firm_id,
        decision.node,
        decision.state,
        decided_by=decision.decided_by,
    )
    return firm_reads(session, [find_firm(session, key)])[0]
