"""The visit list (拜访清单): which targets are to be visited, and what came of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from service.storage.visits import VisitState, find_visit, list_visits
from service.visiting import (
    LONGEST_NOTE,
    VisitRead,
    add_visits,
    change_visit,
    remove_visit,
    visit_reads,
)
from service.web.deps import LIST, PageDep, RowNumber, SessionDep, WorkspaceDep

router = APIRouter(prefix="/visits", tags=["visits"])

_NO_NUL = r"^[^\x00]*$"
_FirmKeyText = Annotated[
    str,
    Field(max_length=200, pattern=_NO_NUL, examples=["n:宁德时代新能源科技股份有限公司"]),
]
Note = Annotated[str, Field(max_length=LONGEST_NOTE, pattern=_NO_NUL, examples=["已约下周二上午"])]


class NewVisits(BaseModel):
    """Firms to put on the list for a node of a region."""

    region: str = Field(max_length=60, pattern=_NO_NUL, examples=["330800"])
    node: str = Field(max_length=120, pattern=_NO_NUL, examples=["lithium-battery/wet-separator"])
    firms: list[_FirmKeyText] = Field(min_length=1, max_length=1000, description="keys of the firms")


class AddedRead(BaseModel):
    """The keys of the firms that are new on the list, and how many of those named stood there already."""

    added: list[str]
    already: int


class VisitChange(BaseModel):
    """What is to change of an entry; what is left out stays."""

    state: VisitState | None = None
    note: Note | None = None


@router.get("", responses=LIST)
def read_visits(
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    region: Annotated[
        str | None, Query(max_length=60, description="adcode or name; without it all", examples=["330800"])
    ] = None,
    node: Annotated[
        str | None, Query(max_length=120, description="node id", examples=["lithium-battery/wet-separator"])
    ] = None,
    state: Annotated[VisitState | None, Query(examples=["waiting"])] = None,
) -> list[VisitRead]:
    """List the entries in the order in which they were added; the total in X-Total-Count."""
    place = workspace.knowledge.geography.find(region).adcode if region else None
    total, found = list_visits(
        session, region=place, node=node, state=state, limit=page.limit, offset=page.offset
    )
    page.say_total(total, response)
    return visit_reads(workspace.knowledge, found)


@router.post("")
def add_to_visits(wanted: NewVisits, workspace: WorkspaceDep) -> AddedRead:
    """Put firms on the list, with their rank and score of now; those that stand there stay as they are."""
    done = add_visits(workspace.engine, workspace.knowledge, wanted.region, wanted.node, wanted.firms)
    return AddedRead(added=list(done.added), already=done.already)


@router.patch("/{number}")
def change_entry(
    number: RowNumber, change: VisitChange, workspace: WorkspaceDep, session: SessionDep
) -> VisitRead:
    """Change the state or the note of an entry, and return it."""
    change_visit(workspace.engine, number, state=change.state, note=change.note)
    return visit_reads(workspace.knowledge, [find_visit(session, number)])[0]


@router.delete("/{number}", status_code=204)
def remove_entry(number: RowNumber, workspace: WorkspaceDep) -> None:
    """Take an entry off the list."""
    remove_visit(workspace.engine, number)
