"""Evaluate the links on the committed labels, beside what a user would do instead, in one run.

    python -m tests.scripts.evaluate_links --data ../shared/data [--write]

`--write` puts the tables into docs/links.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from service.domain.evaluation import OVERALL, Evaluation, Label, Rate, evaluate_links
from service.domain.matching_rules import normalise
from service.ingest.firm_columns import guess_mapping
from service.ingest.firm_files import read_table
from service.ingest.firms import parse_firms
from service.ingest.geography import load_geography
from service.ingest.labels import read_labels
from service.ingest.seed import load_seed
from service.knowledge import Knowledge, load_knowledge
from service.pipeline.match import match_firms
from tests.docs_drift import replace_block
from tests.scripts.link_sample import populations

ROOT = Path(__file__).resolve().parents[2]
LABELS = ROOT / "tests" / "labels"
Pairs = set[tuple[str, str]]


def main() -> None:
    """Match the labelled populations and print, or write, how good the links are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    text = report(load_knowledge(), arguments.data)
    if arguments.write:
        page = ROOT / "docs" / "links.md"
        page.write_text(replace_block(page.read_text("utf-8"), "figures", text), encoding="utf-8")
    else:
        print(text)


def report(knowledge: Knowledge, data: Path) -> str:
    """Return the tables: the fresh labels first, which no rule or term was changed by."""
    ours: Pairs = set()
    words: Pairs = set()
    for _, path in populations(data):
        firms = read_firms(path)
        found = match_firms(firms, knowledge.terms).filter("confirmed").select("firm", "node")
        ours.update(found.iter_rows())
        words.update(contained(knowledge, firms))
    lines: list[str] = []
    for title, suffix in (("Fresh labels", "_fresh"), ("Labels that rules and terms were mended by", "")):
        lines += [f"### {title}", "", *_compare(ours, words, suffix), ""]
    both = [label for suffix in ("_fresh", "") for label in _labels("links", suffix)]
    products = [label for suffix in ("_fresh", "") for label in _labels("main_products", suffix)]
    return "\n".join(
        [
            *lines,
            "### By chain, both sets",
            "",
            *_by_chain(ours, both, products),
            "",
            *_listed_makers(knowledge, data),
        ]
    )


def _labels(name: str, suffix: str) -> list[Label]:
    return read_labels(LABELS / f"{name}{suffix}.csv")


def _compare(ours: Pairs, words: Pairs, suffix: str) -> Iterable[str]:
    """Our links beside plain containment, on one set of labels."""
    links, products = _labels("links", suffix), _labels("main_products", suffix)
    flat = [Label(label.firm, label.node, label.belongs) for label in links]
    yield "| | precision, weighted by stratum | precision, pairs as drawn | recall of main products |"
    yield "|---|---|---|---|"
    rates = []
    for title, pairs in (("our confirmed links", ours), ("plain containment of any term", words)):
        weighted, drawn = evaluate_links(pairs, links)[0].precision, evaluate_links(pairs, flat)[0].precision
        recall = evaluate_links(pairs, products)[0].recall
        rates.append((weighted, recall))
        yield f"| {title} | {say(weighted)} | {say(drawn)} | {say(recall)} |"
    yield ""
    (precision, recall), (plain_precision, plain_recall) = rates
    yield from _ratios(precision, recall, plain_precision, plain_recall)


def _by_chain(ours: Pairs, links: Sequence[Label], products: Sequence[Label]) -> Iterable[str]:
    flat = [Label(label.firm, label.node, label.belongs) for label in links]
    recall = {one.chain: one.recall for one in evaluate_links(ours, products)}
    precision = evaluate_links(ours, flat)
    yield "| chain | precision of confirmed links (pairs as drawn) | recall of main products |"
    yield "|---|---|---|"
    yield from (_row(one, recall.get(one.chain)) for one in precision)
    for chain in sorted(set(recall) - {one.chain for one in precision}):
        yield f"| {chain} | not sampled | {say(recall[chain])} |"


