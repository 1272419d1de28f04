"""Sets of briefing files over HTTP: ordered, watched, taken, kept for seven days, and gone after them."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from service.brief_shelf import KEPT, Shelf
from service.web.events import job_events
from service.web.jobs import Job, JobKind, Jobs, JobState
from tests.apart import run_apart
from tests.web.conftest import Serve, Served, serving

BRIEFS = "/api/v1/briefs"
LIGHT = {"region": "衢州", "chain": "lithium-battery", "gaps": 1, "parts": ["workbook", "csv"]}


def order(service: Served, **more: Any) -> httpx.Response:
    return service.client.post(BRIEFS, json={**LIGHT, **more})


def events_of(service: Served, address: str) -> list[tuple[str, dict[str, Any]]]:
    """Read the stream to its end."""
    found, name = [], ""
    with service.client.stream("GET", f"{address}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
    return found


def test_a_set_from_order_to_removal(serve: Serve) -> None:
    service = serve()
    answer = order(service)
    assert answer.status_code == 202
    address = answer.headers["Location"]
    assert (answer.json()["region"], answer.json()["state"]) == ("330800", "waiting") or answer.json()[
        "state"
    ] == "running"
    # Asked for again while it is being made: the same set.
    assert order(service, region="330800").json()["id"] == answer.json()["id"]
    events = events_of(service, address)
    assert [name for name, _ in events[:-1]] == ["progress"] * (len(events) - 1)
    assert (events[-1][0], events[-1][1]["state"]) == ("finished", "done")
    shares = [state["share"] for _, state in events]
    assert shares == sorted(shares)

    found = service.client.get(address).json()
    assert found == events[-1][1]
    assert [one["id"] for one in service.client.get(BRIEFS).json()] == [found["id"]]
    paths = [file["path"] for file in found["files"]]
    assert paths[0] == "index.html"
    assert "衢州市锂电池-工作簿.xlsx" in paths
    archive = service.client.get(found["archive"])
    assert archive.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(archive.content)) as content:
        assert sorted(content.namelist()) == sorted(paths)
        for file in found["files"]:
            taken = service.client.get(file["href"]).raise_for_status()
            assert taken.content == content.read(file["path"])
            assert len(taken.content) == file["bytes"]
    page = service.client.get(found["files"][0]["href"])
    assert "script-src 'unsafe-inline'" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]

    assert service.client.delete(address).status_code == 204
    assert service.client.get(address).status_code == 404
    assert list((service.data_dir / "briefs").iterdir()) == []


def test_a_set_outlives_the_service_and_not_seven_days(serve: Serve) -> None:
    first = serve()
    address = order(first).headers["Location"]
    assert first.wait_for_job(address)["state"] == "done"
    kept = first.client.get(address).json()
    with serving(first.app.state.workspace.settings) as second:
        assert second.client.get(address).json() == kept
        assert second.client.get(kept["archive"]).status_code == 200
        record = next((first.data_dir / "briefs").glob("*/brief.json"))
        told = json.loads(record.read_text("utf-8"))
        old = dt.datetime.now(dt.UTC) - KEPT - dt.timedelta(seconds=1)
        record.write_text(json.dumps({**told, "created_at": old.isoformat()}), "utf-8")
        assert second.client.get(address).status_code == 404
        assert second.client.get(BRIEFS).json() == []
        assert not record.parent.exists()


def test_what_was_interrupted_is_said_to_be(tmp_path: Path, serve: Serve) -> None:
    """A set that was not ready when the service stopped has failed; what there was of it is taken away."""
    service = serve()
    address = order(service).headers["Location"]
    service.wait_for_job(address)
    record = next((service.data_dir / "briefs").glob("*/brief.json"))
    told = json.loads(record.read_text("utf-8"))
    record.write_text(json.dumps({**told, "done": False, "files": []}), "utf-8")
    (record.parent / ".files-x.part").mkdir()
    (record.parent / ".files-x.part" / "half.xlsx").write_bytes(b"half")
    (found,) = Shelf(service.data_dir / "briefs").records()
    assert found.error is not None
    assert "重新生成" in found.error
    assert not (record.parent / ".files-x.part").exists()
    assert not (record.parent / "files").exists()


def test_a_broken_record_is_taken_away(tmp_path: Path) -> None:
    for name, content in (("0" * 16, b"{"), ("1" * 16, b"{}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "brief.json").write_bytes(content)
    (tmp_path / "mine").mkdir()
    assert Shelf(tmp_path).records() == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert Shelf(tmp_path / "absent").records() == []


def test_a_set_that_cannot_be_made_says_why(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve()
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.suffix == ".xlsx":
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    address = order(service).headers["Location"]
    failed = service.wait_for_job(address)
    assert failed["state"] == "failed"
    assert "磁盘已满" in str(failed["error"])
    assert (failed["files"], failed["archive"]) == ([], None)
    assert service.client.get(f"{address}/archive").status_code == 404
    assert events_of(service, address)[-1][0] == "finished"
    monkeypatch.undo()
    assert service.wait_for_job(order(service).headers["Location"])["state"] == "done"


def test_without_a_font_the_answer_says_what_to_install(serve: Serve, tmp_path: Path) -> None:
    service = serve(pdf_font=tmp_path / "absent.ttf")
    answer = order(service, parts=["book-pdf", "csv"])
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/font-missing")
    assert "book-pdf" in answer.json()["detail"]
    assert service.client.get(BRIEFS).json() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"region": "没有这里"}, 404),
        ({"chain": "no-such"}, 404),
        ({"parts": ["slides"]}, 422),
        ({"parts": []}, 422),
        ({"gaps": 0}, 422),
        ({"gaps": 51}, 422),
        ({"region": "x" * 61}, 422),
        ({"more": 1}, 422),
    ],
)
def test_bad_orders(client: httpx.Client, body: dict[str, Any], status: int) -> None:
    answer = client.post(BRIEFS, json={**LIGHT, **body})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_sets_that_are_not_there(client: httpx.Client) -> None:
    absent = f"{BRIEFS}/{'0' * 16}"
    for address in (absent, f"{absent}/archive", f"{absent}/files/index.html", f"{absent}/events"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-brief")
    assert client.delete(absent).status_code == 404
    for key in ("..", "x", "0" * 17, "0" * 15 + "G"):
        assert client.get(f"{BRIEFS}/{key}").status_code in (404, 422)


EXPORTS = "/api/v1/exports"


def test_exports_over_http(client: httpx.Client) -> None:
    ask = {"region": "330800", "chain": "lithium-battery", "gaps": 1}
    kinds = {
        ("geopackage", None): "application/geopackage+sqlite3",
        ("geojson", None): "application/zip",
        ("csv", None): "application/zip",
        ("geojson", "gaps"): "application/geo+json",
        ("csv", "gaps"): "text/csv; charset=utf-8",
    }
    gaps = client.get("/api/v1/gaps", params={**ask, "limit": 1000}).json()
    for (form, layer), kind in kinds.items():
        answer = client.get(f"{EXPORTS}/{form}", params={**ask, **({"layer": layer} if layer else {})})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert "attachment" in answer.headers["content-disposition"]
        again = client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        if kind == "application/geo+json":
            rows = [feature["properties"] for feature in answer.json()["features"]]
            assert [(row["node"], row["priority"]) for row in rows] == [
                (gap["node"], gap["priority"]) for gap in gaps
            ]
    for query in ({"layer": "roads"}, {"gaps": 0}, {"chain": "no-such"}, {"region": "没有这里"}):
        answer = client.get(f"{EXPORTS}/csv", params={**ask, **query})
        assert answer.status_code in (404, 422)
        assert answer.headers["content-type"] == "application/problem+json"


class Said(BaseModel):
    """What a test's stream says of a job."""

    share: float


