"""Chains that were read and found sound are kept, so that they need not be checked again at every start.

Checking all chains takes seconds, reading them back a fraction of one. What is kept is keyed by the bytes of
the chain files and of what checks them: when either changes, everything is read and checked anew. It lies in
the user's cache folder and can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from service.datafiles import data_folder
from service.domain.chains import Chain, Node, Stage, SupplyEdge

_CODE = (
    "chains.py",
    "chain_checks.py",
    "chain_schema.py",
    "chain_cache.py",
    "input_shares.py",
    "yaml_tree.py",
)
_DATA = ("chain.schema.json", "gbt4754.csv")
_KEPT = 4


def kept_chains(paths: Sequence[Path], read: Callable[[], dict[str, Chain]]) -> dict[str, Chain]:
    """Return the chains of these files: as they were kept, else as `read` gives them (which are then kept).

    What `read` raises is passed on and nothing is kept. A cache that cannot be read or written is passed
    over.
    """
    file = _folder() / f"chains-{_key(paths)}.json"
    found = _read(file)
    if found is None:
        found = read()
        _write(file, found)
    return found


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "zhaoshang-map"


def _key(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256(_code_digest())
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


@cache
def _code_digest() -> bytes:
    here, data = Path(__file__).parent, data_folder("chains")
    files = [*(here / name for name in _CODE), *(data / name for name in _DATA)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()


def _read(file: Path) -> dict[str, Chain] | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {chain["id"]: _chain(chain) for chain in kept}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _chain(kept: dict[str, Any]) -> Chain:
    nodes = tuple(_node(node) for node in kept.pop("nodes"))
    edges = tuple(SupplyEdge(**edge) for edge in kept.pop("edges"))
    return Chain(nodes=nodes, edges=edges, sources=tuple(kept.pop("sources")), **kept)


def _node(kept: dict[str, Any]) -> Node:
    lists = {name: tuple(kept.pop(name)) for name in ("terms", "exclusions", "gbt4754_codes", "sources")}
    return Node(**{**kept, **lists, "stage": Stage(kept["stage"])})


def _write(file: Path, chains: dict[str, Chain]) -> None:
    """Write beside the target and move into place; the oldest of what was kept goes."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump([_plain(chain) for chain in chains.values()], out, ensure_ascii=False)
        Path(part).replace(file)
        kept = sorted(file.parent.glob("chains-*.json"), key=lambda path: path.stat().st_mtime)
        for old in kept[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _plain(chain: Chain) -> dict[str, Any]:
    fields = asdict(chain)
    del fields["_index"]
    return fields
