"""Publishing a chain: a new version that counts at once, with the firms matched again; and going back.

Everything is one transaction: the version, the links, the coverage and the version of the data change
together, or nothing does. Services that run notice by the hash of the chains (`chain_following`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.chain_editing import ChainState, node_names, read_state
from service.chain_following import up_to_date
from service.domain.chain_diff import Difference, diff_chains
from service.domain.chain_document import Document
from service.domain.chain_edit import borrowers
from service.errors import ChainChanged, InvalidChain, InvalidQuery, UnknownVersion
from service.ingest.chain_text import read_chain_document, write_chain_text
from service.knowledge import Knowledge
from service.live_chains import knowledge_laid_over, published_texts, text_hash
from service.pipeline.chain_rematch import Rematched, rematch_changed
from service.pipeline.imports import Progress
from service.storage.chain_versions import (
    VersionKind,
    drop_draft,
    find_version,
    list_versions,
    read_newest,
    save_version,
)
from service.storage.engine import Connection, Session, write_transaction
from service.storage.sources import matched_chains_hash
from service.workspace import Workspace

SHIPPED_BY = "随程序"


@dataclass(frozen=True, slots=True)
class Published:
    """A version that now counts: its number, what was matched again, and how long it took."""

    chain: str
    number: int
    kind: VersionKind
    rematched: Rematched
    seconds: float


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to count: `text` None means the file, or nothing where there is none."""

    kind: VersionKind
    text: str | None
    by: str
    note: str
    restored_from: int | None = None


def _silent(_stage: str, _share: float) -> None:
    return


def publish_draft(
    workspace: Workspace, chain_id: str, *, mark: str, by: str, note: str = "", progress: Progress = _silent
) -> Published:
    """Make the draft the version that counts.

    Raises
    ------
    ChainChanged : the draft, or what counts, is not what `mark` was taken of.
    InvalidChain : the draft, or a chain that borrows from it, is unsound with it.
    InvalidQuery : there is no draft, or it changes nothing.
    """
    workspace = up_to_date(workspace)
    with workspace.session() as session:
        state = read_state(session, workspace, chain_id)
    if not state.drafted:
        raise InvalidQuery("没有草稿可以发布")
    if state.mark != mark:
        raise ChainChanged(f"产业链“{state.document['name']}”刚被别人改过，请看过最新内容后再发布")
    if not state.differences:
        raise InvalidQuery("草稿与现行版本相同，没有可以发布的改动")
    wrong = [one.message for one in state.complaints if not one.warning]
    if wrong:
        raise InvalidChain(wrong)
    return _go_live(workspace, state, _Wish(VersionKind.EDITED, state.text, by, note), progress)


def restore_version(
    workspace: Workspace, chain_id: str, number: int, *, by: str, note: str = "", progress: Progress = _silent
) -> Published:
    """Make an old version count again, as a new one.

    Raises
    ------
    UnknownVersion; ChainChanged where there is a draft (publish or discard it first); InvalidChain where
    the old version does not fit the other chains as they are now; InvalidQuery where it is the same.
    """
    workspace = up_to_date(workspace)
    with workspace.session() as session:
        state = _without_draft(read_state(session, workspace, chain_id))
        old = find_version(session, chain_id, number)
    if state.live is not None and not _differences(state, state.live, old.text):
        raise InvalidQuery(f"第 {number} 版与现行版本相同")
    said = note or f"恢复第 {number} 版"
    return _go_live(workspace, state, _Wish(VersionKind.RESTORED, old.text, by, said, number), progress)


def reset_chain(
    workspace: Workspace, chain_id: str, *, by: str, note: str = "", progress: Progress = _silent
) -> Published:
    """Go back to the file that ships; the chain then follows its upgrades. Raises as restoring does."""
    workspace = up_to_date(workspace)
    with workspace.session() as session:
        state = _without_draft(read_state(session, workspace, chain_id))
    if state.shipped is None:
        raise InvalidQuery(f"产业链“{state.document['name']}”是自建的，没有内置版")
    if not state.own:
        raise InvalidQuery(f"产业链“{state.document['name']}”用的就是内置版")
    return _go_live(workspace, state, _Wish(VersionKind.RESET, None, by, note or "回到内置版"), progress)


def remove_chain(
    workspace: Workspace, chain_id: str, *, by: str, note: str = "", progress: Progress = _silent
) -> Published:
    """Take away a chain that users made; its versions stay and can be restored.

    Raises
    ------
    InvalidQuery : it is one of those that ship, or the last there is; or other chains borrow from it.
    """
    workspace = up_to_date(workspace)
    with workspace.session() as session:
        state = _without_draft(read_state(session, workspace, chain_id))
    name = state.document["name"]
    if state.shipped is not None:
        raise InvalidQuery(f"产业链“{name}”是内置的，不能删除；可以回到内置版")
    chain = workspace.knowledge.chain(chain_id)
    lent = borrowers([node.id for node in chain.own_nodes], workspace.knowledge.chains.values(), chain_id)
    if lent:
        names = "、".join(sorted({f"“{one.name}”" for chains in lent.values() for one in chains}))
        raise InvalidQuery(f"产业链“{name}”的环节被{names}引用，不能删除；请先在那里取消引用")
    return _go_live(workspace, state, _Wish(VersionKind.REMOVED, None, by, note or "删除"), progress)


