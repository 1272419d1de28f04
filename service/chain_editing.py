"""Editing a chain: a draft in the database, one function per change; what is wrong is said at its field.

A draft is a row of steps, each the whole text. A step that would make the chain unsound is refused and
nothing of it is kept; what only the next step can mend (a new node without supply edges) is noted, and
keeps the draft from being published.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.domain.chain_diff import Difference, diff_chains
from service.domain.chain_document import Document, Place, entries
from service.domain.chain_edit import ChangeNode, Edit, apply_edit, borrowers, copy_chain
from service.domain.chains import Chain
from service.errors import ChainChanged, ChainEditRefused, UnknownChain
from service.ingest.chain_draft import slug_of
from service.ingest.chain_overlay import chain_file_text
from service.ingest.chain_schema import Problem, Severity
from service.ingest.chain_text import read_chain_document, write_chain_text
from service.ingest.chains import check_chain_text
from service.knowledge import Knowledge
from service.live_chains import shipped_folder, text_hash
from service.storage.chain_versions import (
    LAID_OVER,
    ChainVersion,
    DraftStep,
    NodeUse,
    count_use,
    drop_draft,
    drop_step,
    read_draft,
    read_newest,
    save_step,
)
from service.storage.engine import Connection, Session, write_transaction
from service.workspace import Workspace

MENDED_LATER = frozenset({"orphan", "required", "minItems"})
"""Checks that a step may fail: adding a node comes before adding its edges."""

_QUOTED = re.compile(r'"([^"]*)"')
_LINES = re.compile(r"第 \d+ 行\s?")
# The checks speak to who writes the file; a form has other words.
_FILE_WORDS = (
    ("应在 edges 中写明", "请写明"),
    ("input_share", "占投入的比例"),
    ("缺少 terms：", "缺少匹配词："),
    ("词条", "匹配词"),
    ("terms 第", "匹配词第"),
    ("exclusions 第", "排除词第"),
    ("gbt4754 第", "国标行业代码第"),
)
_MOST_STEPS = 300


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a draft: the node (full id) and field it is about, or the edge; all may be None."""

    message: str
    warning: bool
    check: str
    node: str | None = None
    field: str | None = None
    edge: tuple[str, str] | None = None


@dataclass(frozen=True)
class ChainState:
    """A chain as it is being edited.

    `text` is the draft's, or where there is none that which counts; `live` the text that counts, None for a
    chain that was never published; `shipped` that of its file, None where it has none.
    """

    chain_id: str
    text: str
    live: str | None
    shipped: str | None
    newest: ChainVersion | None
    steps: tuple[DraftStep, ...]
    knowledge: Knowledge

    @cached_property
    def document(self) -> Document:
        """What `text` says."""
        return read_chain_document(self.text, self.chain_id)

    @cached_property
    def mark(self) -> str:
        """Changes whenever the draft, or what counts, changes: an old one was taken of something else."""
        return hashlib.sha256(f"{self.text}\0{self.live}".encode()).hexdigest()[:16]

    @cached_property
    def checked(self) -> tuple[Chain | None, tuple[Complaint, ...]]:
        """The draft as a chain, and what is wrong with it."""
        chain, problems = check_chain_text(self.text, self.chain_id, self.knowledge.chains)
        return chain, tuple(_complaint(self.document, problem) for problem in problems)

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What is wrong with the draft, warnings too."""
        return self.checked[1]

    @cached_property
    def differences(self) -> Sequence[Difference]:
        """What publishing the draft would change; all of it for a chain that was never published."""
        if self.live is None:
            empty = {**self.document, "nodes": [], "edges": []}
            return diff_chains(empty, self.document, node_names(self.knowledge))
        before = read_chain_document(self.live, self.chain_id)
        return diff_chains(before, self.document, node_names(self.knowledge))

    @property
    def drafted(self) -> bool:
        """Whether there is a draft."""
        return bool(self.steps)

    @property
    def overtaken(self) -> bool:
        """Whether what counts has changed since the draft was begun (a newer program, a restored version)."""
        return bool(self.steps) and self.steps[-1].live_sha256 != text_hash(self.live)

    @property
    def own(self) -> bool:
        """Whether a published version takes the place of the chain's file."""
        return self.newest is not None and self.newest.kind in LAID_OVER

    @property
    def file_changed(self) -> bool:
        """Whether the file that ships is another than when the published version was saved."""
        newest = self.newest
        return (
            newest is not None
            and self.own
            and self.shipped is not None
            and newest.shipped_sha256 != text_hash(self.shipped)
        )


def node_names(knowledge: Knowledge) -> Mapping[str, str]:
    """Return the names of all nodes of all chains that count, by full id."""
    return {node.id: node.name for chain in knowledge.chains.values() for node in chain.nodes}


