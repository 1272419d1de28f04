"""What keeps the service to this machine until accounts exist.

It listens on loopback only; it answers only requests addressed to loopback (so that a foreign page cannot
reach it through a name of its own), and takes changes only from its own pages or from programs.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.base import BaseHTTPMiddleware

from service.errors import AddressRefused
from service.web.problems import problem

_LOCAL_NAMES = {"localhost", "testserver"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

# Pages carry no inline script; the map is one self-contained file and does.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'"
)
MAP_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "font-src data:; frame-ancestors 'self'"
)


def require_loopback(host: str, port: int) -> None:
    """Check that the service may listen here.

    Raises
    ------
    AddressRefused : `host` is not a loopback address, or the port is in use or not ours to take.
    """
    if not is_loopback(host):
        raise AddressRefused(
            f"拒绝监听 {host}:账号功能完成之前,服务只在本机(127.0.0.1 或 ::1)提供;"
            "要给别的机器用,请先在本机反向代理中加上身份验证。"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressRefused(
                f"端口 {host}:{port} 不可用({error.strerror});换一个端口:zhaoshang serve --port {port + 1}"
            ) from error


def is_loopback(host: str) -> bool:
    """Say whether `host` (a name or an address) means this machine."""
    name = host.strip("[]").lower()
    if name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def install_guard(app: FastAPI) -> None:
    """Refuse foreign hosts and foreign changes; send the headers that browsers honour."""

    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if not is_loopback(request.url.hostname or ""):
            return problem(request, 403, "address-refused", "只接受发往本机地址的请求")
        if request.method not in _SAFE_METHODS and not _from_here(request):
            return problem(request, 403, "address-refused", "只接受本服务页面发出的修改")
        response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    app.add_middleware(BaseHTTPMiddleware, dispatch=guard)


def _from_here(request: Request) -> bool:
    """Browsers name the page that sends; programs (curl, notebooks) name none."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    return urlsplit(origin).netloc == request.url.netloc
