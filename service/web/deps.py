"""What routes ask for: the workspace, a session, the question's region and chain, a page of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response
from sqlmodel import Session

from service.analysis import ChainView, view_chain
from service.domain.regions import Level
from service.storage.sources import data_version
from service.workspace import Workspace

T = TypeVar("T")


def get_workspace(request: Request) -> Workspace:
    """Return the workspace that the application opened at its start."""
    workspace: Workspace = request.app.state.workspace
    return workspace


WorkspaceDep = Annotated[Workspace, Depends(get_workspace)]


def get_session(workspace: WorkspaceDep) -> Iterator[Session]:
    """Yield a reading session for one request."""
    with workspace.session() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_view(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: Annotated[str, Query(description="adcode or name", examples=["330800"], max_length=60)],
    chain: Annotated[str, Query(description="chain id", examples=["lithium-battery"], max_length=60)],
    level: Annotated[
        Level | None, Query(description="level to compare at; the region's own by default")
    ] = None,
) -> ChainView:
    """Return the chain as seen from the region."""
    return view_chain(session, workspace.knowledge, region, chain, level=level)


ViewDep = Annotated[ChainView, Depends(get_view)]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    limit: int
    offset: int

    def cut(self, items: Sequence[T], response: Response) -> list[T]:
        """Return this part of `items` and say the total in the header X-Total-Count."""
        self.say_total(len(items), response)
        return list(items[self.offset : self.offset + self.limit])

    def say_total(self, total: int, response: Response) -> None:
        """Say how many items there are in all."""
        response.headers["X-Total-Count"] = str(total)


def get_page(
    limit: Annotated[int, Query(ge=0, le=1000, description="items at most")] = 200,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="items to pass over")] = 0,
) -> Page:
    """Return which part of a list is asked for."""
    return Page(limit, offset)


PageDep = Annotated[Page, Depends(get_page)]


class NotModified(Exception):
    """The asker already has this answer."""

    def __init__(self, etag: str) -> None:
        self.etag = etag


def tag_answer(request: Request, response: Response, session: SessionDep) -> None:
    """Send an ETag made of the data's version; NotModified where the asker has this version."""
    etag = f'"{data_version(session)}"'
    if etag in request.headers.get("if-none-match", ""):
        raise NotModified(etag)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"


TaggedAnswer = Depends(tag_answer)
