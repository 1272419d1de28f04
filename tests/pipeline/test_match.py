"""The batch loop on one machine: batches, progress, and real registers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chains import Chain, Node, Stage
from service.domain.matching import TermTable
from service.pipeline.match import match_firms

CELL = Node("battery/cell", "电芯", None, Stage.MIDSTREAM, ("锂电池", "锂离子电池"), (), ("3841",))
MODULE = Node("battery/module", "组件", None, Stage.MIDSTREAM, ("光伏组件", "太阳能电池组件"), (), ("3825",))
TERMS = TermTable.from_chains([Chain("battery", "电池", "1", "2026-01-01", (CELL, MODULE), ())])
REGISTRATIONS = Path(__file__).parents[2].parent / "shared" / "data" / "registrations"

SCOPES = st.lists(
    st.none()
    | st.sampled_from(["锂电池制造", "锂电池、光伏组件销售", "百货", "光伏组件（不含锂电池）生产", ""]),
    max_size=9,
)


@given(SCOPES, st.integers(min_value=1, max_value=10))
def test_batches_change_nothing(scopes: list[str | None], batch_rows: int) -> None:
    frame = pl.DataFrame(
        {"firm": range(len(scopes)), "scope": scopes}, schema={"firm": pl.Int64, "scope": pl.String}
    )
    assert match_firms(frame, TERMS, batch_rows=batch_rows).equals(match_firms(frame, TERMS))


def test_progress_counts_firms() -> None:
    done: list[int] = []
    frame = pl.DataFrame({"firm": ["a", "b", "c"], "scope": ["锂电池制造"] * 3})
    links = match_firms(frame, TERMS, batch_rows=2, on_progress=done.append)
    assert done == [2, 3]
    assert links["firm"].to_list() == ["a", "b", "c"]


def test_no_firms() -> None:
    links = match_firms(pl.DataFrame(schema={"firm": pl.Int64, "scope": pl.String}), TERMS)
    assert links.columns == ["firm", "node", "confidence", "confirmed", "evidence"]
    assert links.is_empty()


@pytest.mark.real
@pytest.mark.skipif(not REGISTRATIONS.is_dir(), reason=f"real registrations are not at {REGISTRATIONS}")
def test_real_register() -> None:
    frame = pl.read_parquet(REGISTRATIONS / "浙江.parquet", columns=["name", "scope"]).with_row_index("firm")
    links = match_firms(frame, TERMS)
    assert links.filter("confirmed").height > 50
