"""The visit list over HTTP: the API, the forms of the pages with and without scripts, and its files."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from tests.web.conftest import Serve, Served
from tests.workbooks import read_workbook

API = "/api/v1/visits"
NODE = "lithium-battery/wet-separator"
ASK = {"region": "330800", "chain": "lithium-battery"}


def targets(client: httpx.Client, node: str = NODE) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/targets", params={"region": "330800", "node": node, "limit": 8})
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return found


def add(client: httpx.Client, *firms: str, node: str = NODE, region: str = "330800") -> httpx.Response:
    return client.post(API, json={"region": region, "node": node, "firms": list(firms)})


def listed(client: httpx.Client, **asked: str) -> list[dict[str, Any]]:
    answer = client.get(API, params=asked).raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    assert int(answer.headers["X-Total-Count"]) == len(found)
    return found


def test_adding_changing_and_taking_off(database_url: str, serve: Serve) -> None:
    client = serve(database_url=database_url).client
    first, second = targets(client)[:2]
    assert add(client, first["firm"], second["firm"]).json() == {
        "added": [first["firm"], second["firm"]],
        "already": 0,
    }
    assert add(client, first["firm"]).json() == {"added": [], "already": 1}
    one, two = listed(client, region="衢州")
    assert (one["firm"], one["rank"], one["score"]) == (first["firm"], 1, first["score"])
    assert (two["rank"], two["among"]) == (2, first["among"])
    assert (one["state"], one["note"], one["known"]) == ("waiting", "", True)
    assert one["node_name"] == "湿法隔膜"
    version = client.get("/api/v1/gaps", params=ASK).json()[0]["data_version"]
    assert one["data_version"] == version
    changed = client.patch(f"{API}/{one['id']}", json={"state": "visited", "note": " 已约 "})
    assert changed.raise_for_status().json()["note"] == "已约"
    assert listed(client, state="visited")[0]["id"] == one["id"]
    assert listed(client, state="dropped") == []
    assert listed(client, region="330100") == []
    assert client.delete(f"{API}/{one['id']}").status_code == 204
    assert [entry["id"] for entry in listed(client)] == [two["id"]]
    gone = client.delete(f"{API}/{one['id']}")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/unknown-visit")
    assert str(one["id"]) in gone.json()["detail"]


def test_a_local_firm_has_no_rank(serve: Serve) -> None:
    client = serve().client
    (local,) = client.get("/api/v1/firms", params={"region": "330800", "limit": 1}).json()
    add(client, local["key"]).raise_for_status()
    (entry,) = listed(client)
    assert (entry["rank"], entry["among"], entry["score"], entry["firm"]) == (None, None, None, local["key"])


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"region": "330800", "node": NODE, "firms": []}, 422, "invalid-request"),
        ({"region": "330800", "node": NODE, "firms": ["n:无此企业"]}, 404, "unknown-firm"),
        ({"region": "999999", "node": NODE, "firms": ["n:x"]}, 404, "unknown-region"),
        ({"region": "330800", "node": "lithium-battery/nope", "firms": ["n:x"]}, 404, "unknown-node"),
        ({"region": "330800", "node": "lithium-battery/materials", "firms": ["n:x"]}, 422, "invalid-query"),
        ({"region": "330800", "node": NODE, "firms": ["a\0"]}, 422, "invalid-request"),
        ({"region": "330800", "node": NODE}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_added(client: httpx.Client, body: dict[str, Any], status: int, slug: str) -> None:
    answer = client.post(API, json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert listed(client) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 422), ({"state": "maybe"}, 422), ({"note": "x" * 1001}, 422), ({"note": "x"}, 404)],
)
def test_what_cannot_be_changed(client: httpx.Client, change: dict[str, str], status: int) -> None:
    assert client.patch(f"{API}/77", json=change).status_code == status


def test_the_forms_of_the_pages_without_scripts(serve: Serve) -> None:
    client = serve().client
    first, second, third = (one["firm"] for one in targets(client)[:3])
    back = f"/targets?region=330800&chain=lithium-battery&node={NODE}"
    form = {"node": NODE, "back": back, "firm": [first, second]}
    done = client.post("/visits", params=ASK, data=form)
    assert (done.status_code, done.headers["location"]) == (303, back)
    # The button of one firm means that firm alone, whatever is ticked.
    done = client.post("/visits", params=ASK, data={**form, "one": third, "firm": [second]})
    assert done.status_code == 303
    assert [entry["firm"] for entry in listed(client)] == [first, second, third]
    nobody = client.post(
        "/visits", params=ASK, data={"node": NODE, "back": back}, headers={"accept": "text/html"}
    )
    assert nobody.status_code == 422
    assert "没有选择企业" in nobody.text
    number = listed(client)[0]["id"]
    saved = client.post(f"/visits/{number}", params=ASK, data={"state": "dropped", "note": "<b>不合适</b>"})
    assert saved.status_code == 303
    page = client.get("/visits", params=ASK).text
    assert "&lt;b&gt;不合适&lt;/b&gt;" in page
    assert "<b>不合适</b>" not in page
    assert "待访 2" in page
    client.post(f"/visits/{number}", params=ASK, data={"remove": "true"})
    assert [entry["firm"] for entry in listed(client)] == [second, third]


@pytest.mark.parametrize(
    "back",
    ["https://example.org/", "//example.org/", "/visits\r\nX: y", "/api/v1/map", "/firms/../x", "\\\\x"],
)
def test_a_form_sends_nobody_elsewhere(serve: Serve, back: str) -> None:
    client = serve().client
    firm = targets(client)[0]["firm"]
    done = client.post("/visits", params=ASK, data={"node": NODE, "firm": firm, "back": back})
    assert done.headers["location"] == "/visits?region=330800&chain=lithium-battery"


def test_with_scripts_only_the_mark_comes_back(serve: Serve) -> None:
    client = serve().client
    firm = targets(client)[0]["firm"]
    hx = {"HX-Request": "true"}
    mark = client.post("/visits", params=ASK, data={"node": NODE, "one": firm}, headers=hx)
    assert (mark.status_code, "已列入拜访" in mark.text, "<html" in mark.text) == (200, True, False)
    number = listed(client)[0]["id"]
    assert f"#visit-{number}" in mark.text
    saved = client.post(f"/visits/{number}", params=ASK, data={"state": "visited", "note": ""}, headers=hx)
    assert "已保存" in saved.text
    assert "已访 1" in saved.text


def with_three_cities(service: Served) -> None:
    firms = (
        "企业名称,注册地址,主营产品\n=cmd()上海测试隔膜有限公司,上海市浦东新区,湿法隔膜\n"
        "杭州测试隔膜有限公司,浙江省杭州市余杭区,湿法隔膜\n无处测试隔膜有限公司,,湿法隔膜\n"
    )
    files = {"file": ("three.csv", firms.encode())}
    answer = service.client.post("/api/v1/imports", files=files, data={"source": "three"})
    assert service.wait_for_job(answer.raise_for_status().headers["Location"])["state"] == "done"


def test_the_trip_and_its_files(serve: Serve) -> None:
    service = serve()
    client = service.client
    with_three_cities(service)
    found = client.get("/api/v1/firms", params={"q": "测试隔膜"}).json()
    add(client, *(one["key"] for one in found)).raise_for_status()
    page = client.get("/visits", params=ASK).raise_for_status().text
    # From Quzhou the round takes in Hangzhou and Shanghai in one of the two directions.
    first, second, last = page.index("第 1 站"), page.index("第 2 站"), page.index("第 3 站")
    assert page.index("所在地未知") > last
    assert {("杭州" in page[first:second]), ("上海" in page[first:second])} == {True, False}
    book = read_workbook(client.get("/visits.xlsx", params=ASK).content)
    sheet = book["拜访清单"]
    heads = [cell.value for cell in sheet[1]]
    rows = [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [row["站"] for row in rows] == [1, 2, 3]
    name = next(row["企业"] for row in rows if "上海" in row["企业"])
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == name)
    assert (cell.data_type, sheet.freeze_panes) == ("s", "F2")
    assert all(isinstance(row["距本地（公里）"], int | float) for row in rows[:2])
    text = client.get("/visits.csv", params=ASK).content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 3
    assert not any(line["企业"].startswith("=") for line in lines)
    empty = client.get("/visits.csv", params={**ASK, "state": "dropped"}).content.decode("utf-8-sig")
    assert empty.splitlines()[0].startswith("序号,站,城市")


def test_an_empty_list_says_what_to_do(client: httpx.Client) -> None:
    page = client.get("/visits", params={"region": "542521"}).raise_for_status().text
    assert "还是空的" in page
    assert "/targets?" in page
    assert client.get("/visits", params={"state": "maybe"}).status_code == 422
