"""Run as a process of its own: turns a workbook or a Parquet file into Arrow files, with limited memory.

`python -m service.ingest.firm_reader FILE FOLDER [SHEET]` writes one Arrow file of text cells a sheet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from service.errors import InvalidFirmFile
from service.ingest.firm_apart import NAMES_FILE, REFUSED
from service.ingest.firm_cells import parquet_cells, sheets_of

_MAX_ADDRESS_SPACE = 4 << 30


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_ADDRESS_SPACE, _MAX_ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def convert(path: Path, folder: Path, sheet: str | None) -> None:
    """Write every sheet (or the named one) as text cells without a header, and the list of their names.

    A Parquet file is one sheet without a name; its column names are kept.
    """
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    names = []
    sheets: Iterable[tuple[str, pl.DataFrame]]
    sheets = [("", parquet_cells(path))] if is_parquet else sheets_of(path, sheet)
    for number, (name, cells) in enumerate(sheets):
        cells.write_ipc(folder / f"{number}.arrow")
        names.append(name)
    (folder / NAMES_FILE).write_text(json.dumps(names), "utf-8")


if __name__ == "__main__":
    _limit_memory()
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        convert(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] or None)
    except InvalidFirmFile as error:
        sys.stdout.write(str(error))
        sys.exit(REFUSED)
