"""What routes ask for: the workspace, a session, the question's region and chain, a page of a list."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Path, Query, Request, Response

from service import __version__
from service.analysis import ChainView, view_chain
from service.domain.regions import Level
from service.storage.engine import Session
from service.storage.sources import data_version
from service.web.brief_desk import BriefDesk
from service.web.jobs import Jobs
from service.workspace import Workspace

T = TypeVar("T")


def get_workspace(request: Request) -> Workspace:
    """Return the workspace that the application opened, with the chains as they count now."""
    return current_workspace(request.app)


def current_workspace(app: FastAPI) -> Workspace:
    """Return the workspace of a running application."""
    state = app.state
    state.workspace = workspace = state.chain_follower.follow(state.workspace)
    assert isinstance(workspace, Workspace)  # noqa: S101 - the state is untyped
    return workspace


WorkspaceDep = Annotated[Workspace, Depends(get_workspace)]


def get_session(workspace: WorkspaceDep) -> Iterator[Session]:
    """Yield a reading session for one request."""
    with workspace.session() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_jobs(request: Request) -> Jobs:
    """Return the import jobs of this process."""
    jobs: Jobs = request.app.state.jobs
    return jobs


JobsDep = Annotated[Jobs, Depends(get_jobs)]


def get_brief_desk(request: Request) -> BriefDesk:
    """Return what makes the sets of briefing files."""
    desk: BriefDesk = request.app.state.brief_desk
    return desk


BriefDeskDep = Annotated[BriefDesk, Depends(get_brief_desk)]


_REGION = "adcode, or a name such as 衢州 or 浙江衢州"
_NODE = "node id; a group means all below it"
RegionPath = Annotated[str, Path(description=_REGION, examples=["330800"], max_length=60)]
RegionQuery = Annotated[str, Query(description=_REGION, examples=["330800"], max_length=60)]
ChainQuery = Annotated[str, Query(description="chain id", examples=["lithium-battery"], max_length=60)]
NodeQuery = Annotated[
    str | None, Query(description=_NODE, examples=["lithium-battery/power-cell"], max_length=120)
]
LevelQuery = Annotated[Level | None, Query(description="level to look at", examples=["city"])]
RowNumber = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
"""A number that the database gave: what is larger no database column holds."""


def get_view(
    workspace: WorkspaceDep,
    session: SessionDep,
    region: RegionQuery,
    chain: ChainQuery,
    level: LevelQuery = None,
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
    limit: Annotated[int, Query(ge=0, le=1000, description="items at most", examples=[20])] = 200,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="items to pass over", examples=[0])] = 0,
) -> Page:
    """Return which part of a list is asked for."""
    return Page(limit, offset)


PageDep = Annotated[Page, Depends(get_page)]

LIST: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "X-Total-Count": {"description": "items in all", "schema": {"type": "integer", "minimum": 0}}
        }
    }
}
"""What the published description says of every list."""


class NotModified(Exception):
    """The asker already has this answer."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers


def tag_answer(request: Request, response: Response, workspace: WorkspaceDep, session: SessionDep) -> None:
    """Send an ETag; NotModified where the asker has this version already.

    It is made of everything that an answer rests on: the data's version, the program, its settings, and the
    day, since the age of facts counts. It is a weak one because the body may go out compressed.
    """
    today = dt.datetime.now(dt.UTC).date()
    review = workspace.settings.map_review_number
    known_of = f"{workspace.knowledge.weights} {sorted(map(str, workspace.knowledge.source_policy.lines))}"
    rest = hashlib.sha256(f"{__version__} {known_of} {review}".encode()).hexdigest()[:8]
    tag = f'"{data_version(session)}-{rest}-{today:%Y%m%d}"'
    headers = {"ETag": f"W/{tag}", "Cache-Control": "no-cache"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        raise NotModified(headers)
    response.headers.update(headers)


TaggedAnswer = Depends(tag_answer)
