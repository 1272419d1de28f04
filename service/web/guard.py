"""What keeps the service to this machine until accounts exist.

It listens on loopback only; it answers only requests addressed to loopback (so that a foreign page cannot
reach it through a name of its own), and takes changes only from its own pages or from programs.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Awaitable, Callable, Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.base import BaseHTTPMiddleware

from service.errors import AddressRefused
from service.settings import Settings
from service.web.problems import problem
from service.web.uploads import too_large

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?")
# What the other fields of a form and the lines between its parts may add to the file.
_FORM_BYTES = 1 << 20

# Pages carry no inline script; the map is one self-contained file and does.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'"
)
MAP_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "font-src data:; frame-ancestors 'self'"
)


def map_policy(tile_hosts: Sequence[str] = ()) -> str:
    """Return the policy of a map: none but itself, and pictures of these hosts (a base map's tiles)."""
    return MAP_POLICY.replace("img-src data:", " ".join(["img-src data:", *tile_hosts]))


def require_loopback(host: str, port: int) -> None:
    """Check that the service may listen here.

    Raises
    ------
    AddressRefused : `host` is not a loopback address, or the port is in use or not ours to take.
    """
    if not is_loopback(host):
        raise AddressRefused(
            f"拒绝监听 {host}：账号功能完成之前，服务只在本机（127.0.0.1 或 ::1）提供；"
            "要给别的机器用，请先在本机反向代理中加上身份验证。"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # elsewhere the option would let two services share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressRefused(
                f"端口 {host}:{port} 不可用（{error.strerror}）；可用 --port 换一个端口"
            ) from error


def is_loopback(host: str) -> bool:
    """Say whether `host` (a name or an address) means this machine."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def install_guard(app: FastAPI, settings: Settings) -> None:
    """Refuse foreign hosts, foreign changes and what is too large; send the headers that browsers honour."""
    most = settings.max_upload_mb << 20

    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        refusal = _refuse(request)
        if refusal is None and _announced_bytes(request) > most + _FORM_BYTES:
            # Read to its end and kept nowhere: a client that is cut off while it sends sees no answer.
            async for _ in request.stream():
                pass
            refusal = problem(request, 413, "upload-too-large", too_large(settings.max_upload_mb))
        response = refusal or await call_next(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    app.add_middleware(BaseHTTPMiddleware, dispatch=guard)


def _refuse(request: Request) -> Response | None:
    if not is_loopback(_host_name(request)):
        return problem(request, 403, "address-refused", "只接受发往本机地址的请求")
    if request.method not in _SAFE_METHODS and not _from_here(request):
        return problem(request, 403, "address-refused", "只接受本服务页面发出的修改")
    # No name or code holds a NUL, and PostgreSQL takes none in a text.
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        return problem(request, 400, "bad-request", "地址中有不允许的字符（NUL）")
    return None


def _host_name(request: Request) -> str:
    """Return the host that the request is addressed to, empty where the header is none that browsers send."""
    found = _HOST.fullmatch(request.headers.get("host", ""))
    return found["name"] if found else ""


def _announced_bytes(request: Request) -> int:
    text = request.headers.get("content-length", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _from_here(request: Request) -> bool:
    """Browsers name the page that sends; programs (curl, notebooks) name none."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    return origin.partition("://")[2].lower() == request.headers["host"].lower()
