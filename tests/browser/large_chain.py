"""A made-up chain of 2,000 nodes in the format of chain files, to see whether its drawings stay readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHAIN = "made-up"
TOPS, MIDDLES, LEAVES = 10, 10, 1890
NODES = TOPS + TOPS * MIDDLES + LEAVES
_STAGES = ("upstream",) * 4 + ("midstream",) * 3 + ("downstream",) * 3
_WORDS = ("合成材料", "精密部件与连接件", "装备", "电子元件（含封装、测试）", "系统集成")


def write_large_chain(folder: Path) -> None:
    """Write the chain into `folder` as `made-up.yaml`."""
    leaves = [[_leaf(number) for number in range(middle, LEAVES, TOPS * MIDDLES)] for middle in range(100)]
    tops = [
        {
            "id": f"top-{top}",
            "name": f"板块{top + 1:02d}",
            "stage": _STAGES[top],
            "children": [_middle(top * MIDDLES + at, leaves) for at in range(MIDDLES)],
        }
        for top in range(TOPS)
    ]
    chain = {
        "id": CHAIN,
        "name": "合成大链",
        "version": "1.0",
        "date": "2026-01-01",
        "sources": [{"title": "合成数据", "publisher": "测试"}],
        "nodes": tops,
        "edges": list(_edges(leaves)),
    }
    text = yaml.safe_dump(chain, allow_unicode=True, sort_keys=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{CHAIN}.yaml").write_text(text, encoding="utf-8")


def _middle(number: int, leaves: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "id": f"middle-{number}",
        "name": f"{_WORDS[number % 5]}组{number:03d}",
        "children": leaves[number],
    }


def _leaf(number: int) -> dict[str, Any]:
    leaf: dict[str, Any] = {
        "id": f"leaf-{number}",
        "name": f"{_WORDS[number % 5]}{number:04d}",
        "terms": [f"合成品{number:04d}{kind}" for kind in "甲乙丙"],
    }
    if number % 37 == 0:
        leaf["bottleneck"] = "合成的卡脖子原因。"
    return leaf


def _edges(leaves: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Every leaf of a block supplies two leaves of the next block, not beside one another."""
    for middle, group in enumerate(leaves[: 100 - MIDDLES]):
        for at, leaf in enumerate(group):
            for step in (0, 3):
                customers = leaves[middle + MIDDLES - middle % MIDDLES + (middle * 7 + step) % MIDDLES]
                customer = customers[(at * 5 + step) % len(customers)]
                yield {"from": leaf["id"], "to": customer["id"]}
