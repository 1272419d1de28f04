"""Editing chains over HTTP: drafts, publication in the background, versions; the pages without scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.small_chains import write_chains
from tests.web.conftest import Serve, Served

API = "/api/v1/chains/demo"
SOLID = {
    "op": "add_node",
    "slug": "solid",
    "facts": {"name": "固态电解质", "terms": ["固态电解质", "硫化物电解质", "固态电解液"]},
    "parent": "demo/materials",
}


@pytest.fixture
def small(serve: Serve, tmp_path: Path) -> Served:
    """A service of this test's own on the two small chains."""
    return serve(chains_dir=write_chains(tmp_path / "small"), data_dir=tmp_path / "new")


def draft(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{API}/draft").raise_for_status().json()
    return found


def change(client: httpx.Client, values: dict[str, Any], mark: str | None = None) -> httpx.Response:
    body = {"mark": mark or draft(client)["mark"], "by": "王工", "change": values}
    return client.post(f"{API}/draft/changes", json=body)


def publish(served: Served) -> dict[str, Any]:
    client = served.client
    queued = client.post(f"{API}/draft/publish", json={"mark": draft(client)["mark"], "by": "王工"})
    assert queued.status_code == 202
    return served.wait_for_job(queued.headers["Location"])


def test_a_chain_is_changed_published_compared_and_brought_back(small: Served) -> None:
    client = small.client
    start = draft(client)
    assert (start["drafted"], start["differences"]) == (False, [])
    added = change(client, SOLID).raise_for_status().json()
    assert [one["check"] for one in added["complaints"]] == ["orphan"]
    assert publish(small)["state"] == "failed"
    edge = {"op": "put_edge", "supplier": "demo/solid", "customer": "demo/power-cell"}
    assert change(client, edge).raise_for_status().json()["complaints"] == []
    tag = client.get("/api/v1/chains").headers["ETag"]
    done = publish(small)
    assert done["published"] == {
        **done["published"],
        "chain": "demo",
        "number": 2,
        "kind": "edited",
        "rematched_chains": ["demo"],
    }
    detail = client.get(API).raise_for_status().json()
    assert (detail["version"], len(detail["nodes"])) == ("1.0+2", 5)
    assert client.get("/api/v1/chains", headers={"If-None-Match": tag}).status_code == 200, "answers are new"
    listed = client.get(f"{API}/versions")
    assert [one["kind"] for one in listed.json()] == ["edited", "shipped"]
    assert listed.headers["X-Total-Count"] == "2"
    told = client.get(f"{API}/diff", params={"old": "shipped"}).json()
    assert [one["kind"] for one in told] == ["added", "edge_added"]
    assert 'version: "1.0"' in client.get(f"{API}/file", params={"version": 1}).text
    queued = client.post(f"{API}/versions/1/restore", json={})
    assert small.wait_for_job(queued.headers["Location"])["state"] == "done"
    queued = client.post(f"{API}/reset", json={"by": "李工"})
    assert small.wait_for_job(queued.headers["Location"])["state"] == "done"
    assert client.get(API).json()["version"] == "1.0"


def test_a_copy_is_made_and_taken_away(small: Served) -> None:
    client = small.client
    body = {"chain_id": "mine", "name": "我的链", "borrow": True}
    assert client.post(f"{API}/copies", json=body).status_code == 201
    assert client.post(f"{API}/copies", json=body).status_code == 422
    mark = client.get("/api/v1/chains/mine/draft").json()["mark"]
    queued = client.post("/api/v1/chains/mine/draft/publish", json={"mark": mark})
    assert small.wait_for_job(queued.headers["Location"])["state"] == "done"
    assert client.get("/api/v1/chains/mine").status_code == 200
    events = client.get(queued.headers["Location"] + "/events").text
    assert "event: finished" in events
    queued = client.delete("/api/v1/chains/mine")
    assert small.wait_for_job(queued.headers["Location"])["state"] == "done"
    assert client.get("/api/v1/chains/mine").status_code == 404
    assert client.get("/chain/edit?chain=mine").status_code == 404


def test_every_refusal_is_a_problem(small: Served) -> None:
    client = small.client
    mark = draft(client)["mark"]
    refused: list[tuple[httpx.Response, int, str]] = [
        (change(client, SOLID, "old"), 409, "chain-changed"),
        (change(client, {"op": "remove_node", "node": "demo/anode"}), 422, "chain-edit-refused"),
        (change(client, {"op": "remove_node", "node": "demo/none"}), 422, "chain-edit-refused"),
        (change(client, {"op": "explode"}), 422, "invalid-request"),
        (change(client, SOLID | {"parent": "x" * 200}), 422, "invalid-request"),
        (change(client, SOLID | {"slug": "Ä"}), 422, "chain-edit-refused"),
        (client.post(f"{API}/draft/changes", content=b"{"), 422, "invalid-request"),
        (client.post(f"{API}/draft/changes", content=b"[" * (2 << 20)), 413, "upload-too-large"),
        (client.post(f"{API}/draft/undo", json={"mark": mark}), 422, "chain-edit-refused"),
        (client.delete(f"{API}/draft", params={"mark": mark}), 422, "chain-edit-refused"),
        (client.get("/api/v1/chains/none/draft"), 404, "unknown-chain"),
        (client.get("/api/v1/chains/..%2F..%2Fetc/draft"), 404, "not-found"),
        (client.get(f"{API}/diff", params={"old": "7"}), 404, "unknown-version"),
        (client.get(f"{API}/file", params={"version": "draft"}), 404, "unknown-version"),
        (client.post("/api/v1/chains/none/reset", json={}), 404, "unknown-chain"),
        (client.get("/api/v1/chain-jobs/99"), 404, "unknown-import"),
        (client.post(f"{API}/copies", json={"chain_id": "../x", "name": "甲"}), 422, "chain-edit-refused"),
    ]
    for answer, status, slug in refused:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text
        assert answer.json()["detail"]
    failed = client.post(f"{API}/versions/9/restore", json={})
    assert "没有第 9 版" in str(small.wait_for_job(failed.headers["Location"])["error"])
    assert draft(client)["mark"] == mark, "nothing was changed by all this"


def mark_on(page: str) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def test_the_pages_work_without_scripts(small: Served) -> None:
    client = small.client
    page = client.get("/chain/edit?chain=demo&node=demo/anode").raise_for_status().text
    fields = {
        "chain": "demo",
        "mark": mark_on(page),
        "op": "change_node",
        "node": "demo/anode",
        "view": "demo/anode",
    }
    facts = {"name": "负极<b>", "terms": "负极材料\n\n 人造石墨 \r\n硅碳负极", "gbt4754": "3985、2613"}
    moved = client.post("/chain/edit/change", data=fields | facts)
    assert (moved.status_code, moved.headers["location"]) == (303, "/chain/edit?chain=demo&node=demo%2Fanode")
    page = client.get(moved.headers["location"]).text
    assert "<b>负极<b>" not in page
    assert "负极&lt;b&gt;" in page, "what people type is shown as text"
    document = draft(client)["document"]
    assert document["nodes"][0]["children"][1] == {
        "id": "anode",
        "name": "负极<b>",
        "terms": ["负极材料", "人造石墨", "硅碳负极"],
        "gbt4754": ["3985", "2613"],
    }
    accept = {"accept": "text/html"}
    stale = client.post("/chain/edit/change", data=fields | facts | {"name": "又改"}, headers=accept)
    assert stale.status_code == 409
    assert "刚被别人改过" in stale.text
    fresh = fields | {"mark": mark_on(page)}
    wrong = client.post("/chain/edit/change", data=fresh | facts | {"gbt4754": "9999"}, headers=accept)
    assert wrong.status_code == 422
    assert 'id="why-change_node-gbt4754"' in wrong.text
    assert 'value="9999"' in wrong.text, "what was typed is still there"
    for other in (
        {"op": "none"},
        {"op": "put_edge", "direction": "to", "other": "没有"},
        {"op": "move_node", "parent": "demo/nowhere"},
    ):
        assert client.post("/chain/edit/change", data=fresh | other, headers=accept).status_code == 422
    undone = client.post("/chain/edit/undo", data={"chain": "demo", "mark": mark_on(page)})
    assert undone.status_code == 303
    assert not draft(client)["drafted"]


def test_edges_are_typed_by_name_and_percent(small: Served) -> None:
    client = small.client
    page = client.get("/chain/edit?chain=demo&node=demo/cathode").text
    fields = {
        "chain": "demo",
        "mark": mark_on(page),
        "op": "put_edge",
        "node": "demo/cathode",
        "direction": "to",
    }
    typed = {"other": "动力电池（demo/power-cell）", "input_share": "12.5%", "source": "某年报"}
    assert client.post("/chain/edit/change", data=fields | typed | {"input_share": "很多"}).status_code == 422
    assert client.post("/chain/edit/change", data=fields | typed).status_code == 303
    assert draft(client)["document"]["edges"][0] == {
        "from": "cathode",
        "to": "power-cell",
        "input_share": 0.125,
        "source": "某年报",
    }
    leaves = client.get("/chain/edit/leaves", params={"chain": "demo", "node": "储能"}).text
    assert 'value="储能系统（other/storage）"' in leaves
    assert client.get("/chain/edit/leaves", params={"chain": "demo", "node": ""}).text.strip() == ""


def test_versions_are_listed_compared_and_gone_back_to_on_the_page(small: Served) -> None:
    client = small.client
    change(client, {"op": "change_node", "node": "demo/anode", "facts": {"name": "负极"}}).raise_for_status()
    assert "先发布或放弃它" in client.get("/chain/versions?chain=demo").text
    publish(small)
    page = client.get("/chain/versions?chain=demo&old=1&new=live").raise_for_status().text
    assert "环节“负极材料”改名为“负极”，编号 demo/anode 不变" in page
    assert client.get("/chain/versions?chain=demo&old=1&new=88").status_code == 404
    assert client.post("/chain/versions/back", data={"chain": "demo", "to": "1; drop"}).status_code == 422
    job = client.post("/chain/versions/back", data={"chain": "demo", "to": "shipped", "by": "李工"}).text
    found = re.search(r'data-then="/chain/edit/jobs/(\d+)"', job)
    if found:
        assert small.wait_for_job(f"/api/v1/chain-jobs/{found[1]}")["state"] == "done"
    assert client.get(API).json()["version"] == "1.0"
