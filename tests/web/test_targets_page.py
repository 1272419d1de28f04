"""The page of targets and its files: filters, parts, exports."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from tests.workbooks import read_workbook

NODE = "lithium-battery/power-cell"
ASK = {"region": "330800", "chain": "lithium-battery", "node": NODE}


def names(page: str) -> list[str]:
    return re.findall(r'<h2><span class="rank"[^>]*>\d+\.</span> <a [^>]*>([^<]+)</a>', page)


def rows(client: httpx.Client, **asked: str) -> list[dict[str, str]]:
    answer = client.get("/targets.csv", params={**ASK, **asked}).raise_for_status()
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_page_and_the_files_hold_the_same_as_the_api(client: httpx.Client) -> None:
    every = client.get("/api/v1/targets", params={**ASK, "limit": 1000}).json()
    found = rows(client)
    assert [row["企业"] for row in found] == [one["name"] for one in every]
    assert [float(row["得分"]) for row in found] == [one["score"] for one in every]
    shown = names(client.get("/targets", params=ASK).raise_for_status().text)
    assert shown == [one["name"] for one in every[:20]]
    assert f">{len(every)}</b>" in client.get("/targets", params=ASK).text


def test_the_next_part_goes_on_where_the_first_ends(client: httpx.Client) -> None:
    every = [row["企业"] for row in rows(client)]
    assert len(every) > 20, "too few targets for a second part: choose another node"
    part = client.get("/targets/rows", params={**ASK, "page": 2}).raise_for_status().text
    assert names(part) == every[20:40]
    assert "<html" not in part


def test_filters_keep_only_what_fits(client: httpx.Client) -> None:
    near = rows(client, within="400", sort="distance")
    away = [float(row["距离（公里）"]) for row in near]
    assert away == sorted(away)
    assert max(away) <= 400
    listed = rows(client, standing="上市公司")
    assert 0 < len(listed) <= len(rows(client))
    assert all("上市公司" in row["资质"] for row in listed)
    guangdong = rows(client, source="440000")
    assert guangdong
    assert all(row["所在地"].startswith("广东省") for row in guangdong)
    delta = rows(client, source="长三角")
    assert {row["所在地"][:2] for row in delta} <= {"上海", "江苏", "浙江", "安徽"}
    page = client.get("/targets", params={**ASK, "source": "440000"}).text
    assert f"广东省（{len(guangdong)}）" in page
    assert names(page) == [row["企业"] for row in guangdong][:20]


@pytest.mark.parametrize(("count", "most"), [("10", 10), ("20", 20), ("50", 50), ("all", 10_000)])
def test_the_workbook_holds_as_many_as_asked_for(client: httpx.Client, count: str, most: int) -> None:
    every = rows(client)
    answer = client.get("/targets.xlsx", params={**ASK, "count": count}).raise_for_status()
    assert "targets-330800-lithium-battery" in answer.headers["content-disposition"]
    book = read_workbook(answer.content)
    sheet = book["目标企业"]
    assert sheet.max_row - 1 == min(most, len(every))
    assert sheet.freeze_panes == "E2"
    heads = [cell.value for cell in sheet[1]]
    first = dict(zip(heads, (cell.value for cell in sheet[2]), strict=True))
    assert first["得分"] == pytest.approx(float(every[0]["得分"]))
    assert isinstance(first["得分"], float)
    about = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert about["环节"].endswith(f"（{NODE}）")
    assert about["家数"] == f"符合条件 {len(every)} 家，列出 {min(most, len(every))} 家"


def test_a_file_is_the_same_twice(client: httpx.Client) -> None:
    asked = {**ASK, "count": "10"}
    assert (
        client.get("/targets.xlsx", params=asked).content == client.get("/targets.xlsx", params=asked).content
    )


def test_nothing_fits(client: httpx.Client) -> None:
    page = client.get("/targets", params={**ASK, "q": "没有这样的企业"}).raise_for_status().text
    assert "没有符合这些条件的" in page
    assert "导出前" not in page
    assert rows(client, q="没有这样的企业")[0]["企业"] == ""


@pytest.mark.parametrize(
    "bad",
    [{"within": "abc"}, {"within": "-5"}, {"sort": "x"}, {"page": "0"}, {"q": "x" * 121}, {"within": "1e5"}],
)
def test_bad_filters_are_refused(client: httpx.Client, bad: dict[str, str]) -> None:
    answer = client.get("/targets", params={**ASK, **bad})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


def test_bad_files_are_refused(client: httpx.Client) -> None:
    assert client.get("/targets.csv", params={**ASK, "count": "11"}).status_code == 422
    assert client.get("/targets.pdf", params=ASK).status_code == 422


def test_what_is_typed_is_escaped(client: httpx.Client) -> None:
    evil = '"><script>alert(1)</script>'
    page = client.get("/targets", params={**ASK, "q": evil, "source": evil[:20], "standing": evil[:20]}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
