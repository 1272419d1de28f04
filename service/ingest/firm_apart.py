"""Reads workbooks and Parquet files in a process of its own, whose memory is limited.

A forged file of a few kilobytes can ask its reader for hundreds of gigabytes (one long text shared by a
million cells, one cell in the last corner of a sheet). That must end a process, not the service.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from service.errors import InvalidFirmFile

REFUSED = 3
"""Exit code of `firm_reader` when it wrote the reason, for the user, on its standard output."""

NAMES_FILE = "sheets.json"
"""Lists the sheets that `firm_reader` wrote, in order: `0.arrow`, `1.arrow` ..."""

_SECONDS = 300


@contextmanager
def read_apart(path: Path, sheet: str | None) -> Iterator[Iterator[tuple[str, pl.DataFrame]]]:
    """Open `path`: gives (sheet name, cells as text) as `firm_cells` reads them, valid within the block.

    Raises
    ------
    InvalidFirmFile : unreadable, damaged, with a password, no such sheet, too large or too slow to read.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run_reader(path, folder, sheet)
        names = json.loads((folder / NAMES_FILE).read_text("utf-8"))
        yield (
            (sheet_name, pl.read_ipc(folder / f"{number}.arrow")) for number, sheet_name in enumerate(names)
        )


def _run_reader(path: Path, folder: Path, sheet: str | None) -> None:
    command = [
        sys.executable,
        "-m",
        "service.ingest.firm_reader",
        str(path.resolve()),
        str(folder),
        sheet or "",
    ]
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root, "POLARS_MAX_THREADS": "2"}
    try:
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidFirmFile(f"{path.name}：读取太慢，请拆成几个文件，或存为 CSV") from error
    if done.returncode == REFUSED:
        raise InvalidFirmFile(done.stdout.strip())
    if done.returncode:
        raise InvalidFirmFile(f"{path.name}：{_why(done.stderr)}")


def _why(detail: str) -> str:
    if "assword" in detail or "ncrypt" in detail:
        return "文件有密码，请去掉密码后再导入"
    return "文件损坏、不完整或太大，无法读取；工作簿请在 Excel 里另存为 .xlsx，Parquet 请重新导出"