def test_a_stream_tells_every_change_and_ends() -> None:
    job = Job(1, JobKind.BRIEF, "甲")
    states = [
        job, job,
        Job(1, JobKind.BRIEF, "甲", JobState.RUNNING, "一", 0.5),
        Job(1, JobKind.BRIEF, "甲", JobState.DONE, "完成", 1.0),
    ]  # fmt: skip
    waiting = iter(states)

    async def read() -> list[tuple[str | None, float]]:
        stream = job_events(lambda: next(waiting), lambda one: Said(share=one.share), every_seconds=0)
        return [(event.event, event.data.share) async for event in stream]

    assert run_apart(read()) == [("progress", 0.0), ("progress", 0.5), ("finished", 1.0)]


def test_imports_and_briefs_wait_for_their_own_kind_only() -> None:
    """An import that takes long does not hold up a set."""
    import threading

    jobs, go = Jobs(), threading.Event()
    slow = jobs.start(JobKind.IMPORT, "慢", lambda _: go.wait(20), unstarted=lambda: None)
    done = threading.Event()
    quick = jobs.start(JobKind.BRIEF, "快", lambda _: done.set(), unstarted=lambda: None)
    assert done.wait(20)
    assert not jobs.find(slow.id).finished
    go.set()
    jobs.close()
    assert jobs.find(slow.id).state is JobState.DONE
    assert jobs.find(quick.id, JobKind.BRIEF).state is JobState.DONE
