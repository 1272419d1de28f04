"""JSON bodies that are refused before they are parsed where they are too large."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.errors import UploadTooLarge

MAX_BODY_BYTES = 1 << 20


class BoundedRoute(APIRoute):
    """A route whose body may have 1 MB; UploadTooLarge beyond."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, behind a reader that counts."""
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            body = await _read(request)

            async def replay() -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handle(Request(request.scope, replay))

        return bounded


async def _read(request: Request) -> bytes:
    """Return the whole body. It is read to its end in any case: a client that is cut off sees no answer."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BODY_BYTES:
            parts.append(part)
    if size > MAX_BODY_BYTES:
        raise UploadTooLarge(f"请求正文不能超过 {MAX_BODY_BYTES >> 20} MB，收到 {size} 字节")
    return b"".join(parts)
