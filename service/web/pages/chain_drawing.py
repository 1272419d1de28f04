"""What the drawings of a chain are made of, kept short: a chain of 2,000 nodes stays under 200 kB.

Nodes go by their number in the order of the tree; ids lose the chain's own name, which is sent once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from service.domain.chain_layout import SupplyLayout, default_folds, layout_focus, layout_supply
from service.domain.chains import Chain, Node, Stage
from service.domain.gaps import NodeRating, Rating
from service.errors import UnknownNode
from service.words import RATINGS, STAGES

_STAGES = list(Stage)
_STEPS = 2

# One shape for each rating, in a box of 20 x 20: without its colour it still tells. Hollow is what is not
# known, as on the badges.
SHAPES = {
    Rating.MISSING: "M1 4L4 1L10 7L16 1L19 4L13 10L19 16L16 19L10 13L4 19L1 16L7 10Z",
    Rating.SUSPECTED: "M10 1A9 9 0 1 0 10 19A9 9 0 1 0 10 1Z",
    Rating.WEAK: "M10 1A9 9 0 1 0 10 19A9 9 0 1 0 10 1ZM10 3A7 7 0 0 1 17 10H3A7 7 0 0 1 10 3Z",
    Rating.BALANCED: "M10 1A9 9 0 1 0 10 19A9 9 0 1 0 10 1Z",
    Rating.STRONG: "M1 1H19V19H1Z",
    Rating.UNOBSERVED: "M1 1H19V19H1Z",
}
HOLLOW = frozenset({Rating.SUSPECTED, Rating.UNOBSERVED})


class Fold(StrEnum):
    """Which groups are folded before those that the reader turned over: as many as fit, all, or none."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


def read_folds(chain: Chain, fold: Fold, flip: str) -> frozenset[str]:
    """Return the folded groups that an address asks for; `flip` lists those turned over, with commas.

    A group that the chain does not have (any more) is passed over: an old address still opens.
    """
    groups = {node.id for node in chain.nodes if chain.children(node.id)}
    if fold is Fold.AUTO:
        folded = default_folds(chain)
    else:
        folded = frozenset(groups) if fold is Fold.ALL else frozenset()
    return folded ^ groups.intersection(long_id(chain, one) for one in flip.split(",") if one)


def short_id(chain: Chain, node_id: str) -> str:
    """Return a node's id without the chain's own name; that of a borrowed node stays whole."""
    return node_id.removeprefix(f"{chain.id}/")


def long_id(chain: Chain, short: str) -> str:
    """Return the id that `short_id` made short."""
    return short if "/" in short else f"{chain.id}/{short}"


def drawing_data(chain: Chain, ratings: Mapping[str, NodeRating]) -> dict[str, Any]:
    """Return what the browser draws the tree from, and colours the supply graph by."""
    walk = [node for _, node in chain.walk()]
    numbers = {node.id: at for at, node in enumerate(walk)}
    words = list(Rating)
    return {
        "name": chain.name,
        "prefix": f"{chain.id}/",
        "ratings": [
            {"key": rating, "word": RATINGS[rating], "shape": SHAPES[rating], "hollow": rating in HOLLOW}
            for rating in words
        ],
        "stages": [STAGES[stage] for stage in _STAGES],
        "folds": sorted(numbers[group] for group in default_folds(chain)),
        "nodes": [_row(chain, node, ratings[node.id], numbers, words) for node in walk],
    }


def _row(
    chain: Chain, node: Node, rated: NodeRating, numbers: Mapping[str, int], words: list[Rating]
) -> list[Any]:
    return [
        short_id(chain, node.id),
        node.name,
        numbers[node.parent] if node.parent else -1,
        words.index(rated.rating),
        _short(rated.effective_firms),
        _short(rated.expected),
        _STAGES.index(node.stage),
        int(rated.anchor),
        node.bottleneck or 0,
    ]


def _short(value: float) -> float:
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def list_rows(chain: Chain, ratings: Mapping[str, NodeRating]) -> list[tuple[int, Node, NodeRating]]:
    """Return (depth, node, rating) down the tree: the same as the drawing, as a list to read."""
    return [(depth, node, ratings[node.id]) for depth, node in chain.walk()]


def supply_data(chain: Chain, folded: frozenset[str], focus: str = "") -> dict[str, Any]:
    """Return the supply graph as drawn: columns of node numbers, and edges.

    An edge is [supplier, customer, input share (0: unknown), edges it stands for, 1 where it runs back].

    Raises
    ------
    UnknownNode : the chain has no node `focus`.
    """
    if focus and focus not in chain:
        raise UnknownNode(f"产业链 {chain.name} 没有环节 {focus!r}")
    layout = layout_focus(chain, focus, _STEPS) if focus else layout_supply(chain, folded)
    numbers = {node.id: at for at, (_, node) in enumerate(chain.walk())}
    return {
        "columns": [[numbers[node] for node in column] for column in layout.columns],
        "titles": _titles(layout),
        "edges": list(_edges(layout, numbers)),
        "crossings": layout.crossings,
    }


def _titles(layout: SupplyLayout) -> list[str]:
    """Name the columns around a node in focus; those of the whole chain have no name of their own."""
    if layout.centre is None:
        return []
    before = ["供应方的供应方", "供应方"][_STEPS - layout.centre :] if layout.centre else []
    after = ["客户", "客户的客户"]
    return [*before, "本环节", *after][: len(layout.columns)]


def _edges(layout: SupplyLayout, numbers: Mapping[str, int]) -> Iterable[list[Any]]:
    for edge in layout.edges:
        share = 0 if edge.input_share is None else round(edge.input_share, 3)
        yield [numbers[edge.supplier], numbers[edge.customer], share, edge.count, int(edge.back)]
