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
from service.ingest.seed import load_seed_frame
from service.knowledge import Knowledge, load_knowledge
from service.pipeline.link_files import match_file
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


SETS = (
    ("Held-out labels", "_held_out"),
    ("Labels of the second round", "_fresh"),
    ("Labels that rules and terms were mended by", ""),
)


def report(knowledge: Knowledge, data: Path) -> str:
    """Return the tables: the labels first of firms that no term was written by."""
    ours: Pairs = set()
    seeded: Pairs = set()
    words: Pairs = set()
    seed = load_seed_frame()
    for population, path in populations(data):
        firms = read_firms(path)
        found = match_firms(firms, knowledge.terms).filter("confirmed").select("firm", "node")
        ours.update(found.iter_rows())
        words.update(contained(knowledge, firms))
        if population == "listed":
            told = match_file(knowledge, path, seed=seed).filter("confirmed").select("firm", "node")
            seeded.update(told.iter_rows())
    lines: list[str] = []
    for title, suffix in SETS:
        lines += [f"### {title}", "", *_compare(ours, ours | seeded, words, suffix), ""]
    every = [label for _, suffix in SETS for label in _labels("links", suffix)]
    products = [label for _, suffix in SETS for label in _labels("main_products", suffix)]
    return "\n".join(
        [
            *lines,
            "### By chain, all sets",
            "",
            *_by_chain(ours, every, products),
            "",
            *_listed_makers(knowledge, data, seed),
        ]
    )


def _labels(name: str, suffix: str) -> list[Label]:
    return read_labels(LABELS / f"{name}{suffix}.csv")


def _compare(ours: Pairs, seeded: Pairs, words: Pairs, suffix: str) -> Iterable[str]:
    """Our links, with and without the seed's assertions, beside plain containment, on one set of labels."""
    links, products = _labels("links", suffix), _labels("main_products", suffix)
    flat = [Label(label.firm, label.node, label.belongs) for label in links]
    yield "| | precision, weighted by stratum | precision, pairs as drawn | recall of main products |"
    yield "|---|---|---|---|"
    rates = []
    titles = {
        "our confirmed links, from the firms' words": ours,
        "with the built-in list's assertions": seeded,
        "plain containment of any term": words,
    }
    for title, pairs in titles.items():
        weighted, drawn = evaluate_links(pairs, links)[0].precision, evaluate_links(pairs, flat)[0].precision
        recall = evaluate_links(pairs, products)[0].recall
        rates.append((weighted, recall))
        yield f"| {title} | {say(weighted)} | {say(drawn)} | {say(recall)} |"
    yield ""
    (precision, recall), _, (plain_precision, plain_recall) = rates
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


def _listed_makers(knowledge: Knowledge, data: Path, seed: pl.DataFrame) -> Iterable[str]:
    """How many listed manufacturers have a confirmed link, and the others by what their trade is called."""
    path = data / "listed" / "listed_joined.csv.gz"
    listed = pl.read_csv(path, infer_schema_length=0)
    makers = listed.filter(pl.col("csrc_section").fill_null("").str.starts_with("C"))
    names = dict(read_firms(path).select("firm", "name").iter_rows())
    linked, known = (
        {names[firm] for firm in found.filter("confirmed")["firm"].unique()}
        for found in (match_file(knowledge, path), match_file(knowledge, path, seed=seed))
    )
    told = makers.with_columns(
        pl.col("fullname").is_in(sorted(linked)).alias("linked"),
        pl.col("fullname").is_in(sorted(known)).alias("known"),
        (pl.col("top_products").is_not_null() | pl.col("scope").is_not_null()).alias("speaks"),
    )
    speaking = told.filter("speaks")
    yield (
        f"Listed manufacturers (section C of the exchange's own list) with a confirmed link: "
        f"{told['known'].sum()} of {told.height} ({told['known'].mean():.1%}) with what the built-in list "
        f"asserts, as `zhaoshang match` and a database give it; {told['linked'].sum()} "
        f"({told['linked'].mean():.1%}) from the list's words alone, {speaking['linked'].sum()} of the "
        f"{speaking.height} of which it gives products or a scope ({speaking['linked'].mean():.1%})."
    )
    yield ""
    yield "Without any, by trade and by what the list says of them:"
    yield ""
    yield "| trade | firms | only a name | name them |"
    yield "|---|---|---|---|"
    rest = told.filter(~pl.col("known")).with_columns(pl.col("tushare_industry").fill_null("未知"))
    groups = rest.group_by("tushare_industry").agg(
        pl.len(), (~pl.col("speaks")).sum().alias("silent"), pl.col("name").sort()
    )
    for trade, count, silent, firms in groups.sort(
        "len", "tushare_industry", descending=[True, False]
    ).iter_rows():
        yield f"| {trade} | {count} | {silent} | {'、'.join(firms)} |"


if __name__ == "__main__":
    main()
