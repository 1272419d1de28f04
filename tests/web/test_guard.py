"""The service answers this machine only."""

from __future__ import annotations

import socket

import httpx
import pytest

from service.errors import AddressRefused
from service.web.guard import is_loopback, require_loopback
from tests.web.conftest import Served

API = "/api/v1"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "192.168.1.10", "10.0.0.1", "8.8.8.8", "example.com", "testserver",
     "localhost.example.com", "127.0.0.1.example.com", "1270.0.0.1", "fe80::1"],
)  # fmt: skip
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(AddressRefused, match="拒绝监听"):
        require_loopback(host, 8000)


def test_a_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressRefused, match=f"端口 127.0.0.1:{port} 不可用.*--port"):
            require_loopback("127.0.0.1", port)
    require_loopback("127.0.0.1", port)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LocalHost", "[::1]", "[::1]:8000"])
def test_local_hosts_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get(f"{API}/chains", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["example.com", "127.0.0.1.example.com", "example.com:8000", "testserver", "192.168.1.2", "[::1",
     "[2001:db8::1]", "localhost@example.com", "example.com@localhost", "localhost:x", "a b"],
)  # fmt: skip
@pytest.mark.parametrize("path", [f"{API}/chains", "/", "/static/app.css"])
def test_foreign_hosts_are_refused(client: httpx.Client, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "衢州" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.com"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://example.com/127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", [f"{API}/imports", "/imports"])
def test_foreign_changes_are_refused(client: httpx.Client, headers: dict[str, str], path: str) -> None:
    answer = client.post(path, headers=headers, files={"file": ("a.csv", b"name\nx\n")})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/address-refused")


def test_changes_from_own_pages_and_programs_pass(served: Served) -> None:
    """They get as far as being told that a file is missing."""
    for headers in (
        {},
        {"Origin": f"http://127.0.0.1:{served.port}"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert served.client.post(f"{API}/imports", headers=headers).status_code == 422


@pytest.mark.parametrize("path", ["/", f"{API}/chains", "/static/app.css", "/nowhere"])
def test_headers_that_browsers_honour(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]


def raw(port: int, request: bytes) -> bytes:
    """Send bytes that no client library would; return the status line."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(request)
        return line.makefile("rb").readline()


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/v1/chains\xff HTTP/1.1",
        b"GET /api/v1/chains?x=\xff HTTP/1.1",
        b"GET /api/v1/regions/%ff%fe HTTP/1.1",
        b"GET /api/v1/firms?q=%00 HTTP/1.1",
        b"GET /api/v1/firms/%00 HTTP/1.1",
        b"GET //example.com/api/v1/chains HTTP/1.1",
        b"GET http://example.com/ HTTP/1.1",
        b"GET /api/v1/chains/..%2f..%2fetc%2fpasswd HTTP/1.1",
        b"GET /static/../../settings.py HTTP/1.1",
        b"GET /static/..%2f..%2fsettings.py HTTP/1.1",
        b"GET * HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"BREW /api/v1/chains HTTP/1.1",
        b"POST /api/v1/imports HTTP/1.1\r\nContent-Length: 99999999999999999999999",
        b"POST /api/v1/imports HTTP/1.1\r\nContent-Length: -1",
    ],
)
def test_what_no_browser_sends_is_no_error_of_ours(served: Served, request_line: bytes) -> None:
    status = raw(served.port, request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status.split()[1][:1] in (b"2", b"4"), status
    assert served.client.get(f"{API}/chains").status_code == 200
