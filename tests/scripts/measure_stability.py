"""Measures how the gap lists of a province's cities answer to moved weights, as a table for docs/method.md.

    python -m tests.scripts.measure_stability DATA_FOLDER [--province 330000] [--chains FOLDER]

Run it again after every change of weights or chains.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from service.analysis import report_gaps, view_chain
from service.domain.stability import KEPT_AIM, ListStability, measure_stability, merge_gaps
from service.settings import Settings
from service.words import STABILITY
from service.workspace import Workspace, open_workspace

_NEAR = 30
_HEAD_LINE = (
    "| city | gaps | kept, mean | in 95% of draws | one weight alone | most sensitive | mark "
    f"| of 20 never below rank {_NEAR} | chains: kept, mean | lowest | mean >= 90% |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def table(workspace: Workspace, province: str) -> Iterable[str]:
    """Yield the lines of the table; a city with no more than 20 gaps has nothing to measure."""
    yield _HEAD_LINE
    knowledge = workspace.knowledge
    for city in knowledge.geography.children(province):
        with workspace.session() as session:
            gaps = {
                chain: report_gaps(
                    knowledge, view_chain(session, knowledge, city.adcode, chain)
                ).gaps
                for chain in knowledge.chains
            }  # fmt: skip
        whole = measure_stability(merge_gaps(gaps))
        alone = [found for found in map(measure_stability, gaps.values()) if found.mark]
        yield _line(city.name, whole, alone) if whole.mark else f"| {city.name} | {whole.gaps} |" + " – |" * 9


def _line(name: str, whole: ListStability, alone: list[ListStability]) -> str:
    near = sum(one.worst_rank <= _NEAR for one in whole.ranks[: whole.head])
    kept = [found.kept_mean for found in alone]
    cells = (
        name, whole.gaps, f"{whole.kept_mean:.1%}", f"{whole.kept_worst:.0%}", f"{whole.kept_single:.0%}",
        whole.most_sensitive, whole.mark and STABILITY[whole.mark], near, f"{sum(kept) / len(kept):.1%}",
        f"{min(kept):.1%}", f"{sum(one >= KEPT_AIM for one in kept)} of {len(kept)}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--province", default="330000")
    parser.add_argument("--chains", type=Path, default=None)
    asked = parser.parse_args()
    with open_workspace(Settings(data_dir=asked.data, chains_dir=asked.chains)) as workspace:
        for line in table(workspace, asked.province):
            print(line, flush=True)


if __name__ == "__main__":
    main()
