"""Measure the matching kernel against what one would otherwise do: a loop of `term in text`, str.contains.

Run it with `python -m tests.bench.bench_matching [--registrations FILE.parquet] [--rows N]`. The file needs
the columns name and scope; without one, synthetic scopes stand in. The plain ways only say whether a term
stands in a text (no longest match, no negation, no verbs, no evidence); they are timed on a sample of the
same rows, in the same run, and the ratio of firms per second is printed.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl

from service.domain.matching import TermTable
from service.ingest.chains import load_chains
from service.pipeline.match import match_firms

PLAIN_SAMPLE = 3_000


def synthetic_firms(terms: TermTable, rows: int, seed: int = 7) -> pl.DataFrame:
    """Return firms whose scopes look like a register's: about one in ten names a term of a chain."""
    chooser = random.Random(seed)
    words = [
        "五金制品",
        "塑料制品",
        "服装",
        "日用百货",
        "机械配件",
        "建筑材料",
        "农副产品",
        "食品",
        "家具",
        "包装材料",
    ]
    verbs = ["制造、加工", "销售", "的批发、零售", "的研发、生产、销售", "加工", ""]
    shown = [entry.shown for entry in terms.entries]

    def scope() -> str:
        items = chooser.sample(words, chooser.randint(2, 6))
        if chooser.random() < 0.1:
            items.insert(chooser.randrange(len(items)), chooser.choice(shown))
        listed = "、".join(items) + chooser.choice(verbs)
        return f"{listed}；货物进出口（国家禁止的除外）；{chooser.choice(words)}销售（不含危险化学品）。"

    names = [f"某市第{number}{chooser.choice(words)}有限公司" for number in range(rows)]
    return pl.DataFrame({"firm": range(rows), "name": names, "scope": [scope() for _ in range(rows)]})


def plain_loop(frame: pl.DataFrame, terms: list[str]) -> int:
    """Count (firm, term) pairs by `term in text`."""
    texts = (f"{name} {scope}" for name, scope in frame.select("name", "scope").iter_rows())
    return sum(term in text for text in texts for term in terms)


def pandas_contains(frame: pl.DataFrame, terms: list[str]) -> int:
    """Count (firm, term) pairs by one `str.contains` a term."""
    texts = pd.Series((frame["name"] + " " + frame["scope"]).to_list())
    return int(sum(texts.str.contains(term, regex=False).sum() for term in terms))


def firms_per_second(run: Callable[[pl.DataFrame], object], frame: pl.DataFrame) -> float:
    """Time one run over `frame`."""
    started = time.perf_counter()
    run(frame)
    return frame.height / (time.perf_counter() - started)


def memory_mb() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print firms per second of each way and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registrations", type=Path, help="Parquet file with the columns name and scope")
    parser.add_argument("--rows", type=int, default=200_000, help="at most this many firms")
    chosen = parser.parse_args()
    terms = TermTable.from_chains(load_chains().values())
    if chosen.registrations is not None and chosen.registrations.is_file():
        read = pl.read_parquet(chosen.registrations, columns=["name", "scope"], n_rows=chosen.rows)
        frame, origin = read.with_row_index("firm"), chosen.registrations.name
    else:
        frame, origin = synthetic_firms(terms, chosen.rows), "synthetic"
    wanted = list(terms.by_text)
    print(f"{frame.height} firms ({origin}), {len(wanted)} terms, {len(terms.nodes)} nodes")
    before = memory_mb()
    kernel = firms_per_second(lambda firms: match_firms(firms, terms), frame)
    print(f"kernel            {kernel:>10,.0f} firms/s   +{memory_mb() - before:,.0f} MB peak")
    sample = frame.sample(min(PLAIN_SAMPLE, frame.height), seed=1)
    for title, way in (("term in text loop", plain_loop), ("pandas contains", pandas_contains)):
        speed = firms_per_second(lambda firms, way=way: way(firms, wanted), sample)  # type: ignore[misc]
        print(f"{title:<17} {speed:>10,.0f} firms/s   kernel is {kernel / speed:,.1f} times as fast")


if __name__ == "__main__":
    main()
