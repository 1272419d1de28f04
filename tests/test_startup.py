"""Nobody waits for what a command does not need: what is heavy is loaded where it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Everything that takes long to load and that some command needs.
HEAVY = {
    "alembic", "docx", "fastapi", "fastexcel", "folium", "geopandas", "jsonschema", "matplotlib", "networkx",
    "openpyxl", "pandas", "polars", "pptx", "pyarrow", "pypinyin", "reportlab", "scipy", "shapely",
    "sqlalchemy", "sqlmodel", "xlsxwriter",
}  # fmt: skip

LOADED = """
import sys
from typer.testing import CliRunner
from service.cli import app
done = CliRunner().invoke(app, sys.argv[1:])
assert done.exit_code == 0, done.output
print(*{name.partition(".")[0] for name in sys.modules})
"""


def loaded_by(*arguments: str, **environment: str) -> set[str]:
    """Run a command in a process of its own; return the packages that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=ROOT,
        env={"PATH": "", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("command", ["", "gaps", "backtest", "brief", "picture", "chains restore"])
def test_help_loads_nothing_heavy(command: str) -> None:
    """The application is one: what it loads to say the help of one command is what all commands load."""
    loaded = loaded_by(*command.split(), "--help")
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_regions_are_found_without_a_database(tmp_path: Path) -> None:
    loaded = loaded_by("regions", "衢州", ZHAOSHANG_DATA_DIR=str(tmp_path / "data"))
    assert "pydantic" in loaded
    assert loaded & {"polars", "scipy", "sqlalchemy", "networkx", "openpyxl"} == set()
    assert not (tmp_path / "data").exists()


def test_what_reads_chains_only_solves_and_spells_nothing(tmp_path: Path) -> None:
    loaded = loaded_by("chains", "list", "--format", "csv", ZHAOSHANG_DATA_DIR=str(tmp_path / "data"))
    assert "networkx" in loaded
    assert loaded & {"scipy", "pypinyin", "openpyxl", "alembic"} == set()
