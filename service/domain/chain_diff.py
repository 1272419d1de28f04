"""What differs between two versions of a chain: nodes, their facts, supply edges, each in a plain sentence.

Nodes are the same where their ids are: a new name is a renaming, a new parent a move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.domain.chain_document import LISTS, TEXTS, Document, Entry, edge_pairs, entries
from service.domain.chains import Stage

_STAGES = {Stage.UPSTREAM: "上游", Stage.MIDSTREAM: "中游", Stage.DOWNSTREAM: "下游"}
_FACTS = {
    "terms": "匹配词",
    "exclusions": "排除词",
    "gbt4754": "国标行业代码",
    "sources": "出处",
    "bottleneck": "卡脖子说明",
    "endowment": "资源条件",
    "note": "备注",
}
_CHAIN_FACTS = {"name": "链名称", "summary": "简介"}
_LONGEST = 60


class DiffKind(StrEnum):
    """What kind of change it is."""

    CHAIN = "chain"
    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"
    STAGE = "stage"
    FACTS = "facts"
    EDGE_ADDED = "edge_added"
    EDGE_REMOVED = "edge_removed"
    EDGE_CHANGED = "edge_changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `node` is the full id of the node it is about, None for edges and the chain."""

    kind: DiffKind
    node: str | None
    sentence: str


def diff_chains(before: Document, after: Document, names: Mapping[str, str]) -> list[Difference]:
    """Return what is different in `after`: chain, then nodes by kind in tree order, then edges.

    Parameters
    ----------
    names : names of nodes of other chains by full id, for those that are borrowed; where one is absent its
        id is shown.

    The version and the date of the chain are labels that every publication writes: they are left out.
    """
    old = {entry.id: entry for entry in entries(before)}
    new = {entry.id: entry for entry in entries(after)}
    say = _Names(old, new, names)
    found = [*_chain_facts(before, after)]
    found += [_added(new[node], say) for node in new if node not in old]
    found += [_removed(old[node], say) for node in old if node not in new]
    both = [node for node in new if node in old]
    reordered = _reordered(old, new)
    for node in both:
        found += _moved(old[node], new[node], say, node in reordered)
    for node in both:
        found += _facts(old[node], new[node], say)
    return [*found, *_edges(before, after, say)]


@dataclass(frozen=True)
class _Names:
    """How nodes are called: by the newer document, else the older, else as their home calls them."""

    old: Mapping[str, Entry]
    new: Mapping[str, Entry]
    others: Mapping[str, str]

    def of(self, node: str | None) -> str:
        if node is None:
            return "顶层"
        for known in (self.new, self.old):
            if node in known and not known[node].borrowed:
                return f"“{known[node].name}”"
        return f"“{self.others.get(node, node)}”"


def _chain_facts(before: Document, after: Document) -> Iterator[Difference]:
    for key, word in _CHAIN_FACTS.items():
        was, now = before.get(key) or "", after.get(key) or ""
        if was != now:
            yield Difference(DiffKind.CHAIN, None, f"{word}由“{_cut(was)}”改为“{_cut(now)}”")
    if before.get("sources") != after.get("sources"):
        yield Difference(DiffKind.CHAIN, None, "整条链的出处有改动")


def _added(entry: Entry, say: _Names) -> Difference:
    terms = entry.item.get("terms") or ()
    words = "引用别的产业链的环节" if entry.borrowed else "新增环节"
    tail = f"，匹配词 {len(terms)} 个：{_cut('、'.join(terms))}" if terms else ""
    where = f"{_STAGES[entry.stage]}，在{say.of(entry.parent)}之下"
    return Difference(DiffKind.ADDED, entry.id, f"{words}{say.of(entry.id)}（{where}）{tail}")


def _removed(entry: Entry, say: _Names) -> Difference:
    words = "不再引用环节" if entry.borrowed else "删除环节"
    return Difference(
        DiffKind.REMOVED, entry.id, f"{words}{say.of(entry.id)}（原在{say.of(entry.parent)}之下）"
    )


