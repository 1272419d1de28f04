"""A real server on a data folder, and a real Chromium: what the browser tests and the screenshots drive."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_CHROMIUMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "google-chrome")
# Chromium asks its makers for updates and lists of its own accord; a test counts every request.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_SECONDS = 60.0


def find_chromium() -> str | None:
    """Return the browser to drive: `CHROMIUM` from the environment, else one that is installed."""
    asked = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([asked] if asked else _CHROMIUMS))
    return next((path for path in found if path), None)


@contextmanager
def running_service(data_dir: Path) -> Iterator[str]:
    """Start `zhaoshang serve` on a free port and yield its address; stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("zhaoshang")), "serve", "--port", str(port)]
    environment = {**os.environ, "ZHAOSHANG_DATA_DIR": str(data_dir)}
    log = data_dir / "serve.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_it_answers(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_it_answers(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{base}/static/app.css", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(
        f"the service did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    )
