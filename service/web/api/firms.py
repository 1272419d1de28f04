"""Firms, their links, and decisions on links."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from service.domain.firms import ReviewState
from service.pipeline.imports import review_link
from service.results import FirmRead, firm_reads
from service.storage.candidates import find_firm, list_firms
from service.targeting import regions_inside
from service.web.deps import PageDep, SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(prefix="/firms", tags=["firms"])


class Decision(BaseModel):
    """What a person decides of a link; `open` takes the decision back."""

    node: str = Field(max_length=120, examples=["lithium-battery/power-cell"])
    state: ReviewState
    decided_by: str = Field(default="本机用户", min_length=1, max_length=60)


@router.get("", dependencies=[TaggedAnswer])
def search_firms(
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    region: Annotated[str | None, Query(max_length=60, description="adcode or name")] = None,
    node: Annotated[
        str | None, Query(max_length=120, description="node id; a group means all below it")
    ] = None,
    q: Annotated[str | None, Query(max_length=120, description="part of the name, or a whole uscc")] = None,
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


@router.get("/{key}", dependencies=[TaggedAnswer])
def read_firm(key: str, session: SessionDep) -> FirmRead:
    """Return one firm by its key: the uscc, or `n:` and its normalised name."""
    return firm_reads(session, [find_firm(session, key)])[0]


@router.put("/{key}/decision")
def decide(key: str, decision: Decision, workspace: WorkspaceDep, session: SessionDep) -> FirmRead:
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
