"""An import through the API: upload, progress, report, rejects, sources, and what must not be left behind."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.web.conftest import FIRMS_CSV, Serve, Served

API = "/api/v1"
REPORT = {
    "id", "source", "file_name", "rows", "accepted", "updated", "rejected", "rejects_file", "located",
    "links", "seconds", "finished_at", "undone_at",
}  # fmt: skip
JOB = {"id", "file_name", "state", "stage", "share", "report", "undone", "error"}


def upload(service: Served, content: bytes, name: str = "名单.csv", **fields: str) -> httpx.Response:
    return service.client.post(f"{API}/imports", files={"file": (name, content)}, data=fields)


def imported(service: Served, content: bytes, name: str = "名单.csv", **fields: str) -> dict[str, Any]:
    answer = upload(service, content, name, **fields)
    assert answer.status_code == 202, answer.text
    assert set(answer.json()) == JOB
    return service.wait_for_job(answer.headers["Location"])


def left_in(service: Served) -> list[str]:
    return [path.name for path in (service.data_dir / "uploads").rglob("*")]


def test_an_import_from_upload_to_sources(serve: Serve) -> None:
    service = serve()
    ask = {"region": "330800", "chain": "lithium-battery", "all": "true"}
    before = service.client.get(f"{API}/gaps", params=ask)

    job = imported(service, FIRMS_CSV.encode(), source="test", title="测试名单", as_of="2025-06-30")

    assert (job["state"], job["error"], job["share"]) == ("done", None, 1.0)
    report = job["report"]
    assert set(report) == REPORT
    assert (report["rows"], report["accepted"], report["updated"], report["rejected"]) == (3, 2, 0, 1)
    assert report["located"] == {"province": 2, "city": 2, "county": 2}
    assert report["source"] == "test"
    assert report["links"] >= 2
    assert service.client.get(f"{API}/imports/{report['id']}").json() == report
    assert service.client.get(f"{API}/imports").json()[0] == report
    assert left_in(service) == []

    rejects = service.client.get(f"{API}/imports/{report['id']}/rejects")
    assert rejects.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(rejects.content.decode("utf-8-sig"))))
    assert [row["行号"] for row in rows] == ["4"]

    source = next(one for one in service.client.get(f"{API}/sources").json() if one["key"] == "test")
    assert (source["title"], source["as_of"], source["covers"]) == ("测试名单", "2025-06-30", ["100000"])

    after = service.client.get(f"{API}/gaps", params=ask, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    there = {gap["node"]: gap["effective_firms"] for gap in before.json()}
    now = {gap["node"]: gap["effective_firms"] for gap in after.json()}
    assert now["lithium-battery/separator"] > there["lithium-battery/separator"]

    again = imported(service, FIRMS_CSV.encode(), source="test")["report"]
    assert (again["accepted"], again["updated"], again["rejected"]) == (0, 2, 1)


def test_an_import_is_taken_back_as_a_whole(serve: Serve) -> None:
    service = serve()
    ask = {"region": "330800", "chain": "lithium-battery", "all": "true"}

    def gaps() -> list[dict[str, Any]]:
        rows = service.client.get(f"{API}/gaps", params=ask).json()
        return [{key: value for key, value in row.items() if key != "data_version"} for row in rows]

    before = gaps()
    number = imported(service, FIRMS_CSV.encode(), source="test")["report"]["id"]
    assert gaps() != before

    answer = service.client.post(f"{API}/imports/{number}/undo")
    assert answer.status_code == 202
    job = service.wait_for_job(answer.headers["Location"])
    assert job["undone"] == {"id": number, "source": "test", "removed": 2, "restored": 0, "decisions": 0}
    assert gaps() == before
    assert service.client.get(f"{API}/imports/{number}").json()["undone_at"] is not None

    again = service.wait_for_job(service.client.post(f"{API}/imports/{number}/undo").headers["Location"])
    assert again["state"] == "failed"
    assert "已经撤销过" in str(again["error"])
    unknown = service.client.post(f"{API}/imports/999/undo")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-import")


def test_the_progress_is_streamed_to_its_end(serve: Serve) -> None:
    service = serve()
    place = upload(service, FIRMS_CSV.encode(), source="test").headers["Location"]
    with service.client.stream("GET", f"{place}/events", timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line]
    events = [line.partition(": ")[2] for line in lines if line.startswith("event: ")]
    told = [json.loads(line.partition(": ")[2]) for line in lines if line.startswith("data: ")]
    assert events[-1] == "finished"
    assert set(events[:-1]) <= {"progress"}
    assert told[-1] == service.client.get(place).json()
    assert [one["share"] for one in told] == sorted(one["share"] for one in told)
    assert service.client.get(f"{API}/import-jobs/999/events").status_code == 404


def test_a_decision_changes_the_link_and_survives_an_import(serve: Serve) -> None:
    service = serve()
    imported(service, FIRMS_CSV.encode(), source="test")
    key = "n:衢州测试隔膜有限公司"
    node = service.client.get(f"{API}/firms/{key}").json()["links"][0]["node"]
    decided = service.client.put(f"{API}/firms/{key}/decision", json={"node": node, "state": "rejected"})
    assert decided.status_code == 200
    assert [link["state"] for link in decided.json()["links"] if link["node"] == node] == ["rejected"]
    imported(service, FIRMS_CSV.encode(), source="test")
    firm = service.client.get(f"{API}/firms/{key}").json()
    assert [link["state"] for link in firm["links"] if link["node"] == node] == ["rejected"]


def test_a_file_that_is_no_table_fails_and_changes_nothing(serve: Serve) -> None:
    service = serve()
    etag = service.client.get(f"{API}/chains").headers["ETag"]
    job = imported(service, b"\x89PNG\r\n\x1a\n", "picture.csv")
    assert job["state"] == "failed"
    assert "picture.csv" in job["error"]
    assert service.client.get(f"{API}/chains").headers["ETag"] == etag
    assert service.client.get(f"{API}/imports").json() == []
    assert left_in(service) == []


@pytest.mark.parametrize("rows", [35_000, 100_000])
def test_too_large_a_file_is_refused_and_not_kept(serve: Serve, rows: int) -> None:
    """The smaller one passes the announced length (which counts the form as well) and fails on the file's."""
    service = serve(max_upload_mb=1)
    content = b"name\n" + "衢州测试隔膜有限公司\n".encode() * rows
    assert len(content) > (1 << 20)
    answer = upload(service, content)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/upload-too-large"
    assert left_in(service) == []
    assert service.client.get(f"{API}/chains").status_code == 200


