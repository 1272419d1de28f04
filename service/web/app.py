"""The application: made by a factory from its settings."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from service import __version__
from service.brief_shelf import Shelf
from service.chain_following import ChainFollower
from service.settings import Settings
from service.warming import Warmer
from service.web import api, pages
from service.web.assets import STATIC, StaticAssets
from service.web.brief_desk import BriefDesk
from service.web.deps import NotModified, current_workspace
from service.web.guard import install_guard
from service.web.jobs import Jobs
from service.web.problems import Problem, install_problem_handlers
from service.workspace import open_workspace

_DESCRIPTION = (
    "产业链招商地图的接口：产业链、地区、企业、缺链、目标企业、地图、导入。"
    "Errors are application/problem+json (RFC 9457); lists carry X-Total-Count; answers that rest on the "
    "data carry an ETag made of the data's version."
)


def create_app(settings: Settings, *, warm: bool = False) -> FastAPI:
    """Return the application; its database and data are opened when it starts and closed when it stops.

    `warm`: what every page needs is worked out behind the requests, after the start and each change of data.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        manager = open_workspace(settings)
        app.state.workspace = await run_in_threadpool(manager.__enter__)
        app.state.chain_follower = ChainFollower()
        app.state.jobs = Jobs()
        app.state.brief_desk = BriefDesk(Shelf(settings.briefs_dir), app.state.jobs)
        app.state.warmer = warmer = Warmer(lambda: current_workspace(app))
        if warm:
            warmer.start()
        # What was loaded stays: the collector need not look through it in the middle of a question.
        gc.freeze()
        try:
            yield
        finally:
            gc.unfreeze()
            await run_in_threadpool(warmer.close)
            app.state.jobs.close()
            manager.__exit__(None, None, None)

    app = Application(
        title="招商地图",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        generate_unique_id_function=lambda route: route.name,
    )
    install_problem_handlers(app)
    app.add_exception_handler(NotModified, _not_modified)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    install_guard(app, settings)
    app.add_middleware(AnswerHead)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticAssets(directory=STATIC), name="static")
    return app


class Application(FastAPI):
    """The application, with the shape of its problems in its published description."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
            _describe_streams(document)
        return super().openapi()


def _describe_streams(document: dict[str, Any]) -> None:
    """Describe event streams as texts: FastAPI says `itemSchema`, which OpenAPI knows from 3.2 on only."""
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                stream = answer.get("content", {}).get("text/event-stream", {})
                if stream.pop("itemSchema", None):
                    stream["schema"] = {"type": "string"}


class AnswerHead:
    """Answers HEAD wherever GET is answered; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as GET where it is HEAD."""
        asks_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if asks_head else scope, receive, send)


async def _not_modified(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)  # noqa: S101 - registered for this class only
    return Response(status_code=304, headers=error.headers)