def _ratios(precision: Rate, recall: Rate, plain_precision: Rate, plain_recall: Rate) -> Iterable[str]:
    shares = [rate.share for rate in (precision, recall, plain_precision, plain_recall)]
    ours, found, theirs, seen = (share or 0.0 for share in shares)
    if found and seen and ours < 1:
        yield (
            f"Wrong links, plain containment to ours: {(1 - theirs) / (1 - ours):.1f} times as many a link; "
            f"recall, ours to plain: {found / seen:.2f}."
        )


def _row(one: Evaluation, recall: Rate | None) -> str:
    chain = "**all**" if one.chain == OVERALL else one.chain
    return f"| {chain} | {say(one.precision)} | {say(recall) if recall else 'not sampled'} |"


def say(rate: Rate) -> str:
    """Return a rate with its interval and count."""
    if rate.share is None or rate.low is None or rate.high is None:
        return "-"
    return f"{rate.share:.1%} ({rate.low:.1%} to {rate.high:.1%}; {rate.hits} of {rate.counted})"


def read_firms(path: Path) -> pl.DataFrame:
    """Return the firms of a file as the matcher takes them."""
    table = read_table(path)
    parsed = parse_firms(
        table,
        guess_mapping(table.headers),
        geography=load_geography(),
        locate=lambda addresses, **_: [None] * len(addresses),
    )
    return parsed.frame.select(
        pl.col("key").alias("firm"), "name", "scope", "products", "industry", "gbt4754_codes", "nodes"
    )


def contained(knowledge: Knowledge, firms: pl.DataFrame) -> Pairs:
    """What a spreadsheet would do: a firm is of a node when any term stands anywhere in its words."""
    nodes: dict[str, list[str]] = {}
    for entry in knowledge.terms.entries:
        nodes.setdefault(entry.text, []).append(entry.node)
    products = pl.col("products").list.eval(pl.element().struct.field("name")).list.join(";")
    text = normalise(pl.concat_str("name", "scope", products, separator="\n", ignore_nulls=True))
    hits = firms.select(
        "firm", text.str.extract_many(sorted(nodes), overlapping=True).list.unique().alias("term")
    )
    pairs = hits.explode("term").drop_nulls("term")
    return {(firm, node) for firm, term in pairs.iter_rows() for node in nodes[term]}


def _listed_makers(knowledge: Knowledge, data: Path) -> Iterable[str]:
    """How many listed manufacturers have a confirmed link, and the others by what their trade is called."""
    path = data / "listed" / "listed_joined.csv.gz"
    listed = pl.read_csv(path, infer_schema_length=0)
    makers = listed.filter(pl.col("csrc_section").fill_null("").str.starts_with("C"))
    found = match_firms(read_firms(path), knowledge.terms).filter("confirmed")["firm"].unique()
    linked = set(read_firms(path).filter(pl.col("firm").is_in(found.to_list()))["name"])
    asserted = {firm.stock_code for firm in load_seed() if firm.stock_code and firm.nodes}
    told = makers.with_columns(
        pl.col("fullname").is_in(list(linked)).alias("linked"),
        (pl.col("fullname").is_in(list(linked)) | pl.col("code").is_in(list(asserted))).alias("known"),
        (pl.col("top_products").is_not_null() | pl.col("scope").is_not_null()).alias("speaks"),
    )
    share = told["linked"].mean()
    speaking = told.filter("speaks")
    yield (
        f"Listed manufacturers (section C of the exchange's own list) with a confirmed link: "
        f"{told['linked'].sum()} of {told.height} ({share:.1%}); of the {speaking.height} of which the data "
        f"gives products or a scope, {speaking['linked'].sum()} ({speaking['linked'].mean():.1%}). With the "
        f"seed table's own assertions, as in a database that has both: {told['known'].sum()} "
        f"({told['known'].mean():.1%})."
    )
    silent = told.filter(~pl.col("known") & ~pl.col("speaks")).height
    others = told.filter(~pl.col("known") & pl.col("speaks"))
    trades = others["tushare_industry"].fill_null("未知").value_counts(sort=True)
    yield ""
    yield (
        f"Without either: {silent} of which only a name is known; the other {others.height} by trade: "
        + "、".join(f"{trade} {count}" for trade, count in trades.head(40).iter_rows())
    )


if __name__ == "__main__":
    main()
