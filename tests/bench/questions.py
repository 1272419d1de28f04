"""Gap questions on the imported register: every one computed, none from a cache."""

from __future__ import annotations

import itertools
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from service.analysis import report_gaps, view_chain
from service.domain.regions import Level
from service.knowledge import Knowledge
from service.settings import Settings
from service.workspace import open_workspace
from tests.bench.figures import Figure
from tests.bench.register import COMMAND, PROVINCE

QUERIES, WARM_UP = 200, 5
Question = tuple[str, str]


def measure_questions(data_dir: Path) -> list[Figure]:
    """Ask different (region, chain) pairs through the function and through HTTP."""
    with open_workspace(Settings(data_dir=data_dir)) as workspace:
        questions = pick_questions(workspace.knowledge)

        def compute(question: Question) -> None:
            with workspace.session() as session:
                report_gaps(workspace.knowledge, view_chain(session, workspace.knowledge, *question))

        called = _milliseconds(compute, questions)
    with _served(data_dir) as client:
        asked = _milliseconds(lambda question: _ask(client, question), questions)
    what = f"{QUERIES} gap questions on that database, all different"
    return [_figure(f"{what}: `report_gaps`", called), _figure("— the same through HTTP", asked)]


def pick_questions(knowledge: Knowledge) -> list[Question]:
    """Return cities and counties of the province crossed with the chains, shuffled; the first are warm-up."""
    geography = knowledge.geography
    regions = [
        region.adcode
        for level in (Level.CITY, Level.COUNTY)
        for region in geography.regions(level)
        if geography.at_level(region.adcode, Level.PROVINCE) == PROVINCE
    ]
    questions = list(itertools.product(regions, knowledge.chains))
    random.Random(5).shuffle(questions)
    return questions[: QUERIES + WARM_UP]


def _milliseconds(ask: Callable[[Question], object], questions: list[Question]) -> list[float]:
    taken = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        taken.append((time.perf_counter() - started) * 1000)
    return taken[WARM_UP:]


def _figure(what: str, taken: list[float]) -> Figure:
    middle, high = np.percentile(taken, [50, 95])
    return Figure(what, f"p50 {middle:.0f} ms, p95 {high:.0f} ms", "p95 under 100 ms", bool(high < 100))


def _ask(client: httpx.Client, question: Question) -> None:
    region, chain = question
    client.get("/api/v1/gaps", params={"region": region, "chain": chain}).raise_for_status()


@contextmanager
def _served(data_dir: Path) -> Iterator[httpx.Client]:
    """Start the service on a free port and yield a client that has seen it answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"ZHAOSHANG_DATA_DIR": str(data_dir)}
    with (
        subprocess.Popen([COMMAND, "serve", "--port", str(port)], env=environment) as service,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            transport=httpx.HTTPTransport(retries=8),
            timeout=60,
            trust_env=False,
        ) as client,
    ):
        try:
            client.get("/api/v1/chains").raise_for_status()
            yield client
        finally:
            service.terminate()
