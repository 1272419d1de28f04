"""Static files under addresses that change with their content, so that a browser need not ask again."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_A_YEAR = "public, max-age=31536000, immutable"


def asset(name: str) -> str:
    """Return the address of a static file such as "app.css", with what marks its present content.

    Raises FileNotFoundError: a template names a file that is not there.
    """
    return f"/static/{name}?v={_mark(name, (STATIC / name).stat().st_mtime_ns)}"


@lru_cache(maxsize=256)
def _mark(name: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


class StaticAssets(StaticFiles):
    """Static files: kept for good where asked for by their mark, asked about again where not."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with how long it may be kept."""
        response = await super().get_response(path, scope)
        marked = parse_qs(scope["query_string"].decode("latin-1")).get("v", [""])[0]
        found = response.status_code < HTTPStatus.BAD_REQUEST
        kept = found and marked and asset(path).endswith(f"={marked}")
        response.headers["Cache-Control"] = _A_YEAR if kept else "no-cache"
        return response
