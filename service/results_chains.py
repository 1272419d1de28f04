"""What is published of chains being edited: drafts, complaints, versions, differences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from service.chain_editing import ChainState
from service.chain_publishing import Published
from service.storage.chain_versions import NodeUse, VersionKind

VERSION_KINDS = {
    VersionKind.SHIPPED: "内置",
    VersionKind.EDITED: "发布",
    VersionKind.RESTORED: "恢复",
    VersionKind.RESET: "回到内置",
    VersionKind.REMOVED: "删除",
}
"""What the kinds of versions are called."""


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class DifferenceRead(_Read):
    """One difference between two versions, in plain words; `node` is the full id of the node it is about."""

    kind: str = Field(examples=["renamed"])
    node: str | None
    sentence: str


class ComplaintRead(_Read):
    """What is wrong with a draft, and at which node and field, or at which edge (supplier, customer)."""

    message: str
    warning: bool = Field(description="a warning does not keep the draft from being published")
    check: str = Field(examples=["orphan"])
    node: str | None
    field: str | None
    edge: tuple[str, str] | None


class DraftStepRead(_Read):
    """One step of a draft: what it changed, who made it and when."""

    revision: int
    change: str
    changed_by: str
    changed_at: dt.datetime


class DraftRead(_Read):
    """A chain as it is being edited. Without a draft, what counts now stands in `document`."""

    chain: str
    mark: str = Field(description="to be sent with the next change; another one means somebody was quicker")
    drafted: bool
    overtaken: bool = Field(description="what counts has changed since the draft was begun")
    document: dict[str, Any] = Field(description="the chain file as it would be written")
    complaints: list[ComplaintRead]
    differences: list[DifferenceRead] = Field(description="what publishing would change")
    steps: list[DraftStepRead] = Field(description="the newest first")
    stranded_firms: int = Field(description="firms linked to nodes that the draft removes")
    stranded_decisions: int = Field(description="decisions there: they are kept, and act no more")

    @classmethod
    def of(cls, state: ChainState, use: NodeUse) -> Self:
        """Describe a chain's state."""
        return cls(
            chain=state.chain_id,
            mark=state.mark,
            drafted=state.drafted,
            overtaken=state.overtaken,
            document=state.document,
            complaints=[ComplaintRead.model_validate(one) for one in state.complaints],
            differences=difference_reads(state.differences),
            steps=[DraftStepRead.model_validate(one) for one in state.steps],
            stranded_firms=use.firms,
            stranded_decisions=use.decisions,
        )


class VersionRead(_Read):
    """One version of a chain. `kind`: shipped, edited, restored, reset (back to the file), removed."""

    number: int
    kind: str
    note: str
    saved_by: str
    saved_at: dt.datetime
    restored_from: int | None


class PublishedRead(BaseModel):
    """A version that now counts. `rematched_chains`: chains whose firms were matched again, null for all."""

    chain: str
    number: int
    kind: str
    rematched_chains: list[str] | None
    firms: int = Field(description="firms that were read again")
    links: int = Field(description="links found for them")
    seconds: float

    @classmethod
    def of(cls, published: Published) -> Self:
        """Describe a publication."""
        done = published.rematched
        return cls(
            chain=published.chain,
            number=published.number,
            kind=str(published.kind),
            rematched_chains=None if done.chains is None else list(done.chains),
            firms=done.firms,
            links=done.links,
            seconds=published.seconds,
        )


def difference_reads(found: Sequence[object]) -> list[DifferenceRead]:
    """Describe differences."""
    return [DifferenceRead.model_validate(one) for one in found]
