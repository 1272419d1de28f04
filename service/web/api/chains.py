"""Chains: their lists, trees and supply edges."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service.results import ChainDetail, chain_detail
from service.results_known import ChainRead
from service.web.deps import LIST, PageDep, TaggedAnswer, WorkspaceDep

router = APIRouter(prefix="/chains", tags=["chains"], dependencies=[TaggedAnswer])


@router.get("", responses=LIST)
def list_chains(workspace: WorkspaceDep, page: PageDep, response: Response) -> list[ChainRead]:
    """List the chains, with how many nodes, supply edges and match terms each has."""
    return [ChainRead.of(chain) for chain in page.cut(list(workspace.knowledge.chains.values()), response)]


@router.get("/{chain_id}")
def read_chain(
    chain_id: Annotated[str, Path(max_length=60, examples=["lithium-battery"])], workspace: WorkspaceDep
) -> ChainDetail:
    """Return one chain: every node (`parent` makes the tree) and every supply edge."""
    return chain_detail(workspace.knowledge.chain(chain_id))
