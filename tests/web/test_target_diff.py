"""POST /targets/diff, and the lists that it is given."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

API = "/api/v1"
ASK = {"region": "330800", "node": "lithium-battery/wet-separator"}


def lists(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"{API}/targets", params={**ASK, "limit": 1000, **query}).raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    assert len(found) == int(answer.headers["X-Total-Count"])
    return found


def test_a_list_and_what_became_of_it(client: httpx.Client) -> None:
    now = lists(client, excluded="true")
    targets = [one for one in now if one["rank"] is not None]
    assert [one["rank"] for one in targets] == list(range(1, len(targets) + 1))
    assert {one["among"] for one in now} == {len(targets)}
    assert lists(client) == targets
    best, second = targets[:2]
    # As if the best had not been known, and the second had been nearer by 7 points.
    proximity = next(one for one in second["factors"] if one["name"] == "proximity")
    proximity = {**proximity, "contribution": proximity["contribution"] - 1.0}
    factors = [proximity if one["name"] == "proximity" else one for one in second["factors"]]
    poorer = {**second, "score": second["score"] - 1.0, "factors": factors}
    before = [poorer if one is second else one for one in now if one is not best]
    before = [{**one, "rank": one["rank"] and one["rank"] - 1, "among": one["among"] - 1} for one in before]
    found = (
        client.post(f"{API}/targets/diff", json={"before": before, "after": now}).raise_for_status().json()
    )
    assert (found["region"], found["node"]) == (ASK["region"], ASK["node"])
    assert (found["new"], found["gone"], found["moved"]) == (1, 0, len(targets) - 1)
    new, moved, *_ = found["changes"]
    assert (new["firm"], new["kind"], new["rank_after"]) == (best["firm"], "new", 1)
    assert (moved["firm"], moved["rank_before"], moved["rank_after"]) == (second["firm"], 1, 2)
    (factor,) = moved["factors"]
    assert (factor["name"], factor["points"]) == ("proximity", pytest.approx(1.0))


def test_ties_are_published_with_their_path(client: httpx.Client) -> None:
    ties = [tie for one in lists(client) for tie in one["ties"]]
    assert ties
    chain = client.get(f"{API}/chains/lithium-battery").raise_for_status().json()
    nodes = {node["id"] for node in chain["nodes"]}
    for tie in ties:
        assert set(tie) == {
            "local_firm", "local_name", "local_node", "direction", "candidate_node", "anchor", "strength",
            "reason",
        }  # fmt: skip
        if tie["direction"] in ("supplies", "buys"):
            assert {tie["local_node"], tie["candidate_node"]} <= nodes
            local = client.get(f"{API}/firms/{tie['local_firm']}").raise_for_status().json()
            assert local["adcode"].startswith("3308")
            assert local["name"] == tie["local_name"]


def test_the_page_shows_the_way_to_a_target(client: httpx.Client) -> None:
    ties = [tie for one in lists(client) for tie in one["ties"]]
    page = client.get("/targets", params={**ASK, "chain": "lithium-battery"}).raise_for_status().text
    assert f"以商招商：{ties[0]['reason']}" in page
    assert f'">{ties[0]["local_name"]}</a>' in page


ROW = {"region": "330800", "node": ASK["node"], "firm": "a", "name": "a", "rank": None, "among": 0,
       "score": None, "factors": [], "obstacles": []}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "不是有效的 JSON"),
        (b"[]", "应为 JSON 对象"),
        (b"{}", "before：没有给出；after：没有给出"),
        (b'{"before": [], "after": []}', "两份名单都是空的"),
        (b'{"before": 1, "after": []}', "before：应为 JSON 数组"),
        (b'{"before": [{}], "after": []}', "before.0.region：没有给出"),
        (b'{"before": [], "after": [{"score": NaN}]}', "after.0.score"),
    ],
)
def test_bodies_that_cannot_be(client: httpx.Client, body: bytes, said: str) -> None:
    answer = client.post(f"{API}/targets/diff", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_another_node_is_refused(client: httpx.Client) -> None:
    other = {**ROW, "node": "lithium-battery/lfp"}
    answer = client.post(f"{API}/targets/diff", json={"before": [ROW], "after": [other]})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-query"
    assert "不是同一地区同一环节" in answer.json()["detail"]


def test_a_policy_changes_the_etag(serve: Any, data_dir: Any) -> None:
    plain = serve().client.get(f"{API}/targets", params=ASK).headers["ETag"]
    (data_dir / "source_policy.csv").write_text(
        "region,source_region,weight,source\n衢州,长三角,0.75,招商方案\n", "utf-8"
    )
    assert serve().client.get(f"{API}/targets", params=ASK).headers["ETag"] != plain