def test_no_file(serve: Serve) -> None:
    service = serve()
    for answer in (
        service.client.post(f"{API}/imports"),
        service.client.post(f"{API}/imports", data={"source": "x"}),
        service.client.post(f"{API}/imports", files={"file": ("", b"")}),
        service.client.post(
            f"{API}/imports", content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=x"}
        ),
    ):
        assert answer.status_code in (400, 422)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert left_in(service) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\me\\名单.csv", "名单.csv"),
        ("a\0b.csv", "a%00b.csv"),  # as browsers send it
        ("新\r\n行.csv", None),
        ('<b>"x"</b>.csv', None),
        (".csv", "csv"),
        ("企" * 200 + ".csv", None),
    ],
)
def test_odd_file_names(serve: Serve, sent: str, kept: str | None) -> None:
    service = serve()
    job = imported(service, FIRMS_CSV.encode(), sent)
    assert job["state"] == "done", job
    assert kept is None or job["file_name"] == kept
    assert not set(job["file_name"]) & set('/\\\0\r\n<>"')
    assert len(job["file_name"].encode()) <= 200
    assert left_in(service) == []
    assert not list(service.data_dir.parent.glob("*.csv"))


def test_a_raw_nul_in_a_file_name(serve: Serve) -> None:
    service = serve()
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\0b.csv"\r\n\r\n'
    answer = service.client.post(
        f"{API}/imports",
        content=part + FIRMS_CSV.encode() + b"\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code in (202, 400)
    if answer.status_code == 202:
        assert service.wait_for_job(answer.headers["Location"])["file_name"] == "a_b.csv"
    assert left_in(service) == []


@pytest.mark.parametrize("sent", ["..", ".", "/", "../", "\\"])
def test_file_names_that_name_no_file(serve: Serve, sent: str) -> None:
    service = serve()
    answer = upload(service, FIRMS_CSV.encode(), sent)
    assert answer.status_code == 422
    assert left_in(service) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"as_of": "2025-13-01"},
        {"as_of": "2999-01-01"},
        {"datum": "mars"},
        {"complete_for": "不存在的地方"},
        {"covers": "鼓楼区"},
        {"mapping": "nonsense"},
        {"mapping": "name=没有这一列"},
        {"title": "a\0b"},
        {"source": "s" * 81},
    ],
)
def test_options_that_cannot_be(serve: Serve, fields: dict[str, str]) -> None:
    service = serve()
    answer = upload(service, FIRMS_CSV.encode(), **fields)
    if answer.status_code == 202:
        job = service.wait_for_job(answer.headers["Location"])
        assert job["state"] == "failed"
        assert "内部" not in str(job["error"])
    else:
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert left_in(service) == []
    assert service.client.get(f"{API}/imports").json() == []


def test_both_databases_take_what_users_send(database_url: str, serve: Serve) -> None:
    """PostgreSQL takes no NUL, and no number beyond its columns."""
    service = serve(database_url=database_url)
    job = imported(service, FIRMS_CSV.encode(), source="测试 'x'\u202e")
    assert job["state"] == "done", job
    firm = f"{API}/firms/n:衢州测试隔膜有限公司"
    node = service.client.get(firm).json()["links"][0]["node"]
    refused: list[Any] = [
        {"node": node, "state": "accepted", "decided_by": "a\0b"},
        {"node": "a\0b", "state": "accepted"},
        {"node": node, "state": "accepted", "decided_by": "\ud800"},
        {"node": node, "state": "maybe"},
        {"node": node},
        [],
    ]
    for decision in refused:
        answer = service.client.put(f"{firm}/decision", content=json.dumps(decision).encode())
        assert answer.status_code == 422, answer.text
    accepted = service.client.put(f"{firm}/decision", json={"node": node, "state": "accepted"})
    assert accepted.status_code == 200
    for text in ("%", "_", "'", "\\", "\ud7ff", "\U0010ffff", "300750"):
        assert service.client.get(f"{API}/firms", params={"q": text, "limit": 1}).status_code == 200
        assert service.client.get(f"{API}/firms/{quote(text, safe='')}").status_code == 404
    for number in (2**31 - 1, 2**31, 2**63, 10**30):
        assert service.client.get(f"{API}/imports/{number}").status_code in (404, 422)
    last = service.client.get(f"{API}/firms", params={"offset": 10_000_000})
    assert (last.status_code, last.json()) == (200, [])


def test_imports_that_are_not_there(client: httpx.Client) -> None:
    for path in ("import-jobs/99", "imports/99", "imports/99/rejects"):
        answer = client.get(f"{API}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-import")
    for number in ("0", "-1", "99999999999999999999", "x"):
        assert client.get(f"{API}/imports/{number}").status_code == 422
