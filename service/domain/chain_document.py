"""A chain file as plain values (the document), and the way through its tree.

The document is what the file says, word for word: what it leaves out (an inherited stage, the name of a
borrowed node) is absent here too. `Chain` is what the document means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from service.domain.chains import Stage, home_of

Document: TypeAlias = "dict[str, Any]"
"""A chain file as parsed: mappings, lists, texts and numbers. Never modified: changes work on copies."""

Place: TypeAlias = "tuple[str | int, ...]"

TEXTS = ("bottleneck", "endowment", "note")
LISTS = ("terms", "exclusions", "gbt4754", "sources")
NODE_KEYS = ("id", "name", "stage", *LISTS[:3], *TEXTS, "sources", "children")
"""The keys of a node in the order in which the file writes them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of a document: `id` and `parent` are full ids, `place` where it stands in the document.

    `position` counts among its siblings from 0. `stage` is its own or the one it inherits.
    """

    id: str
    item: Mapping[str, Any]
    parent: str | None
    place: Place
    stage: Stage
    position: int

    @property
    def borrowed(self) -> bool:
        """Whether the node is at home in another chain."""
        return "ref" in self.item

    @property
    def is_leaf(self) -> bool:
        """Whether nothing stands below it."""
        return not self.item.get("children")

    @property
    def name(self) -> str:
        """The name that the document gives; of a borrowed node its id."""
        return str(self.item.get("name") or self.id)


def full_id(chain_id: str, reference: str) -> str:
    """Return the full id of a slug: `cathode` -> `lithium-battery/cathode`."""
    return reference if "/" in reference else f"{chain_id}/{reference}"


def entries(document: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the nodes down the tree, parents before children, in the order of the document."""
    chain_id = str(document["id"])

    def walk(items: Any, place: Place, parent: str | None, inherited: Stage) -> Iterator[Entry]:
        for position, item in enumerate(items or ()):
            here = (*place, position)
            own = item.get("stage")
            stage = Stage(own) if own in set(Stage) else inherited
            node_id = str(item["ref"]) if "ref" in item else full_id(chain_id, str(item["id"]))
            yield Entry(node_id, item, parent, here, stage, position)
            yield from walk(item.get("children"), (*here, "children"), node_id, stage)

    return walk(document.get("nodes"), ("nodes",), None, Stage.UPSTREAM)


def entry_of(document: Mapping[str, Any], node_id: str) -> Entry | None:
    """Return the node with this full id, None where the document has none."""
    return next((entry for entry in entries(document) if entry.id == node_id), None)


def edge_pairs(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return (supplier, customer) as full ids -> the edge as the document writes it."""
    chain_id = str(document["id"])
    return {
        (full_id(chain_id, str(edge["from"])), full_id(chain_id, str(edge["to"]))): edge
        for edge in document.get("edges") or ()
    }


def borrowed_from(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the chains from which the document borrows nodes."""
    return frozenset(home_of(entry.id) for entry in entries(document) if entry.borrowed)


def copied(value: Any) -> Any:
    """Return a copy of a document, or of a part of one, that shares nothing with it."""
    if isinstance(value, Mapping):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [copied(one) for one in value]
    return value
