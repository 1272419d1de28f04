"""Files that a page hands out."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from service.render.list_files import MEDIA_TYPES, ListFile, ListFormat


def download(file: ListFile, kind: ListFormat, name: str) -> Response:
    """Return the list as a download called `name` (Chinese where the browser can, else plain letters)."""
    full = f"{name}.{kind}"
    plain = full.encode("ascii", "ignore").decode().strip("-.") or "list"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full)}"
    headers = {"Content-Disposition": disposition}
    return Response(file.render(kind), media_type=MEDIA_TYPES[kind], headers=headers)