def read_state(reader: Session | Connection, workspace: Workspace, chain_id: str) -> ChainState:
    """Return a chain as it stands for editing.

    Raises
    ------
    UnknownChain : there is neither such a chain nor a draft of one.
    InvalidChain : its text cannot be read at all.
    """
    newest = read_newest(reader).get(chain_id)
    shipped = chain_file_text(shipped_folder(workspace.settings), chain_id)
    steps = tuple(read_draft(reader, chain_id))
    laid_over = newest is not None and newest.kind in LAID_OVER
    live = newest.text if newest is not None and laid_over else shipped
    if not steps and live is None:
        workspace.knowledge.chain(chain_id)
        raise UnknownChain(f"没有产业链 {chain_id!r}")
    text = steps[0].text if steps else live or ""
    return ChainState(chain_id, text, live, shipped, newest, steps, workspace.knowledge)


def change_draft(workspace: Workspace, chain_id: str, edit: Edit, *, mark: str, by: str) -> ChainState:
    """Make one change in a chain's draft, beginning a draft where there is none; return the new state.

    Parameters
    ----------
    mark : `ChainState.mark` of what the person was looking at.

    Raises
    ------
    ChainEditRefused : the change cannot be made; nothing is kept of it.
    ChainChanged : somebody changed the draft, or what counts, meanwhile.
    UnknownChain : there is no such chain.
    """

    def change(state: ChainState) -> Document:
        document = apply_edit(state.document, edit)
        _refuse_breaking_others(state, document, edit)
        return document

    return _step(workspace, chain_id, change, mark=mark, by=by)


def undo_step(workspace: Workspace, chain_id: str, *, mark: str) -> ChainState | None:
    """Take the last step of the draft back; None where nothing of a never published chain is left.

    Raises
    ------
    ChainEditRefused : there is no step; ChainChanged : as `change_draft`.
    """
    with write_transaction(workspace.engine) as connection:
        state = _at(read_state(connection, workspace, chain_id), mark)
        if not state.steps:
            raise ChainEditRefused("没有可以撤销的改动")
        drop_step(connection, chain_id, state.steps[0].revision)
        if state.live is None and len(state.steps) == 1:
            return None
        return read_state(connection, workspace, chain_id)


def discard_draft(workspace: Workspace, chain_id: str, *, mark: str) -> None:
    """Throw the draft away; what counts stays as it is. Raises as `undo_step`."""
    with write_transaction(workspace.engine) as connection:
        state = _at(read_state(connection, workspace, chain_id), mark)
        if not state.steps:
            raise ChainEditRefused("没有草稿")
        drop_draft(connection, chain_id)


def begin_copy(
    workspace: Workspace, source: str, chain_id: str, name: str, *, by: str, borrow: bool = False
) -> ChainState:
    """Begin a new chain as the draft of a copy of `source`; it counts once it is published.

    Raises
    ------
    ChainEditRefused : the id is none or taken, the name is empty; UnknownChain : there is no `source`.
    """
    with write_transaction(workspace.engine) as connection:
        original = read_state(connection, workspace, source)
        new = copy_chain(original.document, chain_id, name, borrow=borrow)
        if chain_id in workspace.knowledge.chains or read_draft(connection, chain_id):
            raise ChainEditRefused(f"编号 {chain_id} 已经有一条产业链了，请另取一个", "chain_id")
        if borrow and original.live is None:
            raise ChainEditRefused("原链还没有发布，不能引用它的环节；请先发布，或改为复制环节", "borrow")
        sentence = f"由“{original.document['name']}”复制而来" + ("，末级环节引用原链" if borrow else "")
        step = _new_step(chain_id, 1, new, sentence, by, None)
        save_step(connection, step)
        return read_state(connection, workspace, chain_id)


def free_slug(state: ChainState, name: str) -> str:
    """Return a slug for a new node of this name, in pinyin, that the chain does not have yet."""
    taken = {entry.id for entry in entries(state.document)}
    plain = slug_of(name)
    number, slug = 1, plain
    while f"{state.chain_id}/{slug}" in taken:
        number += 1
        slug = f"{plain}-{number}"
    return slug


def removal_use(session: Session, state: ChainState, node_id: str) -> NodeUse:
    """Return the firms and decisions at a node and all below it that removing it would strand."""
    below = {node_id}
    for entry in entries(state.document):
        if entry.parent in below:
            below.add(entry.id)
    return count_use(session, {node for node in below if node.startswith(f"{state.chain_id}/")})


def stranded_use(session: Session, state: ChainState) -> NodeUse:
    """Return the firms and decisions at nodes that count now and that the draft removes."""
    if state.live is None or not state.drafted:
        return NodeUse(0, 0)
    before = {entry.id for entry in entries(read_chain_document(state.live, state.chain_id))}
    gone = before - {entry.id for entry in entries(state.document)}
    return count_use(session, {node for node in gone if node.startswith(f"{state.chain_id}/")})


