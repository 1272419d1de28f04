"""What-if and portfolio over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.web.bodies import MAX_BODY_BYTES
from tests.web.conftest import Serve

API = "/api/v1"
ASK = {"region": "330800", "chain": "lithium-battery"}
SEPARATOR = "lithium-battery/wet-separator"


def check_problem(answer: httpx.Response, status: int, slug: str, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert said in answer.json()["detail"]


def test_both_questions(database_url: str, serve: Serve) -> None:
    client = serve(database_url=database_url).client
    gaps = client.get(f"{API}/gaps", params=ASK).raise_for_status().json()
    (gap,) = [one for one in gaps if one["node"] == SEPARATOR]
    body = {**ASK, "add": [{"node": SEPARATOR, "count": 2}]}
    found = client.post(f"{API}/whatif", json=body).raise_for_status().json()
    assert (found["region_name"], found["chain"], found["basis"]) == ("衢州市", ASK["chain"], "selective")
    assert found["added"] == [
        {"firm": None, "name": "示范企业（湿法隔膜）", "links": {SEPARATOR: 1.0}, "count": 2}
    ]
    (change,) = [one for one in found["outcome"]["changes"] if one["node"] == SEPARATOR]
    assert change["rating_before"] == gap["rating"]
    assert change["priority_before"] == gap["priority"]
    assert change["effective_firms_after"] == gap["effective_firms"] + 2
    outcome = found["outcome"]
    assert outcome["completeness"]["after"] > outcome["completeness"]["before"]
    assert outcome["gaps_before"] == len(gaps)
    assert outcome["gaps_after"] == len(outcome["next_gaps"])
    assert outcome["gaps_after"] == outcome["gaps_before"] - len(outcome["closed"]) + len(outcome["opened"])

    plan = client.post(f"{API}/portfolio", json={**ASK, "visits": 3}).raise_for_status().json()
    assert plan["exact"] is True
    assert len(plan["firms"]) == 3
    assert plan["value"] == pytest.approx(sum(firm["points"] for firm in plan["firms"]))
    assert all(firm["reasons"] and firm["kind"] for firm in plan["firms"])
    assert [limit["resource"] for limit in plan["limits"]] == ["visits", "per_node"]
    assert plan["data_version"] == found["data_version"]
    # The outcome of the set is the what-if of its firms.
    firms = [{"firm": firm["firm"], "node": firm["node"]} for firm in plan["firms"]]
    again = client.post(f"{API}/whatif", json={**ASK, "firms": firms}).raise_for_status().json()
    assert again["outcome"] == plan["outcome"]
    assert [one["firm"] for one in again["added"]] == [firm["firm"] for firm in plan["firms"]]


def test_nothing_added_and_nobody_to_visit(client: httpx.Client) -> None:
    nothing = client.post(f"{API}/whatif", json=ASK).raise_for_status().json()
    assert (nothing["added"], nothing["outcome"]["changes"]) == ([], [])
    nobody = client.post(f"{API}/portfolio", json={**ASK, "visits": 0}).raise_for_status().json()
    assert (nobody["firms"], nobody["value"]) == ([], 0)
    assert nobody["empty_reason"] == "可拜访家数为 0，没有方案。"
    no_needs = client.post(f"{API}/portfolio", json={**ASK, "visits": 2, "land_mu": 100}).raise_for_status()
    assert "需求都没有给出" in no_needs.json()["empty_reason"]
    assert no_needs.json()["needs_unknown"]
    assert any("没有参与比选" in note for note in no_needs.json()["notes"])


@pytest.mark.parametrize(
    ("path", "body", "status", "slug", "said"),
    [
        ("whatif", {"add": [{"node": "lithium-battery/no-such"}]}, 404, "unknown-node", "no-such"),
        ("whatif", {"add": [{"node": "lithium-battery/separator"}]}, 422, "invalid-query", "一组环节"),
        ("whatif", {"add": [{"node": SEPARATOR, "count": -1}]}, 422, "invalid-request", "应不小于 1"),
        ("whatif", {"add": [{"node": SEPARATOR, "count": 10_000}]}, 422, "invalid-request", "应不大于 500"),
        ("whatif", {"add": [{"node": SEPARATOR}] * 501}, 422, "invalid-request", "add：至多 500 项"),
        ("whatif", {"add": [{"node": SEPARATOR, "count": 300}] * 2}, 422, "invalid-query", "收到 600 家"),
        ("whatif", {"add": [{"node": SEPARATOR, "confidence": 0.2}]}, 422, "invalid-request", "confidence"),
        ("whatif", {"add": [{"node": "a\0"}]}, 422, "invalid-request", "不允许的字符"),
        ("whatif", {"firms": [{"firm": "n:没有这家"}]}, 404, "unknown-firm", "没有这家"),
        ("whatif", {"firms": [{"firm": "x" * 201}]}, 422, "invalid-request", "至多 200 个字符"),
        ("whatif", {"region": "999999"}, 404, "unknown-region", "999999"),
        ("whatif", {"chain": "no-such"}, 404, "unknown-chain", "no-such"),
        ("whatif", {"level": "province"}, 422, "invalid-query", "province"),
        ("whatif", {"addd": []}, 422, "invalid-request", "addd：不认识的字段"),
        ("portfolio", {}, 422, "invalid-request", "visits：没有给出"),
        ("portfolio", {"visits": -1}, 422, "invalid-request", "应不小于 0"),
        ("portfolio", {"visits": 101}, 422, "invalid-request", "应不大于 100"),
        ("portfolio", {"visits": 5, "land_mu": -1}, 422, "invalid-request", "land_mu"),
        ("portfolio", {"visits": 5, "energy_tce": 1e30}, 422, "invalid-request", "energy_tce"),
        ("portfolio", {"visits": 5, "per_node": 0}, 422, "invalid-request", "per_node"),
        ("portfolio", {"visits": 5, "needs": [{"firm": "n:没有这家"}]}, 404, "unknown-firm", "没有这家"),
        ("portfolio", {"visits": 5, "needs": [{"firm": "a"}] * 2}, 422, "invalid-query", "不止一次"),
        ("portfolio", {"visits": 5, "land": 3}, 422, "invalid-request", "land"),
    ],
)  # fmt: skip
def test_bad_questions(
    client: httpx.Client, path: str, body: dict[str, Any], status: int, slug: str, said: str
) -> None:
    check_problem(client.post(f"{API}/{path}", json={**ASK, **body}), status, slug, said)


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "NaN", "[" * 100_000, b"\xff\xfe"])
def test_bodies_that_are_no_question(client: httpx.Client, content: str | bytes) -> None:
    for path in ("whatif", "portfolio"):
        answer = client.post(f"{API}/{path}", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_nan_is_no_number(client: httpx.Client) -> None:
    text = '{"region": "330800", "chain": "lithium-battery", "visits": 3, "land_mu": NaN}'
    answer = client.post(f"{API}/portfolio", content=text, headers={"Content-Type": "application/json"})
    check_problem(answer, 422, "invalid-request", "land_mu")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large(client: httpx.Client, announced: bool) -> None:
    piece = b" " * 65_536

    def pieces() -> Iterator[bytes]:
        yield from [piece] * (MAX_BODY_BYTES // len(piece) + 1)

    content = b"".join(pieces()) if announced else pieces()
    answer = client.post(f"{API}/whatif", content=content, headers={"Content-Type": "application/json"})
    check_problem(answer, 413, "upload-too-large", "1 MB")