def _moved(was: Entry, now: Entry, say: _Names, reordered: bool) -> Iterator[Difference]:
    if was.name != now.name:
        yield Difference(DiffKind.RENAMED, now.id, f"环节“{was.name}”改名为“{now.name}”，编号 {now.id} 不变")
    if was.parent != now.parent:
        moved = f"环节{say.of(now.id)}由{say.of(was.parent)}移到{say.of(now.parent)}之下"
        yield Difference(DiffKind.MOVED, now.id, moved)
    elif reordered:
        yield Difference(DiffKind.MOVED, now.id, f"环节{say.of(now.id)}在同级中换了次序")
    if was.stage is not now.stage:
        stages = f"由{_STAGES[was.stage]}改为{_STAGES[now.stage]}"
        yield Difference(DiffKind.STAGE, now.id, f"环节{say.of(now.id)}的位置{stages}")


def _reordered(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> set[str]:
    """Return the nodes that changed places with siblings: as few as can be said to have moved."""
    found: set[str] = set()
    for parent in {entry.parent for entry in new.values()}:
        was = [node for node, entry in old.items() if entry.parent == parent]
        now = [node for node, entry in new.items() if entry.parent == parent]
        stay = set(was) & set(now)
        order = {node: place for place, node in enumerate(node for node in was if node in stay)}
        kept = [node for node in now if node in stay]
        found |= set(kept) - {kept[place] for place in _longest_rise([order[node] for node in kept])}
    return found


def _longest_rise(values: Sequence[int]) -> list[int]:
    """Return the places of a longest rising part of `values`."""
    best: list[list[int]] = []
    for place, value in enumerate(values):
        before = max((run for run in best if values[run[-1]] < value), key=len, default=list[int]())
        best.append([*before, place])
    return max(best, key=len, default=[])


def _facts(was: Entry, now: Entry, say: _Names) -> Iterator[Difference]:
    for key in (*LISTS, *TEXTS):
        sentence = _list_change if key in LISTS else _text_change
        words = sentence(was.item.get(key), now.item.get(key))
        if words:
            yield Difference(DiffKind.FACTS, now.id, f"环节{say.of(now.id)}的{_FACTS[key]}：{words}")


def _list_change(was: Sequence[str] | None, now: Sequence[str] | None) -> str:
    old, new = list(was or ()), list(now or ())
    gained = [text for text in new if text not in old]
    lost = [text for text in old if text not in new]
    parts = [f"增加 {'、'.join(gained)}"] if gained else []
    parts += [f"删去 {'、'.join(lost)}"] if lost else []
    return "；".join(parts) or ("次序有改动" if old != new else "")


def _text_change(was: str | None, now: str | None) -> str:
    if (was or "") == (now or ""):
        return ""
    if not was:
        return f"新写“{_cut(now or '')}”"
    return f"由“{_cut(was)}”改为“{_cut(now)}”" if now else f"删去“{_cut(was)}”"


def _edges(before: Document, after: Document, say: _Names) -> Iterator[Difference]:
    old, new = edge_pairs(before), edge_pairs(after)
    for pair, edge in new.items():
        if pair not in old:
            yield Difference(DiffKind.EDGE_ADDED, None, f"新增供应关系：{_arrow(pair, say)}{_share(edge)}")
    for pair in old:
        if pair not in new:
            yield Difference(DiffKind.EDGE_REMOVED, None, f"删除供应关系：{_arrow(pair, say)}")
    for pair, edge in new.items():
        if pair in old and _values(old[pair]) != _values(edge):
            was = _share(old[pair]) or "（未写占比）"
            now = _share(edge) or "（未写占比）"
            yield Difference(DiffKind.EDGE_CHANGED, None, f"供应关系 {_arrow(pair, say)}：由{was}改为{now}")


def _values(edge: Mapping[str, Any]) -> tuple[Any, Any]:
    return edge.get("input_share"), edge.get("source")


def _arrow(pair: tuple[str, str], say: _Names) -> str:
    return f"{say.of(pair[0])} → {say.of(pair[1])}"


def _share(edge: Mapping[str, Any]) -> str:
    share, source = _values(edge)
    parts = [f"占投入 {share * 100:g}%"] if share is not None else []
    parts += [f"出处：{source}"] if source else []
    return f"（{'，'.join(parts)}）" if parts else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
