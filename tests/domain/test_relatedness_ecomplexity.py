"""Our relatedness against the package ecomplexity (Growth Lab, Harvard) on the same tables.

The package keeps 1 on the diagonal of the proximity, so that a node speaks for itself in its own density.
Both ways of accounting for it are checked: its density given our proximity, and its own density taken apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from ecomplexity import ecomplexity
from ecomplexity import proximity as their_proximity

from service.domain.relatedness import density, presence, proximity, rca

# The package calls pandas in ways that pandas 3.1 announces to remove.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FloatArray = npt.NDArray[np.float64]
COLUMNS = {"time": "time", "loc": "region", "prod": "node", "val": "firms"}
SAME = {"rtol": 0.0, "atol": 1e-9}


def random_table(seed: int, *, regions: int = 40, nodes: int = 25, filled: float = 0.5) -> FloatArray:
    """Skewed random counts without empty rows or columns, none of them at an RCA of 1 but for rounding."""
    chooser = np.random.default_rng(seed)
    counts = np.where(chooser.random((regions, nodes)) < filled, chooser.lognormal(0, 1, (regions, nodes)), 0)
    assert (counts.sum(axis=0) > 0).all()
    assert (counts.sum(axis=1) > 0).all()
    assert (abs(rca(counts) - 1) > 1e-6).all()
    return counts


def long_table(counts: FloatArray) -> pd.DataFrame:
    region, node = np.nonzero(counts)
    return pd.DataFrame({"time": 0, "region": region, "node": node, "firms": counts[region, node]})


def theirs(counts: FloatArray, column: str, **options: Any) -> FloatArray:
    """One column of the package's answer as (R, N)."""
    found = ecomplexity(long_table(counts), COLUMNS, check_logsupermodularity=False, verbose=False, **options)
    return np.asarray(found.pivot(index="region", columns="node", values=column), dtype=np.float64)


def as_edges(close: FloatArray) -> pd.DataFrame:
    first, second = np.indices(close.shape)
    return pd.DataFrame({"prod1": first.ravel(), "prod2": second.ravel(), "proximity": close.ravel()})


@pytest.mark.parametrize("seed", range(5))
def test_rca_and_presence_agree(seed: int) -> None:
    counts = random_table(seed)
    np.testing.assert_allclose(rca(counts), theirs(counts, "rca"), **SAME)
    assert (presence(counts) == (theirs(counts, "mcp") == 1)).all()


@pytest.mark.parametrize("seed", range(5))
def test_proximity_agrees_but_for_the_diagonal(seed: int) -> None:
    counts = random_table(seed)
    found = their_proximity(long_table(counts), COLUMNS)
    close = np.array(found.pivot(index="node_1", columns="node_2", values="proximity"))
    assert (np.diagonal(close) == 1).all()
    np.fill_diagonal(close, 0.0)
    np.testing.assert_allclose(proximity(presence(counts)), close, **SAME)


@pytest.mark.parametrize("seed", range(5))
def test_density_agrees_given_our_proximity(seed: int) -> None:
    counts = random_table(seed)
    close = proximity(presence(counts))
    given = theirs(counts, "density", proximity_edgelist=as_edges(close))
    np.testing.assert_allclose(density(presence(counts), close), given, **SAME)


@pytest.mark.parametrize("seed", range(5))
def test_density_of_the_package_is_ours_with_the_node_itself_counted_in(seed: int) -> None:
    """With T the sum of proximities around a node: theirs = (1 if present + T * ours) / (1 + T)."""
    counts = random_table(seed)
    present = presence(counts)
    close = proximity(present)
    ours, packaged, around = density(present, close), theirs(counts, "density"), close.sum(axis=0)
    np.testing.assert_allclose((present + around * ours) / (1 + around), packaged, **SAME)
    # So theirs is larger where the node is here and smaller where it is not: for gaps, always smaller.
    assert (packaged >= ours - 1e-9)[present].all()
    assert (packaged <= ours + 1e-9)[~present].all()
    assert abs(packaged - ours).max() > 0.01


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning"
)  # its complexity index, which we do not use, is undefined
def test_where_nothing_stands_beside_a_node_the_package_speaks_of_the_node_itself() -> None:
    """Node 2 is in region 2 and nowhere else, and region 2 has nothing else."""
    counts = np.array([[2, 1, 0], [1, 2, 0], [0, 0, 3], [2, 2, 0]], dtype=np.float64)
    present = presence(counts)
    assert np.isnan(density(present, proximity(present))[:, 2]).all()
    assert theirs(counts, "density")[:, 2].tolist() == [0, 0, 1, 0]
