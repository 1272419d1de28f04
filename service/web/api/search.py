"""Quick search over everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.searching import MAX_QUERY, HitKind, search_everything
from service.web.deps import SessionDep, TaggedAnswer, WorkspaceDep

router = APIRouter(tags=["search"], dependencies=[TaggedAnswer])


class HitRead(BaseModel):
    """One thing that was found. `key`: adcode, chain id, node id, or firm key, by `kind`."""

    model_config = ConfigDict(from_attributes=True)

    kind: HitKind
    key: str = Field(examples=["lithium-battery/copper-foil"])
    title: str = Field(examples=["锂电铜箔"])
    note: str = Field(description="where it belongs: region, chain, codes", examples=["锂电池"])
    found_by: str | None = Field(description="the term of a node that the query is, where not its name")
    grade: int = Field(
        ge=0, le=3, description="0 whole name or code, 1 its beginning, 2 a part or a term, 3 other parts"
    )


@router.get("/search")
def search(
    workspace: WorkspaceDep,
    session: SessionDep,
    q: Annotated[
        str,
        Query(
            max_length=MAX_QUERY,
            description="Chinese, pinyin, initials or a code; several words must all be found",
            examples=["tongbo"],
        ),
    ],
    region: Annotated[
        str | None,
        Query(max_length=60, description="its firms go before others alike", examples=["330800"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="hits at most of each kind", examples=[6])] = 6,
) -> list[HitRead]:
    """Find regions, chains, nodes and firms by name, term, pinyin, initials or code.

    The hits of one kind stand together, the kind with the best hit first, and in it the best hit first.
    """
    found = search_everything(session, workspace.knowledge, q, region=region or None, limit=limit)
    return [HitRead.model_validate(hit) for hit in found.hits]
