"""Changes of a chain: each takes a document and gives a new one, or says clearly why it cannot be.

What is checked here is what a change by itself can get wrong (a node that is not there, a move below
itself). Whether the chain that results is sound, its reader says (`service/ingest/chains.py`).
Ids never change: a node that is renamed or moved keeps its id, and with it its firms and decisions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from service.domain.chain_document import (
    LISTS,
    NODE_KEYS,
    TEXTS,
    Document,
    Entry,
    copied,
    edge_pairs,
    entries,
    entry_of,
    full_id,
)
from service.domain.chains import Chain, Stage
from service.errors import ChainEditRefused

FIRST, LAST = "first", "last"
"""Where among its siblings a node comes to stand; else the id of the sibling after which it stands."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MOST_CHARACTERS = 4_000
_MOST_ITEMS = 400


@dataclass(frozen=True, slots=True)
class AddNode:
    """A new node `slug` below `parent` (None: the top); `facts` as in `ChangeNode`."""

    slug: str
    facts: Mapping[str, Any]
    parent: str | None = None
    beside: str = LAST


@dataclass(frozen=True, slots=True)
class BorrowNode:
    """The leaf `node` of another chain, hung in below `parent`; `stage` None inherits."""

    node: str
    parent: str | None = None
    stage: str | None = None
    beside: str = LAST


@dataclass(frozen=True, slots=True)
class ChangeNode:
    """New facts of a node: name, stage, terms, exclusions, gbt4754, sources, bottleneck, endowment, note.

    What is not named stays; an empty value takes the fact away (an empty stage: inherited).
    """

    node: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MoveNode:
    """The node, with all below it, below another parent (None: the top) or to another place there."""

    node: str
    parent: str | None = None
    beside: str = LAST


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """The node away, with all below it and every supply edge that touches them."""

    node: str


@dataclass(frozen=True, slots=True)
class PutEdge:
    """`supplier` supplies `customer`: a new edge, or new values of the one there is."""

    supplier: str
    customer: str
    input_share: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveEdge:
    """The edge away."""

    supplier: str
    customer: str


@dataclass(frozen=True, slots=True)
class ChangeChain:
    """New name or summary of the chain; None leaves it as it is."""

    name: str | None = None
    summary: str | None = field(default=None)


Edit: TypeAlias = (
    AddNode | BorrowNode | ChangeNode | MoveNode | RemoveNode | PutEdge | RemoveEdge | ChangeChain
)


def apply_edit(document: Document, edit: Edit) -> Document:
    """Return the document after one change; `document` is not modified.

    Raises
    ------
    ChainEditRefused : the change cannot be made; names the field it is about.
    """
    new: Document = copied(document)
    match edit:
        case AddNode():
            _add(new, edit.parent, _new_item(new, edit), edit.beside)
        case BorrowNode():
            _add(new, edit.parent, _borrowed_item(new, edit), edit.beside)
        case ChangeNode():
            _change(new, edit)
        case MoveNode():
            _move(new, edit)
        case RemoveNode():
            _remove(new, edit.node)
        case PutEdge():
            _put_edge(new, edit)
        case RemoveEdge():
            _remove_edge(new, edit)
        case ChangeChain():
            _change_chain(new, edit)
    return new


def copy_chain(document: Document, chain_id: str, name: str, *, borrow: bool = False) -> Document:
    """Return a new chain made of an old one.

    Parameters
    ----------
    borrow : leaves are borrowed, so that firms and decisions are those of the old chain; otherwise every
        node is a new one, with the same terms, at home in the new chain.

    Raises
    ------
    ChainEditRefused : the id is no slug, or that of the old chain; the name is empty.
    """
    old_id = str(document["id"])
    if not _SLUG.fullmatch(chain_id):
        raise ChainEditRefused(
            f"编号 {chain_id!r} 应由小写字母、数字和单个连字符组成，例如 power-cell", "chain_id"
        )
    if chain_id == old_id:
        raise ChainEditRefused(f"新链的编号不能与原链 {old_id} 相同", "chain_id")
    new: Document = copied(document)
    lent = {entry.id for entry in entries(document) if borrow and entry.is_leaf}
    new |= {"id": chain_id, "name": _line(name, "name"), "version": "1.0"}
    new["nodes"] = [_copied_item(old_id, item, lent) for item in new["nodes"]]
    for edge in new["edges"]:
        for end in ("from", "to"):
            node = full_id(old_id, edge[end])
            edge[end] = node if node in lent else node.removeprefix(f"{old_id}/")
    return new


def _copied_item(old_id: str, item: Document, lent: Iterable[str]) -> Document:
    node = item.get("ref") or full_id(old_id, str(item["id"]))
    if node in lent:
        return {"ref": node, **({"stage": item["stage"]} if "stage" in item else {})}
    below = {"children": [_copied_item(old_id, child, lent) for child in item.get("children", ())]}
    return item | (below if below["children"] else {})


