"""Hold the ratings against what is known of real places: `python -m tests.scripts.sense_check [--write]`.

Prints the tables of docs/sense-check.md, on the seed alone and, where the real registrations lie beside the
checkout, after importing two provinces; --write puts them into the page. The claims that the page makes are
asserted by tests/scripts/test_sense_check.py.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from service.analysis import rate_nodes, view_chain
from service.domain.gaps import NodeRating, Rating
from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.words import BASES, RATINGS
from service.workspace import Workspace, open_workspace
from tests.docs_drift import PROJECT, replace_block

REGISTRATIONS = PROJECT.parent / "shared" / "data" / "registrations"
REGISTER_DATE = dt.date(2019, 4, 30)
# File -> the cities for which we let it speak as complete.
COMPLETE_FOR = {"浙江.parquet": ("330800",), "云南.parquet": ("530300", "532300")}

# What is looked at: (region, its name, chain, nodes).
PLACES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("350900", "宁德市", "lithium-battery", ("power-cell", "storage-cell", "ternary-cathode")),
    ("340100", "合肥市", "lithium-battery", ("power-cell", "storage-cell", "lfp")),
    ("530000", "云南省", "photovoltaics", ("wafer", "ingot", "module")),
    ("530300", "曲靖市", "photovoltaics", ("wafer", "ingot", "module")),
    ("532300", "楚雄州", "photovoltaics", ("wafer", "ingot", "module")),
    (
        "330800",
        "衢州市",
        "specialty-paper",
        ("papers", "decor-base", "food-papers", "tipping-paper", "glassine", "cigarette-paper"),
    ),
)
QUZHOU = "330800"


def main() -> None:
    """Print the tables, or write them into the page with --write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/sense-check.md")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory(prefix="zhaoshang-sense-") as folder:
        tables = _tables(Path(folder))
    print("\n\n".join(tables.values()))
    if write:
        page = PROJECT / "docs" / "sense-check.md"
        text = page.read_text(encoding="utf-8")
        for name, table in tables.items():
            text = replace_block(text, name, table)
        page.write_text(text, encoding="utf-8")


def _tables(folder: Path) -> dict[str, str]:
    with open_workspace(Settings(data_dir=folder)) as workspace:
        tables = {"seed": place_table(workspace), "quzhou-seed": count_table(workspace)}
        if REGISTRATIONS.is_dir():
            import_registers(workspace)
            tables |= {"registers": place_table(workspace), "quzhou-register": count_table(workspace)}
        return tables


def import_registers(workspace: Workspace) -> None:
    """Import the two provinces, each as complete for the cities that are looked at."""
    for name, cities in COMPLETE_FOR.items():
        import_file(
            workspace.engine,
            workspace.knowledge,
            REGISTRATIONS / name,
            ImportOptions(complete_for=cities, as_of=REGISTER_DATE),
            rejects_dir=workspace.settings.rejects_dir,
        )


def rated(workspace: Workspace, region: str, chain: str) -> Mapping[str, NodeRating]:
    """Return node id -> rating of one chain in one region."""
    with workspace.session() as session:
        return {one.node: one for one in rate_nodes(view_chain(session, workspace.knowledge, region, chain))}


def leaf_counts(workspace: Workspace, region: str, chain: str) -> Counter[Rating]:
    """Return how many leaves of a chain have each rating in a region."""
    found = rated(workspace, region, chain)
    return Counter(found[leaf.id].rating for leaf in workspace.knowledge.chain(chain).leaves)


def place_table(workspace: Workspace) -> str:
    """Return the ratings of the places and nodes that are looked at, as Markdown."""
    rows = []
    for region, place, chain_id, slugs in PLACES:
        chain = workspace.knowledge.chain(chain_id)
        found = rated(workspace, region, chain_id)
        for node in (f"{chain_id}/{slug}" for slug in slugs):
            one = found[node]
            numbers = (f"{one.effective_firms:.2f}", f"{one.expected:.2f}")
            rows.append((place, chain.node(node).name, *numbers, RATINGS[one.rating], BASES[one.basis]))
    return _markdown(("地区", "环节", "有效企业", "应有", "评级", "依据"), rows)


def count_table(workspace: Workspace) -> str:
    """Return how many leaves of each chain have each rating in Quzhou, as Markdown."""
    rows = [
        (chain.name, *(str(leaf_counts(workspace, QUZHOU, chain.id)[rating]) for rating in Rating))
        for chain in workspace.knowledge.chains.values()
    ]
    return _markdown(("衢州市", *(RATINGS[rating] for rating in Rating)), rows)


def _markdown(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