def version_text(session: Session, state: ChainState, reference: str) -> str:
    """Return the text that `reference` means: a version's number, `live`, `draft` or `shipped`.

    Raises
    ------
    UnknownVersion : there is no such text.
    """
    known = {"live": state.live, "shipped": state.shipped, "draft": state.text if state.drafted else None}
    text = known.get(reference)
    if text is None and reference.isascii() and reference.isdigit() and len(reference) < 10:
        text = find_version(session, state.chain_id, int(reference)).text
    if text is None:
        raise UnknownVersion(
            f"产业链 {state.chain_id} 没有版本 {reference!r}，"
            "应为版本号，或 live（现行）、draft（草稿）、shipped（内置）"
        )
    return text


def diff_versions(session: Session, state: ChainState, old: str, new: str) -> list[Difference]:
    """Return in plain words what is different in `new`; both are references as in `version_text`."""
    return _differences(state, version_text(session, state, old), version_text(session, state, new))


def _differences(state: ChainState, old: str, new: str) -> list[Difference]:
    before, after = (read_chain_document(text, state.chain_id) for text in (old, new))
    return diff_chains(before, after, node_names(state.knowledge))


def _without_draft(state: ChainState) -> ChainState:
    if state.drafted:
        raise ChainChanged(f"产业链“{state.document['name']}”有未发布的草稿，请先发布或放弃草稿")
    return state


def _go_live(workspace: Workspace, state: ChainState, wish: _Wish, progress: Progress) -> Published:
    """Check the wish against all other chains, then write it with all that follows, or nothing."""
    started = time.perf_counter()
    progress("检查产业链", 0.05)
    number = _next_number(workspace, state)
    text = _stamped(state.chain_id, wish.text, number) if wish.text is not None else None
    with workspace.session() as session:
        texts = published_texts(read_newest(session).values())
    texts.pop(state.chain_id, None)
    laid_over = texts | ({state.chain_id: text} if text is not None else {})
    after = knowledge_laid_over(workspace.settings, workspace.knowledge, laid_over)
    if not after.chains:
        raise InvalidQuery("至少要留一条产业链")
    with write_transaction(workspace.engine) as connection:
        progress("写入版本", 0.1)
        _still_as_seen(connection, workspace, state, texts)
        saved = _save(connection, state, wish, text)
        if saved != number:
            raise ChainChanged("刚有别的版本发布，请重新载入后再试")
        drop_draft(connection, state.chain_id)
        rematched = rematch_changed(connection, _matched_with(workspace), after, progress)
    progress("完成", 1.0)
    seconds = round(time.perf_counter() - started, 2)
    return Published(state.chain_id, number, wish.kind, rematched, seconds)


def _still_as_seen(
    connection: Connection, workspace: Workspace, state: ChainState, others: Mapping[str, str]
) -> None:
    now = read_state(connection, workspace, state.chain_id)
    newest = read_newest(connection)
    same = {
        chain: text for chain, text in published_texts(newest.values()).items() if chain != state.chain_id
    }
    if now.mark != state.mark or same != dict(others):
        raise ChainChanged("产业链刚被别人改过，请看过最新内容后再试")


def _matched_with(workspace: Workspace) -> Knowledge | None:
    """Return the knowledge that the stored links were made with, None where it is not the one we have."""
    with workspace.session() as session:
        known = matched_chains_hash(session) == workspace.knowledge.chains_hash
    return workspace.knowledge if known else None


def _next_number(workspace: Workspace, state: ChainState) -> int:
    with workspace.session() as session:
        versions = list_versions(session, state.chain_id)
    last = versions[0].number if versions else 0
    return last + (2 if _needs_copy_of_file(state, {one.text for one in versions}) else 1)


def _needs_copy_of_file(state: ChainState, texts: set[str]) -> bool:
    """The file as it ships is kept beside what replaces it: an upgrade would otherwise take it away."""
    return state.shipped is not None and state.shipped not in texts


def _save(connection: Connection, state: ChainState, wish: _Wish, text: str | None) -> int:
    """Store the file that ships where it is not yet kept, then the wish; return its number."""
    file_hash = text_hash(state.shipped)
    common: dict[str, Any] = {"chain": state.chain_id, "saved_at": dt.datetime.now(dt.UTC)}
    common["shipped_sha256"] = file_hash
    if _needs_copy_of_file(state, {one.text for one in list_versions(connection, state.chain_id)}):
        shipped = read_chain_document(state.shipped or "", state.chain_id)
        kept = {"kind": VersionKind.SHIPPED, "text": state.shipped, "saved_by": SHIPPED_BY}
        label = f"内置版 {shipped.get('version')}（{shipped.get('date')}）"
        save_version(connection, {**common, **kept, "note": label, "restored_from": None})
    whole = text or (state.shipped if wish.kind is VersionKind.RESET else None) or state.live or state.text
    values = {"kind": wish.kind, "text": whole, "saved_by": wish.by, "note": wish.note}
    return save_version(connection, {**common, **values, "restored_from": wish.restored_from})


def _stamped(chain_id: str, text: str, number: int) -> str:
    """Return the text with this version's label and today's date: exports say which chain they are of."""
    document: Document = read_chain_document(text, chain_id)
    shipped = str(document.get("version") or "1.0").partition("+")[0]
    stamp = {"version": f"{shipped}+{number}", "date": dt.datetime.now(dt.UTC).date().isoformat()}
    return write_chain_text({**document, **stamp})