def borrowers(node_ids: Iterable[str], chains: Iterable[Chain], home: str) -> dict[str, list[Chain]]:
    """Return which chains other than `home` borrow each of these nodes; what none borrows is left out."""
    wanted, found = set(node_ids), dict[str, list[Chain]]()
    for chain in chains:
        for node in chain.nodes if chain.id != home else ():
            if node.id in wanted:
                found.setdefault(node.id, []).append(chain)
    return found


def _entry(document: Document, node_id: str, field: str) -> Entry:
    found = entry_of(document, node_id)
    if found is None:
        raise ChainEditRefused(f"产业链“{document['name']}”没有环节 {node_id!r}，可能已被删除", field)
    return found


def _siblings(document: Document, parent: str | None, field: str = "parent") -> list[Document]:
    """Return the list in which the children of `parent` stand, making it where there is none."""
    if parent is None:
        found: list[Document] = document["nodes"]
        return found
    entry = _entry(document, parent, field)
    if entry.borrowed:
        raise ChainEditRefused(f"环节 {entry.id} 引用自别的产业链，下面不能再放环节", field)
    return _item(document, entry).setdefault("children", [])  # type: ignore[no-any-return]


def _item(document: Document, entry: Entry) -> Document:
    """Return the node's mapping inside `document`, to be changed."""
    value: Any = document
    for step in entry.place:
        value = value[step]
    found: Document = value
    return found


def _add(document: Document, parent: str | None, item: Document, beside: str) -> None:
    siblings = _siblings(document, parent)
    place = _place_among(document, parent, beside)
    if parent is None and not item.get("stage"):
        raise ChainEditRefused("顶层环节要写明位置：上游、中游或下游", "stage")
    siblings.insert(place, item)


def _place_among(document: Document, parent: str | None, beside: str) -> int:
    children = [entry for entry in entries(document) if entry.parent == parent]
    if beside in (FIRST, LAST):
        return 0 if beside == FIRST else len(children)
    for entry in children:
        if entry.id == beside:
            return entry.position + 1
    raise ChainEditRefused(f"{beside!r} 不是同一上级下的环节，应为 first、last 或同级环节的编号", "beside")


def _new_item(document: Document, edit: AddNode) -> Document:
    if not _SLUG.fullmatch(edit.slug) or len(edit.slug) > 60:
        raise ChainEditRefused(
            f"环节编号 {edit.slug!r} 应由小写字母、数字和单个连字符组成，不超过 60 个，例如 power-cell",
            "slug",
        )
    node_id = full_id(str(document["id"]), edit.slug)
    taken = entry_of(document, node_id)
    if taken is not None:
        raise ChainEditRefused(f"编号 {edit.slug} 已被环节“{taken.name}”使用", "slug")
    item = _with_facts({"id": edit.slug}, edit.facts)
    if "name" not in item:
        raise ChainEditRefused("环节要有名称", "name")
    return item


def _borrowed_item(document: Document, edit: BorrowNode) -> Document:
    if entry_of(document, edit.node) is not None:
        raise ChainEditRefused(f"本链已有环节 {edit.node}", "node")
    if "/" not in edit.node or edit.node.startswith(f"{document['id']}/"):
        raise ChainEditRefused(
            f"引用的应是别的产业链的环节全名，例如 lithium-battery/copper-foil，收到 {edit.node!r}", "node"
        )
    return _with_facts({"ref": edit.node}, {"stage": edit.stage})


def _change(document: Document, edit: ChangeNode) -> None:
    entry = _entry(document, edit.node, "node")
    item = _item(document, entry)
    if entry.borrowed and set(edit.facts) - {"stage"}:
        raise ChainEditRefused(f"环节 {entry.id} 引用自别的产业链，名称、匹配词等要到那条链里改", "name")
    new = _with_facts(item, edit.facts)
    if entry.parent is None and "stage" not in new:
        raise ChainEditRefused("顶层环节要写明位置：上游、中游或下游", "stage")
    item.clear()
    item.update(new)


def _with_facts(item: Mapping[str, Any], facts: Mapping[str, Any]) -> Document:
    """Return the item with these facts, keys in the order in which files write them."""
    new = dict(item)
    for key, value in facts.items():
        if key not in {"name", "stage", *TEXTS, *LISTS}:
            raise ChainEditRefused(f"环节没有字段 {key!r}", key)
        plain = _fact(key, value)
        new.pop(key, None)
        if plain:
            new[key] = plain
    order = ("ref", *NODE_KEYS)
    return {key: new[key] for key in order if key in new}


