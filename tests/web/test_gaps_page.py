"""The pages of gaps and of what-if over HTTP: filters, order, regions beside, the basket, refusals."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import httpx
import pytest

from service.web.pages.basket import get_basket

CHAIN = "lithium-battery"
ASK = {"region": "330800", "chain": CHAIN}
FOIL, SEPARATOR = f"{CHAIN}/copper-foil", f"{CHAIN}/wet-separator"
HTML = {"Accept": "text/html"}


def gaps(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    found = client.get("/api/v1/gaps", params={**ASK, "limit": 1000, **query}).raise_for_status().json()
    return list(found)


def rows(client: httpx.Client, **query: Any) -> list[dict[str, str]]:
    text = client.get("/gaps.csv", params={**ASK, **query}).raise_for_status().content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_list_is_that_of_the_api(client: httpx.Client) -> None:
    found = rows(client)
    assert [row["环节"] for row in found] == [gap["name"] for gap in gaps(client)]
    assert [float(row["优先级"]) for row in found] == [round(gap["priority"], 1) for gap in gaps(client)]


def test_filters_hold_together(client: httpx.Client) -> None:
    every = rows(client)
    least = float(every[len(every) // 2]["优先级"]) + 0.06
    found = rows(client, stage="upstream", kind=["bridge", "extend_upstream"], priority=least)
    assert found == [
        row
        for row in every
        if row["位置"] == "上游" and row["类型"] in ("断点", "延上游") and float(row["优先级"]) > least - 0.05
    ]
    assert 0 < len(found) < len(every)


def test_text_is_looked_for_in_names_and_products(client: httpx.Client) -> None:
    assert [row["环节"] for row in rows(client, q="铜箔")] == ["锂电铜箔"]
    # Full-width letters are the same letters.
    assert rows(client, q="ｐａｃｋ") == rows(client, q="PACK")


@pytest.mark.parametrize(
    ("sort", "column"), [("firms", "有效企业"), ("expected", "应有"), ("nearby", "周边供给")]
)
def test_columns_sort_both_ways(client: httpx.Client, sort: str, column: str) -> None:
    down = [float(row[column]) for row in rows(client, sort=sort)]
    up = [float(row[column]) for row in rows(client, sort=sort, order="asc")]
    assert down == sorted(down, reverse=True)
    assert up == sorted(up)


def test_the_heading_says_how_it_is_sorted(client: httpx.Client) -> None:
    page = client.get("/gaps", params={**ASK, "sort": "name"}).raise_for_status().text
    assert page.count('aria-sort="ascending"') == 1
    assert "sort=name&amp;order=desc" in page
    # The switch to all chains keeps the order.
    assert "scope=all&amp;sort=name&amp;order=asc" in page


def test_all_chains_in_one_list_with_each_node_once(client: httpx.Client) -> None:
    page = client.get("/gaps", params={**ASK, "scope": "all"}).raise_for_status().text
    total = int(re.search(r"<small>(\d+) 个缺、疑缺或弱的环节", page)[1])  # type: ignore[index]
    found = client.get("/api/v1/gaps/stability", params={"region": "330800"}).raise_for_status().json()
    assert total == found["gaps"]
    assert page.count('class="why"') == 100
    last = -(-total // 100)
    end = client.get("/gaps", params={**ASK, "scope": "all", "page": 10_000}).raise_for_status().text
    assert f"第 {last} / {last} 页" in end


def test_the_reasons_of_one_gap(client: httpx.Client) -> None:
    gap = gaps(client)[0]
    part = client.get("/gaps/why", params={**ASK, "node": gap["node"]}).raise_for_status().text
    assert part.count("<tr>") == len(gap["factors"]) + 1
    assert all(factor["reason"] in part for factor in gap["factors"])


def test_regions_beside_show_where_a_node_lacks(client: httpx.Client) -> None:
    found = rows(client, beside=["hangzhou", "宁波"])
    here = {gap["name"] for gap in gaps(client)}
    there = {gap["name"] for gap in gaps(client, region="330100")}
    assert {row["环节"] for row in found if row["衢州市 优先级"]} == here
    assert {row["环节"] for row in found if row["杭州市 优先级"]} == there
    for row in found:
        said = [bool(row[f"{name} 优先级"]) for name in ("衢州市", "杭州市", "宁波市")]
        seen = [row[f"{name} 评级"] != "未观测" for name in ("衢州市", "杭州市", "宁波市")]
        known = {gap for gap, observed in zip(said, seen, strict=True) if observed}
        assert (row["各地不同"] == "是") == (len(known) == 2)
    apart = rows(client, beside="330100,330200", apart="true")
    assert apart == [row for row in found if row["各地不同"] == "是"]


@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("/gaps", {"kind": "hole"}, 422, "kind"),
        ("/gaps", {"sort": "colour"}, 422, "sort"),
        ("/gaps", {"priority": "many"}, 422, "priority"),
        ("/gaps", {"page": "0"}, 422, "page"),
        ("/gaps", {"beside": "330000"}, 422, "不在同一级"),
        ("/gaps", {"beside": "杭州,宁波,温州,金华,台州"}, 422, "最多并排 5 个"),
        ("/gaps", {"beside": "衢洲"}, 404, "相近的有"),
        ("/gaps.csv", {"beside": "衢洲"}, 404, "相近的有"),
        ("/gaps/why", {"node": f"{CHAIN}/nothing"}, 404, "没有环节"),
        ("/whatif", {"add": f"{CHAIN}/nothing"}, 404, "没有环节"),
        ("/whatif", {"add": f"{FOIL}=many"}, 422, "环节编号[=家数]"),
        ("/whatif", {"add": f"{FOIL}=9999"}, 422, "至多假设引进 500 家"),
        ("/whatif", {"firm": "nobody"}, 404, "没有企业"),
        ("/whatif", {"visits": "-1"}, 422, "visits"),
        ("/whatif/portfolio", {"visits": "3", "land": "10", "needs": "甲,x,"}, 200, "应为不小于 0 的数"),
    ],
)
def test_what_is_refused_is_said_on_a_page(
    client: httpx.Client, path: str, query: dict[str, str], status: int, said: str
) -> None:
    answer = client.get(path, params={**ASK, **query}, headers=HTML)
    assert answer.status_code == status
    assert "text/html" in answer.headers["content-type"]
    assert said in answer.text


def test_an_empty_form_filters_nothing(client: httpx.Client) -> None:
    empty = {"q": "", "priority": "", "sort": "priority"}
    assert rows(client, **empty) == rows(client)
    assert client.get("/whatif", params={**ASK, "visits": "", "land": "", "energy": ""}).status_code == 200


def test_nothing_fits_and_nothing_is_observed(client: httpx.Client) -> None:
    none = client.get("/gaps", params={**ASK, "q": "没有这种东西"}).raise_for_status().text
    assert "没有符合条件的缺链" in none
    empty = client.get("/gaps", params={**ASK, "region": "542521"}).raise_for_status().text
    assert "没有可判断的缺链" in empty
    assert "未观测" in empty
    asked = client.get("/whatif", params={**ASK, "region": "542521"}).raise_for_status().text
    assert "已知企业太少" in asked


def test_text_of_the_address_is_escaped(client: httpx.Client) -> None:
    odd = "<script>alert(1)</script>"
    for path, name in (("/gaps", "q"), ("/gaps", "beside"), ("/whatif", "firm"), ("/whatif", "needs")):
        page = client.get(path, params={**ASK, name: odd, "visits": "1"}, headers=HTML).text
        assert odd not in page


def test_the_basket_changes_what_the_api_says(client: httpx.Client) -> None:
    page = client.get("/whatif", params={**ASK, "add": [f"{FOIL}=2", FOIL]}).raise_for_status().text
    body = {**ASK, "add": [{"node": FOIL, "count": 3}]}
    out = client.post("/api/v1/whatif", json=body).raise_for_status().json()["outcome"]
    before, after = (round(out["completeness"][side] * 100) for side in ("before", "after"))
    assert f"{before}% → <b>{after}%</b>" in page
    assert f"补上 {len(out['closed'])} 处缺链" in page
    assert "<b>3</b> 家" in page


def test_a_firm_comes_for_the_node_behind_the_last_at_sign() -> None:
    basket = get_basket(firm=[f"n:甲@乙公司@{FOIL}", "n:丙@丁公司", "n:戊"])
    assert basket.arrivals == {"n:甲@乙公司": FOIL, "n:丙@丁公司": None, "n:戊": None}
    assert dict(basket.pairs()) == {"firm": "n:戊"}
    assert next(value for _, value in basket.pairs()) == f"n:甲@乙公司@{FOIL}"


def test_the_portfolio_in_words(client: httpx.Client) -> None:
    part = client.get("/whatif/portfolio", params={**ASK, "visits": 3}).raise_for_status().text
    found = client.post("/api/v1/portfolio", json={**ASK, "visits": 3}).raise_for_status().json()
    assert all(firm["name"] in part for firm in found["firms"])
    assert "整组放入假设" in part
    limited = client.get("/whatif/portfolio", params={**ASK, "visits": 3, "land": 100}).text
    assert "按补充后的需求再选" in limited
    name = found["firms"][0]["name"]
    known = client.get(
        "/whatif/portfolio", params={**ASK, "visits": 3, "land": 100, "needs": f"{name}，60，"}
    ).text
    assert f"{name}</a>" in known
    assert "用了 60" in known
