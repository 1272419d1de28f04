"""The real application behind a real server on a free loopback port."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from service.settings import Settings
from service.web.app import create_app

FIRMS_CSV = """企业名称,统一社会信用代码,注册地址,经营范围
衢州测试隔膜有限公司,,浙江省衢州市柯城区,锂离子电池隔膜的生产与销售
衢州测试正极有限公司,,浙江省衢州市衢江区,磷酸铁锂正极材料的研发与生产
,,浙江省杭州市,没有名称的一行
"""


@dataclass(frozen=True)
class Served:
    """A running service: its application, its data folder, and a client that speaks to it."""

    app: FastAPI
    data_dir: Path
    port: int
    client: httpx.Client

    def wait_for_job(self, address: str, seconds: float = 30.0) -> dict[str, object]:
        """Ask until the import at `address` has ended; return its last state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job: dict[str, object] = self.client.get(address).raise_for_status().json()
            if job["state"] in ("done", "failed"):
                return job
            time.sleep(0.05)
        raise AssertionError(f"{address} did not end in {seconds} s")


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Run the application in a thread until the block ends."""
    app = create_app(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.02)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield Served(app, settings.data_dir, port, client)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def served(seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service with the seed firms; tests that use it change nothing."""
    folder = Path(shutil.copytree(seeded_data_dir, tmp_path_factory.mktemp("served") / "data"))
    with serving(Settings(data_dir=folder)) as running:
        yield running


@pytest.fixture(scope="session")
def client(served: Served) -> httpx.Client:
    """A client of the service that nothing changes."""
    return served.client


@pytest.fixture
def serve(data_dir: Path) -> Iterator[Serve]:
    """Start a service of this test's own, with settings of its own, on a copy of the seed firms."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(Settings(**{"data_dir": data_dir, **settings})))
