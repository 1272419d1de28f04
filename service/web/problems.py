"""Errors as `application/problem+json` (RFC 9457) for the API, as a plain page for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from service import errors
from service.web.pages.templates import render_page

logger = logging.getLogger("zhaoshang")

PROBLEMS: dict[type[errors.ServiceError], tuple[int, str]] = {
    errors.ServiceError: (422, "refused"),
    errors.UnknownChain: (404, "unknown-chain"),
    errors.UnknownNode: (404, "unknown-node"),
    errors.UnknownRegion: (404, "unknown-region"),
    errors.UnknownFirm: (404, "unknown-firm"),
    errors.UnknownImport: (404, "unknown-import"),
    errors.InvalidChain: (422, "invalid-chain"),
    errors.CyclicChain: (422, "cyclic-chain"),
    errors.InvalidFirmFile: (422, "invalid-firm-file"),
    errors.InvalidMapping: (422, "invalid-mapping"),
    errors.InvalidQuery: (422, "invalid-query"),
    errors.UploadTooLarge: (413, "upload-too-large"),
    errors.DataMismatch: (500, "data-mismatch"),
    errors.DataDirUnusable: (503, "data-dir-unusable"),
    errors.AddressRefused: (403, "address-refused"),
}

TITLES = {
    400: "请求有误",
    403: "不允许",
    404: "没有找到",
    405: "不支持这种请求方式",
    413: "文件过大",
    422: "输入有误",
    500: "服务出错",
    503: "服务暂不可用",
}


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the application come out in one shape."""

    async def on_service_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.ServiceError)  # noqa: S101 - registered for this class only
        status, slug = PROBLEMS.get(type(error), PROBLEMS[errors.ServiceError])
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("%s %s: %s", request.method, request.url.path, error)
        return problem(request, status, slug, str(error))

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        return problem(request, 422, "invalid-request", _validation_detail(error.errors()))

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        detail = f"{TITLES.get(error.status_code, '出错')}:{request.method} {request.url.path}"
        headers = dict(error.headers or {})
        return problem(request, error.status_code, "http-error", detail, headers)

    async def on_any_error(request: Request, error: Exception) -> Response:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(request, 500, "internal", "服务内部出错,已记入日志;请把操作步骤告诉管理员。")

    app.add_exception_handler(errors.ServiceError, on_service_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_any_error)


def problem(
    request: Request, status: int, slug: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """Return the error as problem+json, or as a page where a browser asked for a page."""
    title = TITLES.get(status, HTTPStatus(status).phrase)
    if not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", ""):
        page = {"status": status, "title": title, "detail": detail}
        return render_page(request, "problem.html", page, status_code=status)
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _validation_detail(found: Sequence[Any]) -> str:
    parts = []
    for entry in found:
        place = ".".join(str(part) for part in entry["loc"] if part not in ("query", "path", "body"))
        value = entry.get("input")
        shown = f"(收到 {str(value)[:60]!r})" if isinstance(value, str | int | float) else ""
        parts.append(f"{place or '请求'}: {entry['msg']}{shown}")
    return ";".join(parts)
