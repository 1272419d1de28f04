"""What the command line prints: tables for people, JSON and CSV for programs, always on stdout."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from service.errors import InvalidQuery
from service.render.csv_table import csv_text

if TYPE_CHECKING:
    from service.domain.chains import Chain

errors = Console(stderr=True)
_PLAIN_FILE = 0o644


def say(text: str, *, style: str | None = None) -> None:
    """Say something to the person at the screen, on stderr, as one line however long."""
    errors.print(text, markup=False, highlight=False, soft_wrap=True, style=style)


class Format(StrEnum):
    """The shapes in which a reading command prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Columns = Mapping[str, str]
"""Field -> heading, in the order of a table."""


Row = Mapping[str, Any]


def print_rows(
    rows: Sequence[Row],
    columns: Columns,
    form: Format,
    *,
    shown: Callable[[Row], Row] = lambda row: row,
) -> None:
    """Print `rows`: JSON and CSV with every field, a table with those of `columns` as `shown` puts them."""
    if form is Format.JSON:
        print_json(rows)
    elif form is Format.CSV:
        sys.stdout.write(csv_text(rows))
    else:
        _print_table([shown(row) for row in rows], columns)


def print_json(value: Any) -> None:
    """Print one JSON value, Chinese as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; InvalidQuery where it cannot be written."""
    if path.exists() and not path.is_file():
        # A device or a pipe: it is written into, never replaced.
        _write_into(path, content)
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:60]}", suffix=".part")
    except OSError as error:
        raise InvalidQuery(f"无法写入 {path}：{error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp makes files for the user alone; a map is made to be given away.
        Path(name).chmod(_PLAIN_FILE)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise InvalidQuery(f"无法写入 {path}：{error.strerror}") from error


def _write_into(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidQuery(f"无法写入 {path}：{error.strerror}") from error


def print_tree(chain: Chain) -> None:
    """Print the tree of a chain."""
    # Here, since the words name much that most commands do not need.
    from service.words import STAGES

    root = Tree(Text(f"{chain.name}（{chain.id}，版本 {chain.version}）", style="bold"))
    branches = {-1: root}
    for depth, node in chain.walk():
        line = Text(f"{node.name}  ").append(f"{node.id}  {STAGES[node.stage]}", style="dim")
        if node.bottleneck:
            line.append("  卡脖子", style="red")
        branches[depth] = branches[depth - 1].add(line)
    _console().print(root)


def _console() -> Console:
    wide = None if sys.stdout.isatty() else 160
    return Console(width=wide, markup=False, highlight=False)


def _print_table(rows: Sequence[Row], columns: Columns) -> None:
    table = Table(header_style="bold")
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_table_cell(row.get(name)) for name in columns))
    _console().print(table)


def _table_cell(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return "；".join(_table_cell(part) for part in value)
    return str(value)
