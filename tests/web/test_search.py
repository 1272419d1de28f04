"""Quick search by its address: the API, the suggestions, the page."""

from __future__ import annotations

import httpx
import pytest

FOIL = "lithium-battery/copper-foil"


def test_the_api_gives_hits_best_first(client: httpx.Client) -> None:
    answer = client.get("/api/v1/search", params={"q": "tongbo", "region": "330800"})
    assert answer.status_code == 200
    first = answer.json()[0]
    assert (first["kind"], first["key"], first["title"]) == ("node", FOIL, "锂电铜箔")
    assert answer.headers["etag"]
    again = client.get(
        "/api/v1/search",
        params={"q": "tongbo", "region": "330800"},
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"q": "x" * 61}, 422),
        ({"q": "铜箔", "limit": "0"}, 422),
        ({"q": "铜箔", "limit": "x"}, 422),
        ({"q": "铜箔", "region": "999999"}, 404),
        ({"q": ""}, 200),
        ({"q": "%_'\"\\"}, 200),
        ({"q": "铜箔", "region": ""}, 200),
    ],
)
def test_bad_input_is_a_problem_and_odd_input_is_none(
    client: httpx.Client, query: dict[str, str], status: int
) -> None:
    answer = client.get("/api/v1/search", params=query)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def test_suggestions_open_the_pages_of_what_they_name(client: httpx.Client) -> None:
    page = client.get(
        "/search/suggest", params={"q": "锂电铜箔", "region": "330800", "chain": "photovoltaics"}
    )
    assert page.status_code == 200
    address = "/chain?region=330800&amp;chain=lithium-battery&amp;node=lithium-battery%2Fcopper-foil"
    assert f'href="{address}"' in page.text
    assert "<mark>锂电铜箔</mark>" in page.text
    firm = client.get("/search/suggest", params={"q": "仙鹤股份有限公司", "region": "330800"}).text
    opened = firm.split('href="/firms/')[1].split('"')[0].replace("&amp;", "&")
    assert "仙鹤股份有限公司" in client.get(f"/firms/{opened}", headers={"accept": "text/html"}).text


@pytest.mark.parametrize("path", ["/search", "/search/suggest"])
def test_what_is_typed_is_never_markup(client: httpx.Client, path: str) -> None:
    page = client.get(path, params={"q": '<img src=x onerror="alert(1)">'}, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<img" not in page.text
    assert "&lt;img" in page.text


def test_a_long_paste_is_cut_and_not_refused(client: httpx.Client) -> None:
    assert client.get("/search/suggest", params={"q": "铜" * 1500}).status_code == 200


def test_every_page_has_the_box(client: httpx.Client) -> None:
    for path in ("/", "/gaps", "/firms", "/imports"):
        page = client.get(path, headers={"accept": "text/html"}).text
        assert page.count('id="quick-q"') == 1, path
