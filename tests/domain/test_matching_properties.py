"""What must hold of matching for any text, any terms and any order of firms."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chains import Chain, Node, Stage
from service.domain.matching import TermTable, match_batch

CELL = Node("battery/cell", "电芯", None, Stage.MIDSTREAM, ("锂电池", "LFP"), ("锂电池叉车",), ("3841",))
SEPARATOR = Node("battery/separator", "隔膜", None, Stage.UPSTREAM, ("锂电池隔膜",), (), ("2921",))
MODULE = Node("battery/module", "组件", None, Stage.MIDSTREAM, ("光伏组件",), (), ("3825",))
TERMS = TermTable.from_chains([Chain("battery", "电池", "1", "2026-01-01", (CELL, SEPARATOR, MODULE), ())])

WORDS = st.text(alphabet="甲乙丙", min_size=1, max_size=4)
NODES = st.lists(st.lists(WORDS, min_size=1, max_size=3, unique=True), min_size=1, max_size=3)
TEXT = st.text(alphabet="甲乙丙丁", max_size=14)


def _small_chain(terms: list[list[str]], exclusions: list[list[str]] | None = None) -> TermTable:
    cut = exclusions or [[] for _ in terms]
    nodes = tuple(
        Node(f"c/{place}", str(place), None, Stage.UPSTREAM, tuple(own), tuple(cut[place]))
        for place, own in enumerate(terms)
    )
    return TermTable.from_chains([Chain("c", "c", "1", "2026-01-01", nodes, ())])


def _naive_nodes(text: str, terms: list[list[str]], exclusions: list[list[str]]) -> set[str]:
    """Longest match, spelled out: a place counts unless another term's place holds it; then exclusions."""

    def places(words: list[str]) -> set[tuple[int, int]]:
        spans = {
            (start, start + len(word))
            for word in words
            for start in range(len(text))
            if text.startswith(word, start)
        }
        return spans

    def held(place: tuple[int, int], others: set[tuple[int, int]]) -> bool:
        return any(start <= place[0] and place[1] <= end for start, end in others)

    every = places([term for own in terms for term in own])
    longest = {place for place in every if not held(place, every - {place})}
    return {
        f"c/{node}"
        for node, own in enumerate(terms)
        if any(not held(place, places(exclusions[node])) for place in longest & places(own))
    }


def _nodes(text: str, table: TermTable) -> set[str]:
    links = match_batch(pa.table({"firm": [1], "scope": [text]}), table)
    return set(links.column("node").to_pylist())


@given(NODES, st.lists(st.lists(WORDS, max_size=3), min_size=3, max_size=3), TEXT)
def test_same_nodes_as_the_naive_longest_match(
    terms: list[list[str]], exclusions: list[list[str]], text: str
) -> None:
    assert _nodes(text, _small_chain(terms, exclusions)) == _naive_nodes(text, terms, exclusions)


@given(NODES, st.lists(WORDS, max_size=3), TEXT)
def test_exclusions_only_take_away(terms: list[list[str]], exclusions: list[str], text: str) -> None:
    cut = _small_chain(terms, [exclusions for _ in terms])
    assert _nodes(text, cut) <= _nodes(text, _small_chain(terms))


SENTENCES = st.lists(
    st.sampled_from(
        [
            "锂电池",
            "锂电池隔膜",
            "光伏组件",
            "制造",
            "销售",
            "研发",
            "、",
            "；",
            "，",
            "（不含",
            "）",
            "除",
            "外",
            "的",
            "：",
            "五金",
            "LFP",
            "1、",
        ]
    ),
    max_size=14,
).map("".join)
FIRMS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | SENTENCES,
            "scope": st.none() | SENTENCES,
            "gbt4754_codes": st.none() | st.lists(st.sampled_from(["3841", "3825", "99"]), max_size=2),
        }
    ),
    min_size=1,
    max_size=6,
)
_COLUMNS: dict[str, Any] = {"name": pl.String, "scope": pl.String, "gbt4754_codes": pl.List(pl.String)}


def _links(firms: list[dict[str, Any]]) -> list[list[tuple[Any, ...]]]:
    """Links of each firm, in the order of the firms."""
    frame = pl.DataFrame(firms, schema=_COLUMNS).with_row_index("firm")
    found: list[list[tuple[Any, ...]]] = [[] for _ in firms]
    for link in match_batch(frame.to_arrow(), TERMS).to_pylist():
        found[link["firm"]].append(
            (link["node"], link["confidence"], link["confirmed"], str(link["evidence"]))
        )
    return found


@given(FIRMS, st.randoms(use_true_random=False))
def test_order_of_rows_changes_only_the_order(firms: list[dict[str, Any]], random: Any) -> None:
    order = random.sample(range(len(firms)), len(firms))
    straight = _links(firms)
    assert _links([firms[place] for place in order]) == [straight[place] for place in order]


@given(SENTENCES, SENTENCES)
def test_a_maker_is_never_lowered_by_an_unrelated_field(scope: str, industry: str) -> None:
    def confidences(**columns: Any) -> dict[str, float]:
        firm = pa.table({"firm": [1], "scope": [scope], **columns})
        return {link["node"]: link["confidence"] for link in match_batch(firm, TERMS).to_pylist()}

    alone, more = confidences(), confidences(industry=[industry], gbt4754_codes=[["3841"]])
    assert all(more[node] >= alone[node] for node in alone)


@given(st.text(alphabet="五金百货销售制造、；，（）不含除外", max_size=30))
def test_text_without_a_term_gives_no_link(text: str) -> None:
    firm = pa.table({"firm": [1], "name": [text], "scope": [text], "industry": [text]})
    assert match_batch(firm, TERMS).num_rows == 0


@given(FIRMS)
def test_confidences_are_shares_and_confirmed_from_a_half(firms: list[dict[str, Any]]) -> None:
    for links in _links(firms):
        for _, confidence, confirmed, _ in links:
            assert 0 < confidence <= 1
            assert confirmed == (confidence >= 0.5)
