"""Draw a random sample of listed manufacturers with the products they report, for people to place in nodes.

    python -m tests.scripts.main_products --data ../shared/data --out FOLDER

`firms.csv` holds what a labeller sees (name, products by share of revenue), `nodes.csv` every node that could
be chosen. Neither is to be committed: only hashes, nodes and labels are.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import polars as pl

from service.domain.chains import Chain
from service.ingest.firm_values import normal_name
from service.knowledge import load_knowledge

SEED = 20261123
FIRMS = 200


def main() -> None:
    """Draw the firms and write them beside the nodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--firms", type=int, default=FIRMS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    listed = pl.read_csv(arguments.data / "listed" / "listed_joined.csv.gz", infer_schema_length=0)
    makers = listed.filter(
        pl.col("csrc_section").fill_null("").str.starts_with("C"), pl.col("top_products").is_not_null()
    ).sort("code")
    chosen = sorted(
        random.Random(arguments.seed).sample(range(makers.height), min(arguments.firms, makers.height))
    )
    drawn = makers[chosen].with_columns(
        pl.coalesce("uscc", pl.format("n:{}", pl.col("fullname").map_elements(normal_name, pl.String))).alias(
            "firm"
        )
    )
    drawn.select("code", "firm", "fullname", "top_products").write_csv(arguments.out / "firms.csv")
    nodes = [
        (leaf.id, chain.name, " › ".join([*_above(chain, leaf.id), leaf.name]), leaf.note or "")
        for chain in load_knowledge().chains.values()
        for leaf in chain.own_nodes
    ]
    frame = pl.DataFrame(nodes, schema=["node", "chain", "place", "note"], orient="row")
    frame.write_csv(arguments.out / "nodes.csv")
    print(f"{drawn.height} of {makers.height} manufacturers, {frame.height} nodes")


def _above(chain: Chain, node_id: str) -> list[str]:
    return [chain.node(one).name for one in reversed(chain.ancestors(node_id))]


if __name__ == "__main__":
    main()
