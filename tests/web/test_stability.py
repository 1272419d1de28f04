"""Stability and confidence as the API and the page say them."""

from __future__ import annotations

import re

import httpx
import pytest

from service.domain.stability import HEAD

API = "/api/v1"
ASK = {"region": "330800", "chain": "lithium-battery"}
STABILITY = {
    "region", "chain", "head", "gaps", "draws", "spread", "kept_mean", "kept_worst", "kept_single",
    "most_sensitive", "mark", "head_gaps", "data_version",
}  # fmt: skip
RANK = {"rank", "kept", "best_rank", "worst_rank"}
CONFIDENCE = {"ground", "share", "gap_share", "mark"}


def test_the_list_of_one_chain(client: httpx.Client) -> None:
    answer = client.get(f"{API}/gaps/stability", params={**ASK, "region": "衢州"}).raise_for_status()
    found, gaps = answer.json(), client.get(f"{API}/gaps", params={**ASK, "reliance": "true"}).json()
    assert set(found) == STABILITY
    assert (found["region"], found["chain"], found["head"], found["gaps"]) == (*ASK.values(), HEAD, len(gaps))
    first = found["head_gaps"]
    assert [one["node"] for one in first[:HEAD]] == [gap["node"] for gap in gaps[:HEAD]]
    assert len(first) >= HEAD
    by_node = {gap["node"]: gap for gap in gaps}
    for one in first:
        assert set(one) == {"node", "name", "rating", "priority", "rank_stability", "confidence"}
        assert set(one["rank_stability"]) == RANK
        assert one["rank_stability"]["best_rank"] <= HEAD
        for name in ("rank_stability", "confidence", "priority", "rating"):
            assert one[name] == by_node[one["node"]][name]
    assert answer.headers["X-Weights-Version"]
    again = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(f"{API}/gaps/stability", params=ASK, headers=again).status_code == 304


def test_the_list_of_all_chains(client: httpx.Client) -> None:
    found = client.get(f"{API}/gaps/stability", params={"region": "330800"}).raise_for_status().json()
    assert set(found) == STABILITY
    assert (found["chain"], found["head"]) == (None, HEAD)
    assert len({one["node"].partition("/")[0] for one in found["head_gaps"]}) > 1


def test_confidences_of_all_nodes(client: httpx.Client) -> None:
    told = {**ASK, "all": "true", "reliance": "true"}
    every = client.get(f"{API}/gaps", params=told).raise_for_status().json()
    for one in every:
        assert (one["rank_stability"] is None) == (one["kind"] is None)
        assert (one["confidence"] is None) == (one["rating"] == "unobserved")
        if one["confidence"]:
            assert set(one["confidence"]) == CONFIDENCE
            absent = one["rating"] in ("missing", "suspected")
            assert one["confidence"]["ground"] == ("absence" if absent else "resampled")
    assert {one["confidence"]["ground"] for one in every if one["confidence"]} == {"absence", "resampled"}


def test_what_is_not_asked_for_is_not_computed(client: httpx.Client) -> None:
    gaps = client.get(f"{API}/gaps", params=ASK).raise_for_status().json()
    assert {(gap["rank_stability"], gap["confidence"]) for gap in gaps} == {(None, None)}


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ({"region": "330800", "chain": "no-such"}, 404, "unknown-chain"),
        ({"region": "没有的地方"}, 404, "unknown-region"),
        ({"region": "330800", "level": "county"}, 422, "invalid-query"),
        ({**ASK, "level": "planet"}, 422, None),
        ({}, 422, None),
    ],
)
def test_questions_that_make_no_sense(
    client: httpx.Client, query: dict[str, str], status: int, kind: str | None
) -> None:
    answer = client.get(f"{API}/gaps/stability", params=query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert kind is None or kind in answer.json()["type"]


def test_the_page_says_both(client: httpx.Client) -> None:
    page = client.get("/gaps", params=ASK).raise_for_status().text
    found = client.get(f"{API}/gaps/stability", params=ASK).json()
    said = re.search(r'id="stability">(.*?)</p>', page)
    assert said
    assert f"前 20 位缺链平均保留 {found['kept_mean'] * 100:.0f}%" in said[1]
    assert said[1].startswith("稳定性：")
    marks = re.findall(r'<td[^>]*><abbr title="([^"]+)">([高中低])</abbr></td>', page)
    assert len(marks) == found["gaps"]
    assert all("名录" in title or "重新抽样 200 次" in title for title, _ in marks)
    table = client.get("/gaps.csv", params=ASK).raise_for_status().text.splitlines()
    assert "置信" in table[0]
