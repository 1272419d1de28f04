"""Chains: their lists, trees and supply edges."""

from __future__ import annotations

from fastapi import APIRouter

from service.results import ChainDetail, ChainRead, chain_detail
from service.web.deps import TaggedAnswer, WorkspaceDep

router = APIRouter(prefix="/chains", tags=["chains"], dependencies=[TaggedAnswer])


@router.get("")
def list_chains(workspace: WorkspaceDep) -> list[ChainRead]:
    """List the chains, with how many nodes, supply edges and match terms each has."""
    return [ChainRead.of(chain) for chain in workspace.knowledge.chains.values()]


@router.get("/{chain_id}")
def read_chain(chain_id: str, workspace: WorkspaceDep) -> ChainDetail:
    """Return one chain: every node (`parent` makes the tree) and every supply edge."""
    return chain_detail(workspace.knowledge.chain(chain_id))
