"""总览 and 大屏 by their addresses."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.web.conftest import FIRMS_CSV, Serve

PAGE = {"accept": "text/html"}


def rows_of(page: str) -> list[str]:
    body = page.split('id="chain-table"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]+)</a>', body)


def test_the_table_is_sorted_as_the_address_says(client: httpx.Client) -> None:
    down = client.get("/?region=330800", headers=PAGE).text
    up = client.get("/?region=330800&sort=completeness&order=asc", headers=PAGE).text
    assert len(rows_of(down)) == len(set(rows_of(down))) == 31
    assert rows_of(down) != rows_of(up)
    shares = [int(share) for share in re.findall(r"</span> (\d+)%</td>", down)]
    assert shares == sorted(shares, reverse=True)
    assert 'class="s-completeness" aria-sort="descending"' in down
    assert 'class="s-completeness" aria-sort="ascending"' in up


@pytest.mark.parametrize("query", ["sort=x", "order=up", "region=999999", "chain=x"])
def test_a_wrong_address_says_what_is_wrong(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/?{query}", headers=PAGE)
    assert answer.status_code in (404, 422)
    assert "<h1>" in answer.text


@pytest.mark.parametrize("query", ["seconds=1", "seconds=x", "reload=1", "theme=pink", "region=999999"])
def test_a_wrong_wall_says_what_is_wrong(client: httpx.Client, query: str) -> None:
    assert client.get(f"/wall?{query}", headers=PAGE).status_code in (404, 422)


def test_the_first_data_says_that_nothing_is_before_it(client: httpx.Client) -> None:
    page = client.get("/?region=330800", headers=PAGE).text
    assert "这是第一份数据" in page
    assert "未注明数据日期" in page
    assert "选择性名录" in page


@pytest.mark.parametrize("region", ["330800", "330000", "330825", "310000", "542521"])
def test_the_wall_has_its_six_scenes_everywhere(client: httpx.Client, region: str) -> None:
    page = client.get(f"/wall/scenes?region={region}").text
    scenes = re.findall(r'data-scene="(\w+)"', page)
    assert scenes == ["overview", "chains", "map", "gaps", "targets", "changes"]
    assert re.search(rf'data-stamp="[^"]+-{region}"', page)
    assert "None" not in re.sub(r"<[^>]+>", " ", page)


def test_after_an_import_the_page_tells_what_changed(serve: Serve) -> None:
    served = serve()
    before = served.client.get("/wall/scenes?region=330800").text
    sent = served.client.post(
        "/api/v1/imports",
        files={"file": ("名单.csv", FIRMS_CSV.encode(), "text/csv")},
        data={"complete_for": "330800"},
    )
    assert sent.status_code == 202, sent.text
    job = served.wait_for_job(sent.headers["location"])
    assert job["state"] == "done", job
    page = served.client.get("/?region=330800", headers=PAGE).text.split('id="changes"')[1]
    assert "衢州测试隔膜有限公司、衢州测试正极有限公司" in page
    assert "（+2）" in page
    assert "疑缺" in page
    assert 'aria-label="变为"' in page
    after = served.client.get("/wall/scenes?region=330800").text
    stamps = [re.findall(r'data-stamp="([^"]+)"', one) for one in (before, after)]
    assert stamps[0] != stamps[1]
