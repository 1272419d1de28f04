"""Errors as `application/problem+json` (RFC 9457) for the API, as a plain page for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from service import errors
from service.complaints import complain

logger = logging.getLogger("zhaoshang")

PROBLEMS: dict[type[errors.ServiceError], tuple[int, str]] = {
    errors.ServiceError: (422, "refused"),
    errors.UnknownChain: (404, "unknown-chain"),
    errors.UnknownNode: (404, "unknown-node"),
    errors.UnknownRegion: (404, "unknown-region"),
    errors.UnknownFirm: (404, "unknown-firm"),
    errors.UnknownImport: (404, "unknown-import"),
    errors.UnknownBrief: (404, "unknown-brief"),
    errors.UnknownBatch: (404, "unknown-batch"),
    errors.UnknownVisit: (404, "unknown-visit"),
    errors.BatchFixed: (409, "batch-fixed"),
    errors.ImportFixed: (409, "import-fixed"),
    errors.InvalidChain: (422, "invalid-chain"),
    errors.CyclicChain: (422, "cyclic-chain"),
    errors.ChainEditRefused: (422, "chain-edit-refused"),
    errors.ChainChanged: (409, "chain-changed"),
    errors.UnknownVersion: (404, "unknown-version"),
    errors.InvalidFirmFile: (422, "invalid-firm-file"),
    errors.InvalidMapping: (422, "invalid-mapping"),
    errors.InvalidSourcePolicy: (422, "invalid-source-policy"),
    errors.InvalidQuery: (422, "invalid-query"),
    errors.UploadTooLarge: (413, "upload-too-large"),
    errors.DataMismatch: (500, "data-mismatch"),
    errors.DataDirUnusable: (503, "data-dir-unusable"),
    errors.AddressRefused: (403, "address-refused"),
    errors.FontMissing: (503, "font-missing"),
    errors.OutputUnwritable: (503, "output-unwritable"),
}

HTTP_SLUGS = {400: "bad-request", 404: "not-found", 405: "method-not-allowed"}
"""What is wrong where the question never reached a route."""

TITLES = {
    400: "请求有误",
    403: "不允许",
    404: "没有找到",
    405: "不支持这种请求方式",
    409: "与现状冲突",
    413: "文件过大",
    422: "输入有误",
    500: "服务出错",
    503: "服务暂不可用",
}


class Problem(BaseModel):
    """What went wrong (RFC 9457); `detail` is written for the user."""

    type: str = Field(examples=["/problems/unknown-region"])
    title: str = Field(examples=["没有找到"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["没有找到行政区划“衢洲”，相近的有：浙江省衢州市(330800)"])
    instance: str = Field(examples=["/api/v1/regions/衢洲"])


def describe_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the entry of these statuses for the published description of routes."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "content": content} for status in statuses}


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the application come out in one shape."""

    async def on_service_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.ServiceError)  # noqa: S101 - registered for this class only
        status, slug = PROBLEMS.get(type(error), PROBLEMS[errors.ServiceError])
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("%s %s: %s", request.method, request.scope["path"], error)
        return problem(request, status, slug, str(error))

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        return problem(request, 422, "invalid-request", _validation_detail(error.errors()))

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        status, headers = error.status_code, dict(error.headers or {})
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_allowed_methods(request, app.routes))
        detail = f"{TITLES.get(status, '出错')}：{request.method} {request.scope['path']}"
        return problem(request, status, HTTP_SLUGS.get(status, "http-error"), detail, headers)

    async def on_any_error(request: Request, error: Exception) -> Response:
        logger.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
        return problem(request, 500, "internal", "服务内部出错，已记入日志；请把操作步骤告诉管理员。")

    app.add_exception_handler(errors.ServiceError, on_service_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_any_error)


def problem(
    request: Request, status: int, slug: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """Return the error as problem+json, or as a page where a browser asked for a page."""
    title = TITLES.get(status, HTTPStatus(status).phrase)
    path = request.scope["path"]
    from service.web.pages.templates import render_page  # here: pages import this module

    if not path.startswith("/api/") and "text/html" in request.headers.get("accept", ""):
        page = {"status": status, "title": title, "detail": detail}
        shown = render_page(request, "problem.html", page, status_code=status)
        shown.headers.update(headers or {})
        return shown
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _validation_detail(found: Sequence[Any]) -> str:
    parts = []
    for entry in found:
        place = ".".join(str(part) for part in entry["loc"] if part not in ("query", "path", "body"))
        value = entry.get("input")
        shown = f"，收到 {str(value)[:60]!r}" if isinstance(value, str | int | float) else ""
        parts.append(f"{place or '请求'}：{complain(entry)}{shown}")
    return "；".join(parts)


def _allowed_methods(request: Request, routes: Sequence[BaseRoute]) -> list[str]:
    """Every method that some route takes at this address; starlette names those of one route only."""
    found = {
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for route in routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return sorted(found | {"HEAD"} if "GET" in found else found)
