"""The page of one firm and its parts; the list of local firms and its files."""

from __future__ import annotations

import csv
import io
import json

import httpx
import pytest

from tests.web.conftest import Serve, Served

CATL = "n:宁德时代新能源科技股份有限公司"
ASK = {"region": "330800", "chain": "lithium-battery"}
HX = {"HX-Request": "true"}
GROUP = """企业名称,注册地址,注册资本,成立日期,主营产品
测试隔膜股份有限公司,上海市浦东新区,5000万元,2010-01-01,湿法隔膜
测试隔膜股份有限公司杭州分公司,浙江省杭州市余杭区,,2019-05-01,
测试隔膜股份有限公司衢州分公司,浙江省衢州市柯城区,,2021-05-01,
甲隔膜有限公司,江苏省常州市武进区,9000万元,2012-01-01,湿法隔膜
乙隔膜有限公司,江苏省常州市武进区,1000万元,2016-01-01,湿法隔膜
"""


def part(client: httpx.Client, name: str, key: str = CATL, **asked: str) -> str:
    answer = client.get(f"/firms/{key}/{name}", params={**ASK, **asked}, headers=HX).raise_for_status()
    assert "<html" not in answer.text
    return answer.text


def with_group(serve: Serve) -> Served:
    service = serve()
    files = {"file": ("group.csv", GROUP.encode())}
    answer = service.client.post("/api/v1/imports", files=files, data={"source": "group"})
    assert service.wait_for_job(answer.raise_for_status().headers["Location"])["state"] == "done"
    return service


def test_the_group_of_a_firm_and_of_its_branch(serve: Serve) -> None:
    client = with_group(serve).client
    text = part(client, "relations", "n:测试隔膜股份有限公司")
    # The branch in Quzhou itself is nearer than the one in Hangzhou.
    assert text.index("衢州分公司</a>") < text.index("杭州分公司</a>")
    places = json.loads(text.split('data-places="')[1].split('"')[0].replace("&#34;", '"'))
    assert [place["role"] for place in places] == ["本企业", "分支机构", "分支机构"]
    branch = part(client, "relations", "n:测试隔膜股份有限公司杭州分公司")
    assert "母公司" in branch
    assert "同一母公司的分支机构" in branch
    alone = part(client, "relations", "n:甲隔膜有限公司")
    assert "没有名称上属于它的分支机构" in alone


def test_size_among_the_firms_of_its_node(serve: Serve) -> None:
    client = with_group(serve).client
    node = "lithium-battery/wet-separator"
    known = client.get("/api/v1/firms", params={"node": node, "limit": 1000}).json()
    sizes = [one["capital_cny"] for one in known if one["capital_cny"] is not None]
    better = 1 + sum(size > 5e7 for size in sizes)
    text = part(client, "roles", "n:测试隔膜股份有限公司")
    assert f"注册资本在 {len(sizes)} 家有此数据的同环节企业中排第 <b>{better}</b>" in text
    assert f"同环节共知 {len(known)} 家" in text


def test_what_a_firm_is_to_the_region(client: httpx.Client) -> None:
    text = part(client, "roles")
    ranked = client.get(
        "/api/v1/targets", params={"region": "330800", "node": "lithium-battery/power-cell", "limit": 1000}
    ).json()
    place = next(one for one in ranked if one["firm"] == CATL)
    assert f"第 {place['rank']} / {place['among']} 名" in text
    assert "可能的供应商" in text
    assert "有待核实" in text


def test_where_else_it_would_fit(client: httpx.Client) -> None:
    text = part(client, "elsewhere", node="lithium-battery/power-cell")
    asked = {"node": "lithium-battery/power-cell", "firm": CATL, "limit": 10}
    ranked = client.get("/api/v1/rank", params=asked).raise_for_status().json()
    assert len(ranked) == 10
    assert all(f"{one['rank']}. {one['name']}" in text for one in ranked)


def test_without_scripts_a_part_is_a_page_of_its_own(client: httpx.Client) -> None:
    page = client.get(f"/firms/{CATL}/relations", params=ASK).raise_for_status().text
    assert "<html" in page
    assert "宁德时代" in page
    whole = client.get(f"/firms/{CATL}", params=ASK).raise_for_status().text
    for name in ("relations", "roles", "elsewhere"):
        assert f'id="{name}"' in whole


def test_a_firm_on_the_list_says_so_and_can_be_put_there(serve: Serve) -> None:
    client = serve().client
    page = client.get(f"/firms/{CATL}", params=ASK).text
    assert "列入衢州拜访清单" in page
    node = "lithium-battery/power-cell"
    back = f"/firms/{CATL}?region=330800"
    done = client.post("/visits", params=ASK, data={"one": CATL, "node": node, "back": back})
    assert done.status_code == 303
    page = client.get(f"/firms/{CATL}", params=ASK).text
    assert "动力电池，待访" in page
    assert f'<option value="{node}"' not in page.split("集团与网点")[0]


def test_the_outline_shows_the_whole_country(client: httpx.Client) -> None:
    found = client.get("/outlines/country.json").raise_for_status().json()
    names = {feature["properties"]["name"] for feature in found["features"]}
    assert {"台湾省", "海南省", "南海断续线"} <= names
    assert len(names) == 35


@pytest.mark.parametrize("path", ["", "/relations", "/roles", "/elsewhere"])
def test_an_unknown_firm(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/firms/n:no-such{path}", params=ASK)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-firm")


def firms(client: httpx.Client, **asked: str) -> list[dict[str, str]]:
    answer = client.get("/firms.csv", params={**ASK, **asked}).raise_for_status()
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_local_firms_filtered_and_ordered(serve: Serve) -> None:
    client = with_group(serve).client
    shanghai = {"region": "310000", "q": "测试隔膜", "every": "true"}
    assert [row["企业"] for row in firms(client, **shanghai)] == ["测试隔膜股份有限公司"]
    jiangsu = {"region": "320000", "node": "lithium-battery/wet-separator"}
    by_capital = firms(client, **jiangsu, sort="capital")
    sizes = [float(row["注册资本（元）"]) for row in by_capital if row["注册资本（元）"]]
    assert sizes[:2] == sorted(sizes, reverse=True)[:2]
    assert {9e7, 1e7} <= set(sizes)
    since = firms(client, **jiangsu, since="2015")
    assert {row["成立日期"][:4] for row in since} == {"2016"}
    listed = firms(client, every="true", standing="listed")
    assert listed
    assert all("上市公司" in row["资质"] or row["股票代码"] for row in listed)
    assert firms(client, standing="单项冠%") == [dict.fromkeys(by_capital[0], "")]
    page = client.get("/firms", params={**ASK, "page": 99}).raise_for_status().text
    assert "没有第 99 页" in page
    assert client.get("/firms", params={**ASK, "since": "99"}).status_code == 422
