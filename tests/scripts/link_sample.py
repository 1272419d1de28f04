"""Draw a stratified random sample of (firm, node) pairs from real firms, for people to label.

    python -m tests.scripts.link_sample --data ../shared/data --out FOLDER

Strata are confidence band x source field x population (register, listed). `pairs.csv` holds what a labeller
sees, in random order: the firm's own words and the node, and nothing of what the matcher thinks; `key.csv`
holds the rest (firm key hash, stratum, weight), to be joined after labelling. Neither is to be committed:
only hashes, nodes and labels are.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from service.domain.chains import Chain
from service.domain.evaluation import hash_firm
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table
from service.ingest.firms import parse_firms
from service.ingest.geography import load_geography
from service.knowledge import Knowledge, load_knowledge
from service.pipeline.link_files import match_file

SEED = 20261122
PROVINCES = ("浙江", "江西", "广东", "山东", "四川", "河北", "湖南", "安徽", "福建")
BANDS = (0.0, 0.3, 0.5, 0.7, 0.9)
PER_STRATUM = 20


def main() -> None:
    """Draw the sample and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--per-stratum", type=int, default=PER_STRATUM)
    arguments = parser.parse_args()
    knowledge = load_knowledge()
    pairs = pl.concat([_candidates(knowledge, name, path) for name, path in populations(arguments.data)])
    drawn = draw(pairs, arguments.per_stratum, arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    _show(drawn, knowledge, arguments.data).write_csv(arguments.out / "pairs.csv")
    drawn.select("pair", "firm_hash", "node", "stratum", "weight").write_csv(arguments.out / "key.csv")
    print(drawn.group_by("stratum").agg(pl.len(), pl.col("weight").first()).sort("stratum"))


def populations(data: Path) -> Iterator[tuple[str, Path]]:
    """Yield (population, file) of everything that pairs are drawn from."""
    for province in PROVINCES:
        path = data / "registrations" / f"{province}.parquet"
        if path.is_file():
            yield "register", path
    yield "listed", data / "listed" / "listed_joined.csv.gz"


def _candidates(knowledge: Knowledge, population: str, path: Path) -> pl.DataFrame:
    links = match_file(knowledge, path)
    field = pl.col("evidence").list.first().struct.field("field")
    reached = pl.sum_horizontal(pl.col("confidence") >= low for low in BANDS[1:])
    band = reached.replace_strict(dict(enumerate(f"{low:g}+" for low in BANDS)), return_dtype=pl.String)
    return links.select(
        pl.lit(str(path)).alias("file"),
        "firm",
        "node",
        pl.concat_str([pl.lit(population), field, band], separator="|").alias("stratum"),
    )


def draw(pairs: pl.DataFrame, per_stratum: int, seed: int) -> pl.DataFrame:
    """Return up to `per_stratum` random pairs of each stratum, shuffled; `weight`: pairs each stands for."""
    chooser = random.Random(seed)
    parts = []
    for stratum in sorted(pairs["stratum"].unique().to_list()):
        members = pairs.filter(pl.col("stratum") == stratum).unique(["firm", "node"]).sort("firm", "node")
        count = min(per_stratum, members.height)
        chosen = sorted(chooser.sample(range(members.height), count))
        parts.append(members[chosen].with_columns(pl.lit(members.height / count).alias("weight")))
    drawn = pl.concat(parts)
    order = chooser.sample(range(drawn.height), drawn.height)
    hashes = [hash_firm(firm) for firm in drawn["firm"]]
    return drawn.with_columns(pl.Series("firm_hash", hashes))[order].with_row_index("pair", offset=1)


def _show(drawn: pl.DataFrame, knowledge: Knowledge, data: Path) -> pl.DataFrame:
    """What a labeller reads: the firm's own words, and the node with its place in its chain."""
    texts = pl.concat([_texts(path) for _, path in populations(data)]).unique("firm", keep="first")
    nodes = {
        node.id: (chain.name, " › ".join([*_above(chain, node.id), node.name]), node.note or "")
        for chain in knowledge.chains.values()
        for node in chain.own_nodes
    }
    shown = pl.DataFrame(
        [(node, *words) for node, words in nodes.items()],
        schema=["node", "chain", "place", "note"],
        orient="row",
    )
    return (
        drawn.select("pair", "firm", "node")
        .join(texts, on="firm", how="left")
        .join(shown, on="node", how="left")
        .sort("pair")
        .select("pair", "name", "scope", "products", "node", "chain", "place", "note")
    )


def _above(chain: Chain, node_id: str) -> list[str]:
    return [chain.node(one).name for one in reversed(chain.ancestors(node_id))]


def _texts(path: Path) -> pl.DataFrame:
    table = read_table(path)
    parsed = parse_firms(
        table,
        guess_mapping(table.headers),
        geography=load_geography(),
        locate=lambda addresses, **_: [None] * len(addresses),
    )
    products = pl.col("products").list.eval(
        pl.concat_str(
            [pl.element().struct.field("name"), pl.element().struct.field("share")],
            separator=":",
            ignore_nulls=True,
        )
    )
    return parsed.frame.select(
        pl.col("key").alias("firm"), "name", "scope", products.list.join("; ").alias("products")
    )


if __name__ == "__main__":
    main()