def _step(
    workspace: Workspace, chain_id: str, change: Callable[[ChainState], Document], *, mark: str, by: str
) -> ChainState:
    with write_transaction(workspace.engine) as connection:
        state = _at(read_state(connection, workspace, chain_id), mark)
        if len(state.steps) >= _MOST_STEPS:
            raise ChainEditRefused(f"草稿已有 {_MOST_STEPS} 步改动，请先发布")
        document = change(state)
        sentences = diff_chains(state.document, document, node_names(state.knowledge))
        if not sentences:
            raise ChainEditRefused("没有改动")
        said = "；".join(one.sentence for one in sentences[:20]) + ("……" if len(sentences) > 20 else "")
        begun = state.steps[-1].live_sha256 if state.steps else text_hash(state.live)
        revision = state.steps[0].revision + 1 if state.steps else 1
        save_step(connection, _new_step(chain_id, revision, document, said, by, begun))
        after = read_state(connection, workspace, chain_id)
        _refuse_unsound(state, after)
        return after


def _new_step(
    chain_id: str, revision: int, document: Document, change: str, by: str, live_sha256: str | None
) -> DraftStep:
    text = write_chain_text(document)
    return DraftStep(chain_id, revision, text, change, by, dt.datetime.now(dt.UTC), live_sha256)


def _at(state: ChainState, mark: str) -> ChainState:
    """Return the state where it is the one that `mark` was taken of; ChainChanged otherwise."""
    if state.mark == mark:
        return state
    last = state.steps[0] if state.steps else None
    who = f"（{last.changed_by}，{last.change[:60]}）" if last else ""
    raise ChainChanged(f"产业链“{state.document['name']}”刚被别人改过{who}，请看过最新内容后再改")


def _refuse_unsound(before: ChainState, after: ChainState) -> None:
    """Refuse a step that brings an error which was not there and which the step itself is to blame for."""
    known = {(one.message, one.check) for one in before.complaints}
    for one in after.complaints:
        if not one.warning and one.check not in MENDED_LATER and (one.message, one.check) not in known:
            raise ChainEditRefused(one.message, one.field or "")


def _refuse_breaking_others(state: ChainState, document: Document, edit: Edit) -> None:
    """Refuse to take away, or to make a group of, what other chains borrow; or to double their terms."""
    others = state.knowledge.chains.values()
    before = {entry.id: entry for entry in entries(state.document)}
    after = {entry.id: entry for entry in entries(document)}
    leaves = {node for node, entry in after.items() if entry.is_leaf}
    lost = [node for node in before if node not in leaves and before[node].is_leaf]
    for node, chains in borrowers(lost, others, state.chain_id).items():
        what = "再分下级" if node in after else "删除"
        names = "、".join(f"“{chain.name}”" for chain in chains)
        raise ChainEditRefused(
            f"环节“{before[node].name}”被产业链{names}引用，不能{what}；请先在那里取消引用", "node"
        )
    if isinstance(edit, ChangeNode) and "terms" in edit.facts:
        _refuse_doubled_terms(state, edit.node, after[edit.node].item.get("terms") or ())


def _refuse_doubled_terms(state: ChainState, node: str, terms: Sequence[str]) -> None:
    others = state.knowledge.chains.values()
    for chain in borrowers([node], others, state.chain_id).get(node, ()):
        for other in chain.nodes:
            doubled = set(terms) & set(other.terms) if other.id != node else set()
            if doubled:
                raise ChainEditRefused(
                    f"匹配词“{'、'.join(sorted(doubled))}”在产业链“{chain.name}”的环节“{other.name}”里已有，"
                    "而那条链引用了本环节：同一家企业会被算两次",
                    "terms",
                )


def _complaint(document: Document, problem: Problem) -> Complaint:
    message = _LINES.sub("", problem.message)
    for written, said in _FILE_WORDS:
        message = message.replace(written, said)
    message = _QUOTED.sub(r"“\1”", message)
    node, field, edge = _whose(document, problem.place)
    return Complaint(message, problem.severity is Severity.WARNING, problem.check, node, field, edge)


def _whose(document: Document, place: Place) -> tuple[str | None, str | None, tuple[str, str] | None]:
    """Return the node and the field, or the edge, that a place of the document belongs to."""
    inside = [entry for entry in entries(document) if place[: len(entry.place)] == entry.place]
    if inside:
        nearest = max(inside, key=lambda entry: len(entry.place))
        rest = place[len(nearest.place) :]
        return nearest.id, str(rest[0]) if rest else None, None
    if place[:1] == ("edges",) and len(place) > 1:
        edge = document["edges"][place[1]]
        field = (
            {"from": "supplier", "to": "customer"}.get(str(place[2]), str(place[2])) if place[2:] else None
        )
        ends = [str(edge.get(end)) for end in ("from", "to")]
        chain = str(document["id"])
        supplier, customer = (end if "/" in end else f"{chain}/{end}" for end in ends)
        return None, field, (supplier, customer)
    return None, str(place[0]) if place else None, None
