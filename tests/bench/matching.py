"""Measure the matching kernel against what one would otherwise do: a loop of `term in text`, str.contains.

The plain ways only say whether a term stands in a text (no longest match, no negation, no verbs, no
evidence); they are timed on a sample of the same rows, in the same run.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl

from service.domain.matching import TermTable
from service.ingest.chains import load_chains
from service.pipeline.match import match_firms
from tests.bench.figures import Figure

ROWS = 100_000
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


def measure_matching(registrations: Path | None, rows: int = ROWS) -> list[Figure]:
    """Time the kernel on `rows` firms and the plain ways on a sample of the same rows.

    `registrations`: Parquet file with the columns name and scope; None: synthetic scopes.
    """
    terms = TermTable.from_chains(load_chains().values())
    if registrations is None:
        frame = synthetic_firms(terms, rows)
    else:
        frame = pl.read_parquet(registrations, columns=["name", "scope"], n_rows=rows).with_row_index("firm")
    wanted = list(terms.by_text)
    sample = frame.sample(min(PLAIN_SAMPLE, frame.height), seed=1)
    kernel = firms_per_second(lambda firms: match_firms(firms, terms), frame)
    loop = firms_per_second(lambda firms: plain_loop(firms, wanted), sample)
    contains = firms_per_second(lambda firms: pandas_contains(firms, wanted), sample)
    what = f"{frame.height:,} firms, {len(wanted):,} terms"
    return [
        Figure(f"Matching, {what}", f"{kernel:,.0f} firms/s"),
        Figure(
            "— a loop of `term in text`, same rows", f"{loop:,.0f} firms/s, {kernel / loop:.1f} times slower"
        ),
        Figure(
            "— pandas `str.contains`, same rows",
            f"{contains:,.0f} firms/s, {kernel / contains:.1f} times slower",
        ),
    ]
