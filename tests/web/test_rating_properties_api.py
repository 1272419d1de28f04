"""What a rating may never do, asked of the running service: random tables are imported, the API is asked.

The expectation is computed here from the formula of docs/method.md with fractions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.workspace import Workspace, open_workspace
from tests.web.conftest import Served, serving
from tests.web.test_worked_example import CHAIN, NODES

CITIES = ("330800", "330700", "331000")
PROVINCE = "330000"
ASSERTED = Fraction(95, 100)
SCALE = {"missing": 0, "suspected": 0, "weak": 1, "balanced": 2, "strong": 3}
Counts = Mapping[tuple[str, str], int]

tables = st.dictionaries(
    st.tuples(st.sampled_from(CITIES), st.sampled_from(NODES)),
    st.sampled_from([1, 1, 2, 5, 12]),
    min_size=1,
    max_size=12,
)


def write_firms(path: Path, counts: Counts) -> Path:
    lines = ["企业名称,行政区划代码,环节"]
    for (city, node), count in sorted(counts.items()):
        lines += [f"随机{city}{node}{number}号公司,{city},ex/{node}" for number in range(count)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextmanager
def known(counts: Counts, complete: frozenset[str]) -> Iterator[tuple[Workspace, Served, Path]]:
    """A service whose database holds these firms, and the folder it works in."""
    with tempfile.TemporaryDirectory(prefix="zhaoshang-random-") as name:
        folder = Path(name)
        (folder / "chains").mkdir()
        (folder / "chains" / "ex.yaml").write_text(CHAIN, encoding="utf-8")
        own = Settings(data_dir=folder / "data", chains_dir=folder / "chains")
        with open_workspace(own) as workspace:
            load(workspace, write_firms(folder / "firms.csv", counts), complete)
            with serving(own) as served:
                yield workspace, served, folder


def load(workspace: Workspace, path: Path, complete: frozenset[str]) -> None:
    import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(source="random", complete_for=tuple(sorted(complete)), covers=CITIES),
        rejects_dir=workspace.settings.rejects_dir,
    )


def ask(served: Served, region: str, **more: str) -> dict[str, dict[str, Any]]:
    """All nodes of the chain in a region, by the node's last name."""
    params = {"region": region, "chain": "ex", "all": "true", **more}
    rated = served.client.get("/api/v1/gaps", params=params).raise_for_status().json()
    return {one["node"].removeprefix("ex/"): one for one in rated}


def expected(counts: Counts, city: str, node: str) -> Fraction:
    """e = (K_r - k)(K_n - k) / (K - K_r - K_n + k), each firm counting 0.95; 0 where the denominator is."""
    firms = {cell: count * ASSERTED for cell, count in counts.items()}
    k = firms.get((city, node), Fraction(0))
    in_region = sum((value for (place, _), value in firms.items() if place == city), Fraction(0))
    of_node = sum((value for (_, what), value in firms.items() if what == node), Fraction(0))
    rest = sum(firms.values(), Fraction(0)) - in_region - of_node + k
    return (in_region - k) * (of_node - k) / rest if rest else Fraction(0)


# Each example is a database of its own: few of them, and the first that fails is told as it is.
@settings(
    max_examples=5,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(tables, st.frozensets(st.sampled_from(CITIES)), st.sampled_from(CITIES), st.sampled_from(NODES))
def test_ratings_through_the_api_follow_the_formula_and_never_misbehave(
    counts: dict[tuple[str, str], int], complete: frozenset[str], city: str, node: str
) -> None:
    with known(counts, complete) as (workspace, served, folder):
        before = {place: ask(served, place) for place in CITIES}
        for place, rated in before.items():
            for name, one in rated.items():
                assert one["effective_firms"] == pytest.approx(float(counts.get((place, name), 0) * ASSERTED))
                assert one["expected"] == pytest.approx(float(expected(counts, place, name)), abs=1e-6)
                assert one["rating"] != ("suspected" if place in complete else "missing")
        whole = ask(served, PROVINCE)
        for name in NODES:
            parts = sum(before[place][name]["effective_firms"] for place in CITIES)
            assert whole[name]["effective_firms"] == pytest.approx(parts)

        more = {**counts, (city, node): counts.get((city, node), 0) + 1}
        load(workspace, write_firms(folder / "firms.csv", more), complete)
        after = ask(served, city)[node]
        was = before[city][node]
        assert after["expected"] == pytest.approx(was["expected"], abs=1e-6)
        if was["rating"] != "unobserved":
            assert SCALE[after["rating"]] >= SCALE[was["rating"]]