def _fact(key: str, value: Any) -> str | list[str]:
    if key == "name":
        return _line(value, key)
    if key == "stage":
        if value and value not in set(Stage):
            raise ChainEditRefused(f"位置应为 upstream、midstream 或 downstream，收到 {value!r}", key)
        return str(value) if value else ""
    if key in TEXTS:
        return _text(value or "", key)
    texts = [_text(one, key) for one in value or ()]
    if len(texts) > _MOST_ITEMS:
        raise ChainEditRefused(f"最多 {_MOST_ITEMS} 项，收到 {len(texts)} 项", key)
    return list(dict.fromkeys(text for text in texts if text))


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise ChainEditRefused(f"应为文字，收到 {value!r}", key)
    text = value.replace("\r\n", "\n").strip()
    if len(text) > _MOST_CHARACTERS:
        raise ChainEditRefused(f"最多 {_MOST_CHARACTERS} 个字，收到 {len(text)} 个", key)
    if odd := _CONTROL.search(text):
        raise ChainEditRefused(f"含有不允许的控制字符 U+{ord(odd[0]):04X}", key)
    return text


def _line(value: object, key: str) -> str:
    line = " ".join(_text(value or "", key).split())
    if not line:
        raise ChainEditRefused("名称不能为空", key)
    return line


def _move(document: Document, edit: MoveNode) -> None:
    entry = _entry(document, edit.node, "node")
    if edit.beside == edit.node:
        return
    if edit.parent is not None and edit.parent in _below(document, edit.node):
        raise ChainEditRefused(f"环节“{entry.name}”不能移到它自己或它的下级之下", "parent")
    _siblings(document, edit.parent)
    item = _item(document, entry)
    _take_out(document, entry)
    if edit.parent is None:
        item.setdefault("stage", str(entry.stage))
    siblings = _siblings(document, edit.parent)
    siblings.insert(_place_among(document, edit.parent, edit.beside), _in_order(item))


def _in_order(item: Document) -> Document:
    return {key: item[key] for key in ("ref", *NODE_KEYS) if key in item}


def _take_out(document: Document, entry: Entry) -> None:
    """Take a node out of its list; a group left without children has no such list any more."""
    siblings = _siblings(document, entry.parent)
    del siblings[entry.position]
    _drop_empty_lists(document["nodes"], entry.parent is not None)


def _drop_empty_lists(items: list[Document], below: bool) -> None:
    for item in items if below else ():
        if "children" in item:
            _drop_empty_lists(item["children"], below)
            if not item["children"]:
                del item["children"]


def _below(document: Document, node_id: str) -> set[str]:
    """Return the ids of the node and of all below it."""
    found = {node_id}
    for entry in entries(document):
        if entry.parent in found:
            found.add(entry.id)
    return found


def _remove(document: Document, node_id: str) -> None:
    entry = _entry(document, node_id, "node")
    if entry.parent is None and len(document["nodes"]) == 1:
        raise ChainEditRefused(f"“{entry.name}”是唯一的顶层环节，不能删除", "node")
    gone = _below(document, node_id)
    _take_out(document, entry)
    touched = {pair for pair in edge_pairs(document) if gone & set(pair)}
    _keep_edges(document, lambda pair: pair not in touched)


def _keep_edges(document: Document, wanted: Any) -> None:
    document["edges"] = [edge for pair, edge in edge_pairs(document).items() if wanted(pair)]


def _put_edge(document: Document, edit: PutEdge) -> None:
    supplier = _entry(document, edit.supplier, "supplier")
    customer = _entry(document, edit.customer, "customer")
    if supplier.id == customer.id:
        raise ChainEditRefused(f"环节“{supplier.name}”不能供给自己", "customer")
    share, source = edit.input_share, _text(edit.source or "", "source")
    if share is not None and not 0 <= share <= 1:
        raise ChainEditRefused(f"占投入的比例应在 0 到 1 之间，收到 {share:g}", "input_share")
    if share is not None and not source:
        raise ChainEditRefused("写了占投入的比例，就要写明出处", "source")
    own = f"{document['id']}/"
    edge: Document = {"from": supplier.id.removeprefix(own), "to": customer.id.removeprefix(own)}
    edge |= {"input_share": share} if share is not None else {}
    edge |= {"source": source} if source else {}
    pairs = edge_pairs(document)
    document["edges"] = [*({**pairs, (supplier.id, customer.id): edge}).values()]


def _remove_edge(document: Document, edit: RemoveEdge) -> None:
    pair = (edit.supplier, edit.customer)
    if pair not in edge_pairs(document):
        raise ChainEditRefused(f"没有供应关系 {edit.supplier} → {edit.customer}，可能已被删除", "supplier")
    _keep_edges(document, lambda one: one != pair)


def _change_chain(document: Document, edit: ChangeChain) -> None:
    if edit.name is not None:
        document["name"] = _line(edit.name, "name")
    if edit.summary is not None:
        summary = _text(edit.summary, "summary")
        document.pop("summary", None)
        if summary:
            document["summary"] = summary
