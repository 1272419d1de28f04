"""Every notebook runs from the top without error or network, and is committed without outputs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.registers import write_table

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_A_CELL = 300

# Python reads it at its start, in the kernel and in the processes that the kernel starts.
NO_WAY_OUT = """
import ipaddress, socket

def _guarded(original):
    def connect(self, address):
        if isinstance(address, tuple) and not ipaddress.ip_address(address[0]).is_loopback:
            raise PermissionError(f"a notebook tried to reach {address!r}")
        return original(self, address)
    return connect

socket.socket.connect = _guarded(socket.socket.connect)
socket.socket.connect_ex = _guarded(socket.socket.connect_ex)
"""


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the notebooks from which nothing reaches the network or the user's own settings."""
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "sitecustomize.py").write_text(NO_WAY_OUT, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "start"))
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return Path(shutil.copytree(FOLDER, tmp_path / "checkout" / "notebooks"))


def run(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook in its folder and return it with outputs; CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=SECONDS_A_CELL, kernel_name="python3", resources=place).execute()
    return notebook


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_it_runs(name: str, alone: Path) -> None:
    notebook = run(alone / name)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = [output for cell in cells for output in cell.outputs]
    assert [output for output in shown if output.output_type == "stream"] == [], "a warning or a print"


def test_a_cell_that_fails_or_reaches_out_is_found(alone: Path) -> None:
    for source, complaint in (
        ("assert 1 + 1 == 3", "AssertionError"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", "a notebook tried to reach"),
    ):
        cells = [nbformat.v4.new_code_cell(source)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), alone / "wrong.ipynb")
        with pytest.raises(Exception, match=complaint):
            run(alone / "wrong.ipynb")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), cell.id
        assert cell.get("execution_count") is None, cell.id
        assert not cell.metadata, cell.id
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert re.findall(r"/(?:home|root|Users|tmp|mnt)/\w+", path.read_text(encoding="utf-8")) == []


def test_the_read_me_names_every_notebook() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert NOTEBOOKS
    assert [path.name for path in NOTEBOOKS if f"`{path.name}`" not in told] == []
    assert "made up" in told


def test_the_register_of_the_notebook_is_the_made_up_one(tmp_path: Path) -> None:
    again = write_table(tmp_path / "register.csv")
    committed = FOLDER / "data" / "made_up_register.csv"
    assert committed.read_text(encoding="utf-8") == again.read_text(encoding="utf-8")
    assert committed.stat().st_size < 200_000


def test_the_notebook_holds_the_figures_that_the_method_prints_in_bold() -> None:
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    notebook = (FOLDER / "01-method.ipynb").read_text(encoding="utf-8")
    figures = re.findall(r"\*\*(\d[\d.]*%?)\*\*", page)
    assert {"56.25", "90%", "0.7546", "0.632"} <= set(figures)
    assert [figure for figure in figures if f"**{figure}**" not in notebook] == []
