"""Run the Dockerfile's steps without a container engine, as far as that goes.

`python -m tests.scripts.dockerfile_steps [FOLDER]` plays FROM, WORKDIR, ENV, COPY and RUN in an empty folder
whose `current/` stands for the root of the image, starts CMD on a free port and asks by HEALTHCHECK until
the service is well. What only a container has is left out and said: the base image (this Python stands in),
users, volumes. Only the instructions that our Dockerfile uses are known; others stop the run.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_OUR_PATHS = re.compile(r"(?<![\w./])/(?=(?:opt|build|data)\b)")
_START_SECONDS = 120


def main() -> None:
    """Play the Dockerfile; exit code 0 when its HEALTHCHECK said well."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="image-"))
    image = Image(folder)
    for word, rest in instructions((PROJECT / "Dockerfile").read_text(encoding="utf-8")):
        print(f"==> {word} {rest[:100]}", flush=True)
        image.play(word, rest)
    image.start()


def instructions(text: str) -> list[tuple[str, str]]:
    """Return (instruction, rest) of a Dockerfile, continued lines joined and comments dropped."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.partition(" ") for line in joined.splitlines())
    return [(word.upper(), rest.strip()) for word, _, rest in pairs]


class Image:
    """The image under construction in `folder`; earlier stages stand beside `current` under their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.root = self.folder / "current"
        self.stage: str | None = None
        self.new_stage(None)
        self.command: list[str] = []
        self.health: list[str] = []

    def new_stage(self, name: str | None) -> None:
        """Put the stage so far aside under its name and begin an empty one."""
        if self.root.exists():
            self.root.rename(self.folder / (self.stage or "unnamed"))
        self.root.mkdir(parents=True)
        self.stage, self.place = name, self.root
        kept = ("PATH", "HOME", "LANG", "PIP_", "npm_", "NODE_", "SSL_", "REQUESTS_", "http", "HTTP")
        self.env = {key: value for key, value in os.environ.items() if key.startswith(kept)}

    def play(self, word: str, rest: str) -> None:
        """Carry out one instruction; KeyError for one that is not known here."""
        {
            "FROM": self._from,
            "ENV": self._set_env,
            "WORKDIR": self._go,
            "COPY": self._copy,
            "RUN": self._run,
            "USER": self._leave_out,
            "VOLUME": lambda text: Path(self.mapped(text)).mkdir(parents=True, exist_ok=True),
            "HEALTHCHECK": self._keep_health,
            "CMD": self._keep_command,
        }[word](rest)

    def mapped(self, text: str) -> str:
        """Return `text` with the image's own absolute paths moved under its root."""
        return _OUR_PATHS.sub(f"{self.root}/", text)

    def _from(self, rest: str) -> None:
        base, _, name = rest.partition(" AS ")
        self.new_stage(name or None)
        self._leave_out(f"{base} (Python {sys.version.split()[0]} stands in)")

    def _leave_out(self, rest: str) -> None:
        print(f"    left out: {rest}")

    def _set_env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            key, _, value = pair.partition("=")
            self.env[key] = self.mapped(value).replace("$PATH", self.env["PATH"])

    def _go(self, rest: str) -> None:
        self.place = Path(self.mapped(rest))
        self.place.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *options, origin, target = rest.split()
        place = Path(self.mapped(target)) if target.startswith("/") else self.place / target
        if options:
            stage = options[0].removeprefix("--from=")
            shutil.copytree(self.folder / stage / origin.lstrip("/"), place, symlinks=True)
        elif origin == ".":
            shutil.copytree(PROJECT, place, ignore=_docker_ignore(), dirs_exist_ok=True)
        else:
            shutil.copy(PROJECT / origin, place)

    def _run(self, rest: str) -> None:
        if rest.startswith("useradd"):
            self._leave_out(rest)
            return
        subprocess.run(["/bin/sh", "-c", self.mapped(rest)], cwd=self.place, env=self.env, check=True)

    def _keep_health(self, rest: str) -> None:
        self.health = json.loads(rest.partition(" CMD ")[2])

    def _keep_command(self, rest: str) -> None:
        self.command = json.loads(rest)

    def start(self) -> None:
        """Start CMD and ask by HEALTHCHECK until it is well; SystemExit where it does not get well."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.env["ZHAOSHANG_PORT"] = str(probe.getsockname()[1])
        print(f"==> starting {self.command} in {self.root}", flush=True)
        command, health = (
            [shutil.which(words[0], path=self.env["PATH"]) or words[0], *words[1:]]
            for words in (self.command, self.health)
        )
        with subprocess.Popen(command, cwd=self.root, env=self.env) as service:
            try:
                _wait_until_well(health, self.env, service)
            finally:
                service.terminate()


def _wait_until_well(health: list[str], env: dict[str, str], service: subprocess.Popen[bytes]) -> None:
    started = time.monotonic()
    while time.monotonic() - started < _START_SECONDS and service.poll() is None:
        if subprocess.run(health, env=env, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            print(f"healthy after {time.monotonic() - started:.0f} s")
            return
        time.sleep(1)
    raise SystemExit("the service did not get well")


def _docker_ignore() -> Callable[[str, list[str]], set[str]]:
    """Return what `.dockerignore` leaves out; known: `*`, `!top-level name`, a path, `**/name`."""
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split()
    wanted = {line[1:] for line in lines if line.startswith("!")}
    dropped = [line.replace("**/", "*") for line in lines if line != "*" and not line.startswith("!")]

    def ignored(folder: str, names: list[str]) -> set[str]:
        below = Path(folder).relative_to(PROJECT)
        if below == Path():
            return set(names) - wanted
        return {name for name in names if any(fnmatch.fnmatch(f"{below / name}", one) for one in dropped)}

    return ignored


if __name__ == "__main__":
    main()
