"""The rules of the house: who may import what, how long things are, what no file may name."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import errors
from service.web.problems import PROBLEMS

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / "service"
MODULES = sorted(SERVICE.rglob("*.py"))
MAX_MODULE_LINES = 500
MAX_FUNCTION_LINES = 60

DOMAIN_MAY = {"numpy", "scipy", "networkx", "polars", "pyarrow", "shapely"}
STDLIB = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "difflib", "enum", "fractions",
    "functools", "hashlib", "heapq", "itertools", "math", "operator", "re", "statistics", "string",
    "types", "typing", "unicodedata",
}  # fmt: skip
"""What domain may take of the standard library: nothing that reads files, the network or the clock."""

ONLY_IN = {
    "sqlmodel": "storage",
    "sqlalchemy": "storage",
    "alembic": "storage",
    "fastapi": "web",
    "starlette": "web",
    "folium": "render",
    "pptx": "render",
    "xlsxwriter": "render",
    "docx": "render",
    "reportlab": "render",
}

# Written in pieces, so that this file does not name them itself.
REGISTRY_HOSTS = [
    "pypi" + ".org", "python" + "hosted", "npm" + "js", "npm" + "mirror", "yarn" + "pkg", "/simp" + "le/",
    "files.pyth" + "on", "tuna.tsing" + "hua", "mirrors.ali" + "yun",
]  # fmt: skip
WORKPLACE = ["/wo" + "rk/"]


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, module) for everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports by a relative path"
            yield node.lineno, node.module or ""


def tracked_files() -> list[Path]:
    """Return the files of the repository, those included that are new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not a git checkout: {error}")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text, "" for a picture or any other binary."""
    content = path.read_bytes()
    return "" if b"\0" in content[:8192] else content.decode("utf-8", "replace")


def test_domain_is_pure() -> None:
    wrong = []
    for path in (SERVICE / "domain").rglob("*.py"):
        for line, module in imports_of(path):
            top = module.partition(".")[0]
            ours = module == "service.errors" or module.startswith("service.domain")
            if not ours and top not in DOMAIN_MAY | STDLIB:
                wrong.append(f"{path.relative_to(ROOT)}:{line} {module}")
    assert wrong == []


@pytest.mark.parametrize(("library", "room"), ONLY_IN.items())
def test_each_library_has_its_room(library: str, room: str) -> None:
    users = {
        str(path.relative_to(SERVICE))
        for path in MODULES
        for _, module in imports_of(path)
        if module.partition(".")[0] == library
    }
    assert {user for user in users if not user.startswith(f"{room}/")} == set()
    assert users, f"nothing imports {library} any more: take it out of this test"


def test_nothing_below_imports_the_rooms_above() -> None:
    below = {
        "domain": ("ingest", "storage", "pipeline", "render", "web"),
        "ingest": ("storage", "pipeline", "render", "web"),
        "storage": ("pipeline", "render", "web"),
        "pipeline": ("render", "web"),
        "render": ("storage", "pipeline", "web"),
    }
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for room, above in below.items()
        for path in (SERVICE / room).rglob("*.py")
        for line, module in imports_of(path)
        if module.startswith(tuple(f"service.{other}" for other in above))
    ]
    assert wrong == []


def test_modules_and_functions_are_short() -> None:
    long = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > MAX_MODULE_LINES:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def all_errors(base: type[errors.ServiceError]) -> set[type[errors.ServiceError]]:
    found = {base}
    for below in base.__subclasses__():
        found |= all_errors(below)
    return found


def test_every_error_has_its_problem() -> None:
    ours = {error for error in all_errors(errors.ServiceError) if error.__module__.startswith("service.")}
    assert ours - set(PROBLEMS) == set()
    assert all(400 <= status <= 599 for status, _ in PROBLEMS.values())


def test_no_file_names_a_registry_or_a_workplace() -> None:
    words = re.compile("|".join(re.escape(word) for word in REGISTRY_HOSTS + WORKPLACE), re.I)
    found = [
        f"{path.relative_to(ROOT)}:{number} {match[0]}"
        for path in tracked_files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if (match := words.search(line))
    ]
    assert found == []


def test_locks_hold_no_addresses() -> None:
    locks = [
        path
        for path in tracked_files()
        if path.name == "package-lock.json" or (path.suffix == ".lock" and path.parent == ROOT)
    ]
    assert {path.name for path in locks} >= {
        "requirements.lock",
        "requirements-dev.lock",
        "package-lock.json",
    }
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:80]}"
        for path in locks
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"https?://|\"resolved\"|--(?:extra-)?index-url|--find-links|@ file:", line)
    ]
    assert found == []
