"""Measure proximity and density against the package ecomplexity, and over all counties and nodes.

The package is measured twice: its two functions for proximity and density alone, on the table of presence as
it makes it itself, and its whole run from a long table, which also gives the complexity indices.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from ecomplexity import ecomplexity
from ecomplexity.calc_density import calc_density
from ecomplexity.calc_proximity import calc_discrete_proximity

from service.domain.relatedness import density, presence, proximity
from tests.bench.figures import Figure

COUNTIES, ALL_NODES = 2_900, 1_900
REGIONS, NODES = 1_000, 1_500
FILLED = 0.1
RUNS = 3
COLUMNS = {"time": "time", "loc": "region", "prod": "node", "val": "firms"}

Counts = npt.NDArray[np.float64]


def synthetic_counts(regions: int, nodes: int, seed: int = 7) -> Counts:
    """Return skewed counts with one cell in ten filled."""
    chooser = np.random.default_rng(seed)
    firms = np.ceil(chooser.lognormal(0, 1.5, (regions, nodes)))
    return np.where(chooser.random((regions, nodes)) < FILLED, firms, 0.0)


def best_seconds(run: Callable[[], object], runs: int = RUNS) -> float:
    """Return the shortest of some runs: what other work on the machine adds is left out."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


def ours(counts: Counts) -> None:
    """From counts to density."""
    present = presence(counts)
    density(present, proximity(present))


def their_functions(counts: Counts) -> None:
    """Proximity and density of the package from presence, an array of integers as it makes it."""
    present = np.where(presence(counts), 1, 0)
    calc_density(present, calc_discrete_proximity(present, present.sum(axis=0)))


def their_whole_run(counts: Counts) -> None:
    """The package as its manual shows it, from a long table; the check that can be left out is left out."""
    region, node = np.nonzero(counts)
    table = pd.DataFrame({"time": 0, "region": region, "node": node, "firms": counts[region, node]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It calls pandas in ways that will be removed.
        ecomplexity(table, COLUMNS, check_logsupermodularity=False, verbose=False)


def measure_relatedness() -> list[Figure]:
    """Time all three on one table, and ours on the size of the country."""
    country = synthetic_counts(COUNTIES, ALL_NODES)
    whole = best_seconds(lambda: ours(country))
    counts = synthetic_counts(REGIONS, NODES)
    quick = best_seconds(lambda: ours(counts))
    theirs = best_seconds(lambda: their_functions(counts))
    manual = best_seconds(lambda: their_whole_run(counts), runs=1)
    return [
        Figure(
            f"Relatedness of {COUNTIES:,} counties x {ALL_NODES:,} nodes, {FILLED:.0%} filled",
            f"{whole:.2f} s",
            "under 2 s",
            whole < 2.0,
        ),
        Figure(f"— {REGIONS:,} regions x {NODES:,} nodes", f"{quick:.2f} s"),
        Figure(
            "— the package ecomplexity, same table: its functions for proximity and density",
            f"{theirs:.1f} s, {theirs / quick:.0f} times slower",
            "at least 20 times",
            theirs / quick >= 20,
        ),
        Figure(
            "— its whole run, complexity indices included",
            f"{manual:.1f} s, {manual / quick:.0f} times slower",
        ),
    ]


def main() -> None:
    """Print these figures alone: `python -m tests.bench.relatedness`."""
    for figure in measure_relatedness():
        print(f"{figure.what}: {figure.result} {figure.verdict}")


if __name__ == "__main__":
    main()
