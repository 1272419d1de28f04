"""The example worked by hand in docs/method.md: four nodes, four regions."""

from __future__ import annotations

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.priority import CHAIN_FACTORS, GAP_FACTORS
from service.domain.regions import Level
from service.domain.weights import Weights

CHAIN = Chain(
    id="ex",
    name="储能电池",
    version="1",
    date="2026-01-01",
    nodes=(
        Node("ex/cathode", "正极材料", None, Stage.UPSTREAM),
        Node("ex/separator", "隔膜", None, Stage.UPSTREAM),
        Node("ex/cell", "电芯", None, Stage.MIDSTREAM),
        Node("ex/storage", "储能系统", None, Stage.DOWNSTREAM),
    ),
    edges=(
        SupplyEdge("ex/cathode", "ex/cell"),
        SupplyEdge("ex/separator", "ex/cell"),
        SupplyEdge("ex/cell", "ex/storage"),
    ),
)
FIRMS = {
    "R1": (4, 0, 3, 1),
    "R2": (2, 2, 4, 2),
    "R3": (0, 3, 1, 0),
    "R4": (2, 1, 2, 3),
}
# The six factors of the chain weigh the same, those of the table of all chains nothing: here is one chain.
EQUAL = Weights(
    "1",
    False,
    {name: float(name in CHAIN_FACTORS) for name in GAP_FACTORS},
    "权重尚未经回测拟合，各因素等权。",
)


def coverage(*, anchors: tuple[tuple[str, str], ...] = ()) -> Coverage:
    """R1, R2 and R4 are known from a complete source, R3 from listed firms only."""
    cells = [
        (region, node.id, float(count))
        for region, counts in FIRMS.items()
        for node, count in zip(CHAIN.nodes, counts, strict=True)
    ]
    return coverage_from_cells(
        CHAIN,
        Level.CITY,
        FIRMS,
        cells,
        firms_known={"R1": 8, "R2": 10, "R3": 4, "R4": 8},
        complete={"R1", "R2", "R4"},
        anchors=anchors,
    )
