"""Every route of the API answers with the shape that is documented."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import shapely
from shapely.geometry import shape

API = "/api/v1"
ASK = {"region": "330800", "chain": "lithium-battery"}

GAP = {
    "node", "name", "stage", "rating", "basis", "kind", "priority", "effective_firms", "expected",
    "intensity", "shortfall", "nearby_supply", "factors", "data_version", "rank_stability", "confidence",
}  # fmt: skip
FACTOR = {"name", "value", "weight", "contribution", "reason"}
TARGET = {
    "firm", "uscc", "name", "adcode", "score", "factors", "obstacles", "sources", "ties", "region", "node",
    "rank", "among",
}  # fmt: skip
CHAIN = {"id", "name", "version", "date", "summary", "nodes", "edges", "terms"}
REGION = {"adcode", "name", "short_name", "full_name", "level", "parent", "pinyin", "lon", "lat"}
FIRM = {
    "key", "uscc", "name", "short_name", "stock_code", "adcode", "address", "scope", "products",
    "capital_cny", "revenue_cny", "employees", "founded", "standing", "lon", "lat", "website", "as_of",
    "links", "sources",
}  # fmt: skip
SUMMARY = {"chain", "region", "completeness", "by_stage", "leaves", "basis", "data_version"}
SOURCE = {"key", "title", "covers", "complete_for", "licence", "as_of", "imported_at"}
LISTS = [
    ("/chains", {}),
    ("/regions", {}),
    ("/regions", {"q": "州"}),
    ("/regions/330000/children", {}),
    ("/regions/330800/chains", {}),
    ("/firms", {"node": "lithium-battery/power-cell"}),
    ("/gaps", ASK),
    ("/gaps", {**ASK, "all": "true"}),
    ("/targets", ASK),
    ("/imports", {}),
    ("/sources", {}),
]


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    return client.get(API + path, params=query).raise_for_status().json()


def test_chains(client: httpx.Client) -> None:
    chains = get(client, "/chains")
    assert all(set(chain) == CHAIN for chain in chains)
    assert "lithium-battery" in [chain["id"] for chain in chains]
    chain = get(client, "/chains/lithium-battery")
    assert set(chain) == {"id", "name", "version", "date", "summary", "sources", "nodes", "edges"}
    ids = {node["id"] for node in chain["nodes"]}
    assert {node["parent"] for node in chain["nodes"]} <= ids | {None}
    assert all({edge["supplier"], edge["customer"]} <= ids for edge in chain["edges"])


def test_regions(client: httpx.Client) -> None:
    assert len(get(client, "/regions")) == 34  # provinces, with 香港、澳门、台湾
    assert get(client, "/regions", q="qz", level="city")[0]["level"] == "city"
    region = get(client, "/regions/衢州")
    assert set(region) == REGION
    assert (region["adcode"], region["full_name"], region["level"]) == ("330800", "浙江省衢州市", "city")
    # 柯城、衢江、常山、开化、龙游、江山
    children = {"330802", "330803", "330822", "330824", "330825", "330881"}
    assert {child["adcode"] for child in get(client, "/regions/330800/children")} == children
    assert all(set(summary) == SUMMARY for summary in get(client, "/regions/330800/chains"))


def test_gap(client: httpx.Client) -> None:
    gaps = get(client, "/gaps", **ASK)
    assert gaps
    for gap in gaps:
        assert set(gap) == GAP
        assert set(gap["intensity"]) == {"mean", "low", "high"}
        assert gap["rating"] in ("missing", "suspected", "weak")
        assert all(set(factor) == FACTOR for factor in gap["factors"])
        assert gap["priority"] == pytest.approx(sum(one["contribution"] for one in gap["factors"]))
    assert [gap["priority"] for gap in gaps] == sorted((gap["priority"] for gap in gaps), reverse=True)


def test_gaps_of_some_ratings_and_all_nodes(client: httpx.Client) -> None:
    every = get(client, "/gaps", **ASK, all="true")
    assert [gap["node"] for gap in every] == [
        node["id"] for node in get(client, "/chains/lithium-battery")["nodes"]
    ]
    assert all(set(gap) == GAP for gap in every)
    strong = get(client, "/gaps", **ASK, all="true", rating=["strong", "balanced"])
    assert strong == [gap for gap in every if gap["rating"] in ("strong", "balanced")]
    assert [gap for gap in get(client, "/gaps", **ASK) if gap["rating"] == "weak"] == get(
        client, "/gaps", **ASK, rating="weak"
    )


def test_targets(client: httpx.Client) -> None:
    answer = client.get(f"{API}/targets", params=ASK).raise_for_status()
    assert answer.headers["X-Node"] == get(client, "/gaps", **ASK)[0]["node"]
    for target in answer.json():
        assert set(target) == TARGET
        assert target["factors"]
        assert target["sources"]
        assert all(set(factor) == FACTOR | {"source", "as_of"} for factor in target["factors"])
        assert all(set(obstacle) == {"name", "hard", "reason"} for obstacle in target["obstacles"])
        assert all(set(source) == {"title", "as_of"} for source in target["sources"])
        assert not (target["adcode"] or "").startswith("3308"), "a target stands outside the region"
    assert answer.json() == get(client, "/targets", region="衢州", node=answer.headers["X-Node"])


@pytest.mark.parametrize("path", ["/gaps", "/targets"])
def test_weights_are_stated(client: httpx.Client, path: str) -> None:
    answer = client.get(API + path, params=ASK)
    assert answer.headers["X-Weights-Version"]
    assert answer.headers["X-Weights-Fitted"] in ("true", "false")


def test_completeness(client: httpx.Client) -> None:
    summary = get(client, "/completeness", **ASK)
    assert set(summary) == SUMMARY
    assert summary in get(client, "/regions/330800/chains")


def test_firms(client: httpx.Client) -> None:
    firms = get(client, "/firms", region="330800", limit=5)
    assert len(firms) == 5
    for firm in firms:
        assert set(firm) == FIRM
        assert firm["adcode"].startswith("3308")
        assert all(
            set(link) == {"node", "confidence", "confirmed", "state", "evidence"} for link in firm["links"]
        )
        assert all(set(source) == SOURCE for source in firm["sources"])
    one = client.get(f"{API}/firms/{firms[0]['key']}").raise_for_status().json()
    assert one == firms[0]
    found = get(client, "/firms", q="300750")
    assert [firm["name"] for firm in found] == ["宁德时代新能源科技股份有限公司"]


def test_sources(client: httpx.Client) -> None:
    (seed,) = get(client, "/sources")
    assert set(seed) == SOURCE
    assert seed["complete_for"] == []  # the shipped list is selective


@pytest.mark.parametrize(("path", "query"), LISTS)
def test_paging(client: httpx.Client, path: str, query: dict[str, str]) -> None:
    whole = client.get(API + path, params=query).raise_for_status()
    total = int(whole.headers["X-Total-Count"])
    assert len(whole.json()) == min(total, 200)
    none = client.get(API + path, params={**query, "limit": 0}).raise_for_status()
    assert (none.json(), int(none.headers["X-Total-Count"])) == ([], total)
    part = client.get(API + path, params={**query, "limit": 2, "offset": 1}).raise_for_status()
    assert part.json() == whole.json()[1:3]
    beyond = client.get(API + path, params={**query, "offset": total}).raise_for_status()
    assert beyond.json() == []
    for wrong in ({"limit": 1001}, {"limit": -1}, {"offset": -1}, {"limit": "x"}):
        assert client.get(API + path, params={**query, **wrong}).status_code == 422


TAGGED = [
    ("/chains", {}),
    ("/chains/lithium-battery", {}),
    ("/firms", {"region": "330800"}),
    ("/gaps", ASK),
    ("/completeness", ASK),
    ("/targets", ASK),
    ("/map", ASK),
    ("/map/regions", ASK),
    ("/regions/330800/chains", {}),
]


@pytest.mark.parametrize(("path", "query"), TAGGED)
def test_etag(client: httpx.Client, path: str, query: dict[str, str]) -> None:
    etag = client.get(API + path, params=query).raise_for_status().headers["ETag"]
    for known in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        again = client.get(API + path, params=query, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    other = client.get(API + path, params=query, headers={"If-None-Match": '"0"'})
    assert other.status_code == 200
    assert other.content


def test_gzip(client: httpx.Client) -> None:
    packed = client.get(f"{API}/gaps", params=ASK, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = client.get(f"{API}/gaps", params=ASK, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


@pytest.mark.parametrize(
    "path", ["/api/v1/chains", "/api/v1/map?region=330800&chain=lithium-battery", "/gaps"]
)
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]


def test_boundary_is_geojson(client: httpx.Client) -> None:
    answer = client.get(f"{API}/regions/330800/boundary").raise_for_status()
    assert answer.headers["Content-Type"] == "application/geo+json"
    feature = answer.json()
    assert (feature["type"], feature["id"]) == ("Feature", "330800")
    assert set(feature["properties"]) == REGION
    check_geometry(feature["geometry"])
    # The city itself lies at about 118.87 E, 28.97 N.
    outline = shape(feature["geometry"])
    assert outline.contains(shapely.Point(118.86, 28.97))


def test_layer_is_geojson(client: httpx.Client) -> None:
    answer = client.get(f"{API}/map/regions", params=ASK).raise_for_status()
    assert answer.headers["Content-Type"] == "application/geo+json"
    layer = json.loads(answer.text, parse_constant=pytest.fail)
    assert layer["type"] == "FeatureCollection"
    assert len(layer["features"]) == 6
    for feature in layer["features"]:
        assert set(feature["properties"]) == {"adcode", "name", "completeness", "centre"}
        check_geometry(feature["geometry"])


def check_geometry(geometry: Any) -> None:
    found = shape(geometry)
    assert found.geom_type in ("Polygon", "MultiPolygon")
    assert found.is_valid
    west, south, east, north = found.bounds
    assert 73 < west < east < 136
    assert 3 < south < north < 54


def test_map_is_one_file_for_download(client: httpx.Client) -> None:
    answer = client.get(f"{API}/map", params={**ASK, "download": "true"}).raise_for_status()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="map-330800-lithium-battery.html"'
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
