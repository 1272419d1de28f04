"""The layers of the map page through the API, and the firms of an area, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Serve

API = "/api/v1"
ASKED = {"region": "330800", "chain": "lithium-battery"}
# Around the whole of 衢州, far from its borders.
AROUND = [[117.5, 27.5], [120.0, 27.5], [120.0, 30.0], [117.5, 30.0], [117.5, 27.5]]


def polygon(*corners: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(corners)]}


def test_the_country_has_every_province_and_the_dash_line(serve: Serve) -> None:
    found = serve().client.get(f"{API}/map/country")
    assert found.headers["Content-Type"].startswith("application/geo+json")
    kinds = [one["properties"]["kind"] for one in found.json()["features"]]
    assert kinds.count("province") == 34
    assert kinds.count("dash_line") == 1
    (dashes,) = [one for one in found.json()["features"] if one["id"] == "dash_line"]
    assert len(dashes["geometry"]["coordinates"]) == 10


def test_regions_of_the_whole_country_and_where_their_names_stand(serve: Serve) -> None:
    client = serve().client
    found = client.get(f"{API}/map/regions", params={**ASKED, "region": "100000"}).json()["features"]
    assert len(found) == 34
    zhejiang = next(one for one in found if one["id"] == "330000")
    lon, lat = zhejiang["properties"]["centre"]
    assert 118 < lon < 123
    assert 27 < lat < 31.5


def test_firms_of_a_node_are_some_of_the_firms_of_the_chain(serve: Serve) -> None:
    client = serve().client
    every = client.get(f"{API}/map/firms", params=ASKED).json()["features"]
    some = client.get(f"{API}/map/firms", params={**ASKED, "node": "lithium-battery/cathode"}).json()
    known = {one["id"] for one in every}
    assert known
    assert {one["id"] for one in some["features"]} < known
    listed = client.get(f"{API}/firms", params={**ASKED, "limit": 1000}).json()
    assert known <= {firm["key"] for firm in listed}


def test_an_area_holds_what_lies_in_it(serve: Serve) -> None:
    client = serve().client
    known = {one["id"] for one in client.get(f"{API}/map/firms", params=ASKED).json()["features"]}
    asked = {**ASKED, "polygon": polygon(*AROUND)}
    found = client.post(f"{API}/map/area", json=asked).json()
    assert found["total"] == len(known)
    assert {one["key"] for one in found["firms"]} == known
    assert sum(one["firms"] for one in found["by_node"]) == sum(len(one["nodes"]) for one in found["firms"])
    nowhere = polygon([100, 10], [101, 10], [101, 11], [100, 10])
    assert client.post(f"{API}/map/area", json={**ASKED, "polygon": nowhere}).json()["total"] == 0
    file = client.post(f"{API}/map/area", params={"file": True}, json=asked)
    assert file.headers["Content-Type"].startswith("text/csv")
    assert len(file.content.decode("utf-8-sig").splitlines()) == len(known) + 1


@pytest.mark.parametrize(
    ("area", "said"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "应为 GeoJSON 的 Polygon"),
        ({"type": "Polygon"}, "应为 GeoJSON 的 Polygon"),
        ({"type": "Polygon", "coordinates": []}, "应为 GeoJSON 的 Polygon"),
        ({"type": "Polygon", "coordinates": "abc"}, "数对"),
        ({"type": "Polygon", "coordinates": [5]}, "数对"),
        (polygon([1, 2], [3, 4]), "3 到 1999 个角"),
        (polygon([1, 2], [3], [4, 5], [1, 2]), "数对"),
        (polygon([1, 2], ["x", 3], [4, 5], [1, 2]), "数对"),
        (polygon([181, 2], [3, 4], [5, 5], [181, 2]), "超出经纬度"),
        (polygon([0, 0], [1, 1], [1, 0], [0, 1], [0, 0]), "不能相交"),
        (polygon([0, 0], [1, 1], [2, 2], [0, 0]), "不能相交"),
        (polygon(*[[i % 90, i % 45] for i in range(3000)]), "收到 3000 个坐标"),
    ],
)
def test_what_is_no_area_is_said(serve: Serve, area: dict[str, Any], said: str) -> None:
    answer = serve().client.post(f"{API}/map/area", json={**ASKED, "polygon": area})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_targets_and_zones_are_points_with_their_names(serve: Serve) -> None:
    client = serve().client
    targets = client.get(f"{API}/map/targets", params=ASKED).json()["features"]
    ranks = [one["properties"]["rank"] for one in targets]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    zones = client.get(f"{API}/map/zones", params={"region": "330000"}).json()["features"]
    assert {one["properties"]["kind"] for one in zones}
    assert len(zones) < len(client.get(f"{API}/map/zones", params={"region": "浙江"}).json()["features"]) + 1
    for path in ("firms", "targets"):
        unknown = client.get(f"{API}/map/{path}", params={**ASKED, "node": "lithium-battery/none"})
        assert unknown.status_code == 404
