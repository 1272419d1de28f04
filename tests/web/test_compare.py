"""Regions side by side over HTTP: the API on both databases, the page, the command that prints the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from service.cli import app
from service.results_compare import ComparedCellRead
from tests.web.conftest import FIRMS_CSV, Serve, Served

API = "/api/v1/compare"
CHAIN = "lithium-battery"
ASK = {"region": "330800", "chain": CHAIN}
BY_HAND = {"regions": "330800,330100,440300", "chain": CHAIN}
REGION = {
    "adcode", "name", "full_name", "completeness", "by_stage", "leaves", "effective_firms", "basis",
    "sources", "comparable_with", "standings", "profile",
}  # fmt: skip


def get(client: httpx.Client, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get(API, params=query).raise_for_status().json()
    return found


def page(client: httpx.Client, **query: Any) -> httpx.Response:
    return client.get("/compare", params={**ASK, **query}, headers={"Accept": "text/html"})


def with_complete_list(serve: Serve, **settings: Any) -> Served:
    """Start a service where 衢州 is known from a list of its own."""
    service = serve(**settings)
    answer = service.client.post(
        "/api/v1/imports",
        files={"file": ("登记.csv", FIRMS_CSV.encode())},
        data={"source": "register", "complete_for": "330800", "covers": "330800"},
    )
    job = service.wait_for_job(answer.raise_for_status().headers["Location"])
    assert job["state"] == "done", job
    return service


def test_the_answer_on_both_databases(database_url: str, serve: Serve) -> None:
    service = with_complete_list(serve, database_url=database_url)
    found = get(service.client, **BY_HAND)
    assert [one["adcode"] for one in found["regions"]] == ["330800", "330100", "440300"]
    assert all(set(one) == REGION for one in found["regions"])
    assert (found["comparable"], found["base"], found["peers"]) == (False, None, [])
    assert found["note"].startswith("来源不同，不可比")
    assert [one["basis"] for one in found["regions"]] == ["complete", "selective", "selective"]
    for place, asked in enumerate(found["regions"]):
        rated = service.client.get(
            "/api/v1/gaps", params={"region": asked["adcode"], "chain": CHAIN, "all": "true"}
        ).json()
        assert [(node["node"], node["cells"][place]["rating"]) for node in found["nodes"]] == [
            (node["node"], node["rating"]) for node in rated
        ]
        first = asked["standings"][0]
        assert first["chain"] == CHAIN
        assert first["completeness"] == pytest.approx(asked["completeness"])


def test_peers_on_both_databases(database_url: str, serve: Serve) -> None:
    client = serve(database_url=database_url).client
    found = get(client, **ASK)
    assert (found["base"], found["comparable"]) == ("330800", True)
    assert found["regions"][0]["adcode"] == "330800"
    assert found["peers"]
    assert "330800" not in {one["adcode"] for one in [*found["peers"], *found["benchmarks"]]}
    shares = [one["similarity"] for one in found["peers"]]
    assert shares == sorted(shares, reverse=True)
    for one in found["regions"]:
        assert len(one["profile"]) == 8
        assert all(axis["value"] is None or 0 <= axis["value"] <= 1 for axis in one["profile"])
        assert all(axis["reason"] for axis in one["profile"])


def test_regions_are_given_with_commas_or_several_times(client: httpx.Client) -> None:
    found = get(client, **BY_HAND)
    assert found == get(client, chain=CHAIN, regions=["衢州", "杭州", "深圳"])
    assert found == get(client, chain=CHAIN, regions=["330800、330100", "", "深圳"])


def test_it_is_tagged(client: httpx.Client) -> None:
    etag = client.get(API, params=ASK).raise_for_status().headers["ETag"]
    assert client.get(API, params=ASK, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"regions": "330800,330000"}, 422, "不在同一级"),
        ({"regions": "330800"}, 422, "至少要 2 个"),
        ({"regions": "衢州,杭州,宁波,温州,金华,台州"}, 422, "最多比较 5 个"),
        ({}, 422, "请给出要比较的地区"),
        ({"regions": "衢洲,杭州"}, 404, "相近的有"),
        ({"region": "542521"}, 422, "已知的企业太少"),
        ({"region": "330800", "chain": "nothing"}, 404, "没有产业链"),
        ({"region": "330800", "level": "village"}, 422, "level"),
    ],
)
def test_what_is_refused(client: httpx.Client, query: dict[str, str], status: int, said: str) -> None:
    answer = client.get(API, params={"chain": CHAIN, **query})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_the_page(client: httpx.Client) -> None:
    shown = page(client).raise_for_status().text
    found = get(client, **ASK)
    assert "<h1>衢州市 · 锂电池区域对标" in shown
    assert shown.count("<h1>") == 1
    assert re.search(r'class="on" aria-current="page"><svg[^\n]*</svg>区域对标</a>', shown)
    assert found["benchmarks"][0]["reason"] in shown
    for one in found["peers"]:
        assert f'/compare?region=330800&amp;chain={CHAIN}&amp;regions={one["adcode"]}"' in shown
    # One outline and one column for each region, one badge for each cell.
    assert shown.count("<path ") == len(found["regions"])
    table = shown.partition('id="compare-nodes"')[2].partition("</table>")[0]
    badges = re.findall(r'class="badge r-(\w+)"', table)
    assert len(badges) == len(found["nodes"]) * len(found["regions"])
    ratings = [cell["rating"] for node in found["nodes"] for cell in node["cells"]]
    assert sorted(badges) == sorted(ratings)
    assert "None" not in shown


def test_the_page_compares_those_chosen(client: httpx.Client) -> None:
    shown = page(client, regions=["330100", "", "440300"]).raise_for_status().text
    heads = shown.partition('id="compare-nodes"')[2].partition("</thead>")[0]
    assert re.findall(r'<th scope="col">(\w+)</th>', heads) == ["衢州市", "杭州市", "深圳市"]
    assert 'value="440300" checked' in shown
    picked = page(client, regions="浙江省杭州市（330100）").raise_for_status().text
    assert 'value="330100" checked' in picked


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"regions": "330000"}, 422, "不在同一级"),
        ({"regions": "<b>没有这里</b>"}, 404, "没有找到行政区划“&lt;b&gt;没有这里"),
        ({"regions": "330100,330200,330300,330400,330500"}, 422, "最多比较 5 个地区，收到 6 个"),
        ({"region": "542521"}, 422, "已知的企业太少"),
    ],
)
def test_the_page_says_what_is_wrong_and_keeps_the_form(
    client: httpx.Client, query: dict[str, str], status: int, said: str
) -> None:
    answer = page(client, **query)
    assert answer.status_code == status
    assert said in answer.text.partition('role="alert">')[2].partition("</p>")[0]
    assert '<form method="get" action="/compare"' in answer.text
    assert "<b>没有" not in answer.text


def test_the_page_marks_different_sources(serve: Serve) -> None:
    shown = page(with_complete_list(serve).client, regions="330100").raise_for_status().text
    assert shown.count("来源不同，不可比") == 3  # once above, once in each column


def test_the_command_prints_what_the_api_gives(
    client: httpx.Client, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(data_dir))
    arguments = ["compare", "--regions", "衢州,杭州,深圳", "--chain", CHAIN]
    done = CliRunner().invoke(app, [*arguments, "--format", "json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == get(client, **BY_HAND)
    as_csv = CliRunner().invoke(app, [*arguments, "--format", "csv"]).stdout.splitlines()
    assert as_csv[0].split(",") == ["node", "name", "stage", *ComparedCellRead.model_fields]
    table = CliRunner().invoke(app, ["compare", "--region", "衢州", "--chain", CHAIN])
    assert "标杆" in table.stderr
    assert "名次（完整度）" in table.stdout
