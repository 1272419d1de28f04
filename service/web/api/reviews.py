"""Uncertain links (待核实挂链): the queue, decisions in batches, and how to take a batch back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from service.asking import NOBODY
from service.domain.firms import ReviewState
from service.errors import InvalidQuery
from service.pipeline.reviews import Decided, review_links, review_matching, undo_batch
from service.results import BatchRead, ReviewRead, batch_reads, review_reads
from service.reviewing import Scope, describe_rule, rank_waiting, rule_of
from service.storage.decisions import find_firm_ids, list_batches
from service.web.deps import (
    LIST,
    ChainQuery,
    NodeQuery,
    PageDep,
    RegionQuery,
    RowNumber,
    SessionDep,
    TaggedAnswer,
    WorkspaceDep,
)
from service.web.problems import describe_problems

router = APIRouter(prefix="/reviews", tags=["reviews"])

_NO_NUL = r"^[^\x00]*$"
_FIRST = 20

NodeId = Annotated[str, Field(max_length=120, pattern=_NO_NUL, examples=["lithium-battery/power-cell"])]
DecidedBy = Annotated[str, Field(min_length=1, max_length=60, pattern=_NO_NUL)]
Confidence = Annotated[float | None, Field(ge=0, le=1)]


class LinkDecision(BaseModel):
    """What a person decides of a link; `open` takes the decision back."""

    firm: str = Field(
        max_length=200,
        pattern=_NO_NUL,
        description="key of the firm",
        examples=["n:宁德时代新能源科技股份有限公司"],
    )
    node: NodeId
    state: ReviewState


class Decisions(BaseModel):
    """Decisions that are made together: all of them are kept, or none."""

    decisions: list[LinkDecision] = Field(min_length=1, max_length=1000)
    decided_by: DecidedBy = NOBODY


class Rule(BaseModel):
    """Which uncertain links are decided alike. `term` and `field` are those of one piece of evidence."""

    region: str = Field(max_length=60, pattern=_NO_NUL, examples=["330800"])
    chain: str = Field(max_length=60, pattern=_NO_NUL, examples=["lithium-battery"])
    node: NodeId | None = Field(default=None, description="a group means all below it")
    term: str | None = Field(default=None, max_length=120, pattern=_NO_NUL, description="the whole term")
    field: str | None = Field(default=None, max_length=40, pattern=_NO_NUL, examples=["scope"])
    min_confidence: Confidence = None
    max_confidence: Confidence = None
    state: ReviewState
    decided_by: DecidedBy = NOBODY
    dry_run: bool = Field(default=False, description="only say what would be decided")

    @property
    def scope(self) -> Scope:
        """The rule as the question it asks; what is left empty stands for any."""
        return Scope(
            self.region,
            self.chain,
            self.node or None,
            self.term or None,
            self.field or None,
            self.min_confidence,
            self.max_confidence,
        )


class DecidedRead(BaseModel):
    """The batch that was made or undone, null where every decision stood already; how many links changed."""

    batch: int | None
    changed: int

    @classmethod
    def of(cls, decided: Decided) -> DecidedRead:
        """Describe what was decided."""
        return cls(batch=decided.batch, changed=decided.changed)


class RuleRead(DecidedRead):
    """What a rule decided, or would decide: how many links it means and the first of them."""

    matched: int
    first: list[ReviewRead]


@router.get("", dependencies=[TaggedAnswer], responses=LIST)
def read_queue(
    workspace: WorkspaceDep,
    session: SessionDep,
    page: PageDep,
    response: Response,
    region: RegionQuery,
    chain: ChainQuery,
    node: NodeQuery = None,
) -> list[ReviewRead]:
    """List uncertain links, those first that would change a rating; the total in X-Total-Count."""
    ranked = rank_waiting(session, workspace.knowledge, Scope(region, chain, node))
    return review_reads(session, workspace.knowledge.chain(chain), page.cut(ranked, response))


@router.post("")
def decide_links(batch: Decisions, workspace: WorkspaceDep, session: SessionDep) -> DecidedRead:
    """Accept, reject or reopen links of firms as one batch. Decisions survive every later import."""
    ids = find_firm_ids(session, {one.firm for one in batch.decisions})
    session.rollback()
    wanted = {(ids[one.firm], one.node): one.state for one in batch.decisions}
    if len(wanted) < len(batch.decisions):
        raise InvalidQuery("同一企业的同一环节在一批中出现了两次")
    return DecidedRead.of(
        review_links(workspace.engine, workspace.knowledge, wanted, decided_by=batch.decided_by)
    )


@router.post("/rule")
def decide_by_rule(rule: Rule, workspace: WorkspaceDep, session: SessionDep) -> RuleRead:
    """Accept or reject every uncertain link that the rule means, as one batch; or only say which they are."""
    if rule.state is ReviewState.OPEN:
        raise InvalidQuery("规则只用于待核实的挂链，状态应为 accepted 或 rejected")
    knowledge, scope = workspace.knowledge, rule.scope
    ranked = rank_waiting(session, knowledge, scope)
    first = review_reads(session, knowledge.chain(rule.chain), ranked[:_FIRST])
    session.rollback()
    if rule.dry_run:
        return RuleRead(batch=None, changed=0, matched=len(ranked), first=first)
    decided = review_matching(
        workspace.engine,
        knowledge,
        rule_of(knowledge, scope),
        rule.state,
        decided_by=rule.decided_by,
        note=describe_rule(knowledge, scope, rule.state),
    )
    return RuleRead(batch=decided.batch, changed=decided.changed, matched=decided.changed, first=first)


@router.get("/batches", dependencies=[TaggedAnswer], responses=LIST)
def read_batches(session: SessionDep, page: PageDep, response: Response) -> list[BatchRead]:
    """List the batches of decisions, the newest first, with who decided, when, and whether it was undone."""
    total, batches = list_batches(session, limit=page.limit, offset=page.offset)
    page.say_total(total, response)
    return batch_reads(session, batches)


@router.delete("/batches/{number}", responses=describe_problems(409))
def undo(
    number: RowNumber,
    workspace: WorkspaceDep,
    undone_by: Annotated[str, Query(min_length=1, max_length=60, examples=["王工"])] = NOBODY,
) -> DecidedRead:
    """Undo a batch as a whole: what stood before it stands again. The batch stays in the history."""
    return DecidedRead.of(undo_batch(workspace.engine, workspace.knowledge, number, undone_by=undone_by))
