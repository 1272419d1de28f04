"""The review queue over HTTP: asking, deciding, deciding by a rule, undoing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.web.conftest import Serve, Served

API = "/api/v1"
CHAIN = "lithium-battery"
ASK = {"region": "330800", "chain": CHAIN}
# A firm that only trades in something is an uncertain link; one that makes it is a sure one.
FIRMS = """企业名称,注册地址,经营范围
衢州甲贸易有限公司,浙江省衢州市柯城区,磷酸铁锂销售；日用百货销售
衢州乙贸易有限公司,浙江省衢州市衢江区,磷酸铁锂销售；日用百货销售
衢州丙贸易有限公司,浙江省衢州市龙游县,锂离子电池隔膜销售；日用百货销售
衢州丁正极有限公司,浙江省衢州市柯城区,磷酸铁锂的研发与生产
"""
LFP = f"{CHAIN}/lfp"


def with_traders(serve: Serve, **settings: Any) -> Served:
    """Start a service that knows the four firms above."""
    service = serve(**settings)
    answer = service.client.post(
        f"{API}/imports",
        files={"file": ("traders.csv", FIRMS.encode())},
        data={"source": "traders"},
    )
    job = service.wait_for_job(answer.raise_for_status().headers["Location"])
    assert job["state"] == "done", job
    return service


def queue(service: Served, **asked: str) -> list[dict[str, Any]]:
    answer = service.client.get(f"{API}/reviews", params={**ASK, **asked}).raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    assert int(answer.headers["X-Total-Count"]) == len(found)
    return found


def firms_of(items: list[dict[str, Any]]) -> set[str]:
    return {item["name"] for item in items}


def post(service: Served, path: str, body: dict[str, Any]) -> httpx.Response:
    return service.client.post(f"{API}/reviews{path}", json=body)


def tag(service: Served) -> str:
    return str(service.client.get(f"{API}/reviews/batches").headers["ETag"])


def test_the_queue_and_one_batch(database_url: str, serve: Serve) -> None:
    service = with_traders(serve, database_url=database_url)
    items = queue(service)
    assert firms_of(items) >= {f"衢州{one}贸易有限公司" for one in "甲乙丙"}
    assert "衢州丁正极有限公司" not in firms_of([item for item in items if item["node"] == LFP])
    item = next(one for one in items if one["name"] == "衢州甲贸易有限公司")
    assert set(item) == {
        "firm", "name", "adcode", "node", "node_name", "confidence", "evidence", "excerpt",
        "rating", "rating_if_accepted", "intensity_gain",
    }  # fmt: skip
    assert (item["firm"], item["adcode"], item["node"]) == ("n:衢州甲贸易有限公司", "330802", LFP)
    assert item["evidence"][0]["term"] in item["excerpt"]
    assert 0 < item["confidence"] < 0.5
    assert firms_of(queue(service, node=LFP)) == {"衢州甲贸易有限公司", "衢州乙贸易有限公司"}
    assert firms_of(queue(service, region="柯城区", node=LFP)) == {"衢州甲贸易有限公司"}

    before = tag(service)
    decisions = [{"firm": f"n:衢州{one}贸易有限公司", "node": LFP, "state": "rejected"} for one in "甲乙"]
    decided = post(service, "", {"decisions": decisions, "decided_by": "王工"}).raise_for_status().json()
    assert decided == {"batch": 1, "changed": 2}
    assert tag(service) != before
    assert queue(service, node=LFP) == []
    (batch,) = service.client.get(f"{API}/reviews/batches").json()
    assert (batch["batch"], batch["decided_by"], batch["rejected"], batch["accepted"]) == (1, "王工", 2, 0)
    assert (batch["undone_at"], batch["firm"]) == (None, None)

    undone = service.client.delete(f"{API}/reviews/batches/1", params={"undone_by": "李工"})
    assert undone.raise_for_status().json() == {"batch": 1, "changed": 2}
    assert queue(service) == items
    assert service.client.get(f"{API}/reviews/batches").json()[0]["undone_by"] == "李工"
    again = service.client.delete(f"{API}/reviews/batches/1")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/batch-fixed")


def test_a_decision_on_the_firm_is_a_batch_of_one(serve: Serve) -> None:
    service = with_traders(serve)
    firm = "n:衢州甲贸易有限公司"
    decision = {"node": LFP, "state": "accepted", "decided_by": "王工"}
    service.client.put(f"{API}/firms/{firm}/decision", json=decision).raise_for_status()
    page = service.client.post(
        f"/firms/{firm}/decision", params=ASK, data={"node": LFP, "state": "rejected"}, follow_redirects=False
    )
    assert page.status_code == 303
    two, one = service.client.get(f"{API}/reviews/batches").json()
    assert (one["batch"], one["accepted"], one["firm"], one["node"]) == (1, 1, firm, LFP)
    assert (two["batch"], two["rejected"], two["name"]) == (2, 1, "衢州甲贸易有限公司")
    service.client.delete(f"{API}/reviews/batches/2").raise_for_status()
    links = service.client.get(f"{API}/firms/{firm}").json()["links"]
    assert [link["state"] for link in links if link["node"] == LFP] == ["accepted"]


def test_a_rule_is_tried_first_and_then_applied(database_url: str, serve: Serve) -> None:
    service = with_traders(serve, database_url=database_url)
    items, before = queue(service), tag(service)
    rule = {**ASK, "node": LFP, "field": "scope", "max_confidence": 0.5, "state": "rejected"}
    tried = post(service, "/rule", {**rule, "dry_run": True}).raise_for_status().json()
    assert (tried["batch"], tried["changed"], tried["matched"]) == (None, 0, 2)
    assert firms_of(tried["first"]) == {"衢州甲贸易有限公司", "衢州乙贸易有限公司"}
    assert (queue(service), tag(service)) == (items, before)
    assert service.client.get(f"{API}/reviews/batches").json() == []

    done = post(service, "/rule", {**rule, "decided_by": "王工"}).raise_for_status().json()
    assert (done["batch"], done["changed"], done["matched"]) == (1, 2, 2)
    assert queue(service, node=LFP) == []
    (batch,) = service.client.get(f"{API}/reviews/batches").json()
    assert batch["note"].startswith("批量否定：衢州市，锂电池，环节 ")
    nothing = post(service, "/rule", rule).raise_for_status().json()
    assert (nothing["batch"], nothing["changed"], nothing["first"]) == (None, 0, [])
    service.client.delete(f"{API}/reviews/batches/1").raise_for_status()
    assert queue(service) == items


@pytest.mark.parametrize(
    ("path", "body", "status", "problem"),
    [
        ("", {"decisions": []}, 422, "invalid-request"),
        ("", {"decisions": [{"firm": "n:无", "node": LFP, "state": "accepted"}]}, 404, "unknown-firm"),
        ("", {"decisions": [{"firm": "a\0", "node": LFP, "state": "accepted"}]}, 422, "invalid-request"),
        ("/rule", {**ASK, "state": "open"}, 422, "invalid-query"),
        ("/rule", {**ASK, "state": "rejected", "max_confidence": 1.5}, 422, "invalid-request"),
        ("/rule", {**ASK, "state": "rejected", "node": "photovoltaics/glass"}, 404, "unknown-node"),
        ("/rule", {**ASK, "state": "rejected", "region": "999999"}, 404, "unknown-region"),
        ("/rule", {**ASK, "state": "rejected", "chain": "no-such"}, 404, "unknown-chain"),
        (
            "/rule",
            {**ASK, "state": "rejected", "min_confidence": 0.4, "max_confidence": 0.2},
            422,
            "invalid-query",
        ),
    ],
)
def test_what_cannot_be_decided_is_refused(
    client: httpx.Client, path: str, body: dict[str, Any], status: int, problem: str
) -> None:
    answer = client.post(f"{API}/reviews{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


def test_a_link_stands_in_a_batch_once(serve: Serve) -> None:
    service = with_traders(serve)
    both = [
        {"firm": "n:衢州甲贸易有限公司", "node": LFP, "state": state} for state in ("accepted", "rejected")
    ]
    answer = post(service, "", {"decisions": both})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-query")
    missing = service.client.delete(f"{API}/reviews/batches/1")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown-batch")


def test_the_page_shows_words_ratings_and_batches(serve: Serve) -> None:
    service = with_traders(serve)
    text = service.client.get("/review", params=ASK).raise_for_status().text
    assert "衢州甲贸易有限公司" in text
    assert "<mark>磷酸铁锂</mark>" in text
    assert "还没有核实过" in text
    one = service.client.get("/review", params={**ASK, "node": LFP}).raise_for_status().text
    assert "衢州丙贸易有限公司" not in one
    decisions = [{"firm": "n:衢州甲贸易有限公司", "node": LFP, "state": "accepted"}]
    post(service, "", {"decisions": decisions, "decided_by": "<b>王</b>"}).raise_for_status()
    after = service.client.get("/review", params=ASK).raise_for_status().text
    assert "&lt;b&gt;王&lt;/b&gt;" in after
    assert 'data-undo="1"' in after


def test_a_region_without_uncertain_links_says_so(client: httpx.Client) -> None:
    page = client.get("/review", params={"region": "542521", "chain": CHAIN}).raise_for_status().text
    assert "没有待核实的挂链" in page
    assert client.get(f"{API}/reviews", params={"region": "542521", "chain": CHAIN}).json() == []
