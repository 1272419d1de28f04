"""Every error comes out as application/problem+json, whichever of the four handlers made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.web.deps import get_session
from service.web.problems import PROBLEMS, TITLES
from tests.web.conftest import Serve

API = "/api/v1"
BODY = {"type", "title", "status", "detail", "instance"}


def check_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == BODY
    assert (body["type"], body["status"]) == (f"/problems/{slug}", status)
    assert body["title"] == TITLES[status]
    assert body["detail"]
    assert body["instance"] == httpx.URL(str(answer.url)).path
    return body


@pytest.mark.parametrize(
    ("path", "status", "slug", "said"),
    [
        # ServiceError
        ("/chains/no-such", 404, "unknown-chain", "lithium-battery"),
        ("/regions/999999", 404, "unknown-region", "999999"),
        ("/regions/鼓楼区", 404, "unknown-region", "不止一处"),
        ("/firms/n:no-such", 404, "unknown-firm", "no-such"),
        ("/imports/4711", 404, "unknown-import", "4711"),
        ("/targets?region=330800&node=lithium-battery/no-such", 404, "unknown-node", "no-such"),
        ("/targets?region=330800&node=lithium-battery/materials", 422, "invalid-query", "一组环节"),
        ("/targets?region=330800", 422, "invalid-query", "请指定"),
        ("/gaps?region=330800&chain=lithium-battery&level=province", 422, "invalid-query", "province"),
        # validation
        ("/gaps?region=330800", 422, "invalid-request", "chain：没有给出"),
        (
            "/gaps?region=330800&chain=lithium-battery&limit=-1",
            422,
            "invalid-request",
            "limit：应不小于 0，收到 '-1'",
        ),
        ("/gaps?region=330800&chain=x&level=planet", 422, "invalid-request", "planet"),
        ("/regions?q=" + "x" * 61, 422, "invalid-request", "q：至多 60 个字符"),
        ("/imports/x", 422, "invalid-request", "number：应为整数"),
        ("/firms?q={}{0}&limit={x}", 422, "invalid-request", "limit"),
        # HTTPException
        ("/no-such", 404, "not-found", "/api/v1/no-such"),
        ("/chains/../../../etc/passwd", 404, "not-found", "没有找到"),
        ("/chains/..%2F..%2Fetc%2Fpasswd", 404, "not-found", "没有找到"),
        # the guard
        ("/firms?q=%00", 400, "bad-request", "NUL"),
        ("/chains/%00", 400, "bad-request", "NUL"),
    ],
)
def test_problems(client: httpx.Client, path: str, status: int, slug: str, said: str) -> None:
    assert said in check_problem(client.get(API + path), status, slug)["detail"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/chains", "GET, HEAD"), ("/imports", "GET, HEAD, POST"), ("/firms/x/decision", "GET, HEAD, PUT")],
)
def test_405_names_every_method_that_is_allowed(client: httpx.Client, path: str, allowed: str) -> None:
    answer = client.delete(API + path)
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == allowed


def test_an_unexpected_error_leaks_nothing(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    service = serve()

    def broken() -> Iterator[None]:
        raise RuntimeError("secret at /var/lib/secret.db")
        yield

    service.app.dependency_overrides[get_session] = broken
    # After such an error the server drops the connection: the next request must not count on it.
    once = {"Connection": "close"}
    answer = service.client.get(f"{API}/sources", headers=once)
    check_problem(answer, 500, "internal")
    for word in ("secret", "RuntimeError", "Traceback", ".py"):
        assert word not in answer.text
    assert "secret at /var/lib/secret.db" in caplog.text, "the log holds what the answer hides"
    page = service.client.get("/", headers={"Accept": "text/html", **once})
    assert page.status_code == 500
    assert "secret" not in page.text


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_service_error_has_its_status(serve: Serve, kind: type[errors.ServiceError]) -> None:
    service = serve()
    error = kind.__new__(kind)
    Exception.__init__(error, "说给用户的话")

    def refuse() -> Iterator[None]:
        raise error
        yield

    service.app.dependency_overrides[get_session] = refuse
    status, slug = PROBLEMS[kind]
    body = check_problem(service.client.get(f"{API}/sources"), status, slug)
    assert body["detail"]


def test_every_service_error_is_in_the_table() -> None:
    def below(kind: type[errors.ServiceError]) -> Iterator[type[errors.ServiceError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    assert set(PROBLEMS) == {
        kind for kind in below(errors.ServiceError) if kind.__module__ == errors.__name__
    }
    assert {status for status, _ in PROBLEMS.values()} <= set(TITLES)
    slugs = [slug for _, slug in PROBLEMS.values()]
    assert len(slugs) == len(set(slugs))


def test_pages_say_errors_as_a_page(client: httpx.Client) -> None:
    page = client.get("/no-such", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "没有找到" in page.text
    assert client.delete("/imports", headers={"Accept": "text/html"}).headers["Allow"] == "GET, HEAD, POST"


ODD = st.one_of(
    st.text(max_size=70),
    st.text(st.characters(min_codepoint=0x1F000, max_codepoint=0x10FFFF), max_size=20),
    st.sampled_from(
        ["\0", "a\0b", "../../etc/passwd", "鼓楼区", "999999", "330800", "-1", "1e9", "NaN", "' OR 1=1 --",
         "%", "_", "{0}", "${x}", "<script>", "\u202e", "\ufeff", "x" * 10_000, "9" * 400, "浙" * 200]
    ),
)  # fmt: skip
NAMES = ["region", "chain", "node", "level", "limit", "offset", "q", "rating", "all", "download", "page"]
PATHS = [
    "/api/v1/chains", "/api/v1/chains/{}", "/api/v1/regions", "/api/v1/regions/{}",
    "/api/v1/regions/{}/children", "/api/v1/regions/{}/chains", "/api/v1/regions/{}/boundary",
    "/api/v1/firms", "/api/v1/firms/{}", "/api/v1/gaps", "/api/v1/completeness", "/api/v1/targets",
    "/api/v1/map", "/api/v1/map/regions", "/api/v1/imports", "/api/v1/imports/{}",
    "/api/v1/imports/{}/rejects", "/api/v1/import-jobs/{}", "/api/v1/sources",
    "/", "/chain", "/gaps", "/targets", "/map", "/firms", "/firms/{}", "/imports", "/imports/jobs/{}", "/{}",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=8)
@given(part=ODD, query=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=4))
def test_nothing_a_user_sends_is_a_500(
    client: httpx.Client, path: str, part: str, query: dict[str, str]
) -> None:
    url = httpx.URL(path.replace("{}", "_"))
    if "{}" in path:
        encoded = "".join(f"%{byte:02X}" for byte in part.encode("utf-8", "replace"))
        url = httpx.URL(path.replace("{}", encoded))
    answer = client.get(url, params=query)
    assert answer.status_code < 500, (answer.url, answer.text)
