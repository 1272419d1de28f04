"""Measure the service: `python -m tests.bench [--write]` prints a table; --write puts it into the docs.

Nothing here is asserted by the tests: figures depend on the machine. How long `make run` takes in a fresh
checkout is measured by hand; docs/performance.md says how.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.decks import measure_deck
from tests.bench.figures import Figure, as_table, describe_machine
from tests.bench.maps import measure_map
from tests.bench.matching import measure_matching
from tests.bench.questions import measure_questions
from tests.bench.reading import measure_reading
from tests.bench.register import find_register, measure_import
from tests.bench.relatedness import measure_relatedness
from tests.docs_drift import PROJECT, replace_block


def main() -> None:
    """Run every measurement, one after the other, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    write = parser.parse_args().write
    machine = describe_machine()
    block = f"Measured on {machine}.\n\n{as_table(measure_all())}"
    print(block)
    if write:
        page = PROJECT / "docs" / "performance.md"
        page.write_text(replace_block(page.read_text(encoding="utf-8"), "figures", block), encoding="utf-8")


def measure_all() -> list[Figure]:
    """Return all figures; the data folders are thrown away afterwards."""
    steps: tuple[Callable[[], list[Figure]], ...]
    with tempfile.TemporaryDirectory(prefix="zhaoshang-bench-") as name:
        folder = Path(name)
        register = find_register(folder)
        steps = (
            lambda: measure_import(register, folder / "register"),
            lambda: measure_questions(folder / "register"),
            lambda: measure_map(folder),
            lambda: measure_deck(folder),
            lambda: measure_matching(register.real),
            lambda: measure_reading(folder),
            measure_relatedness,
        )
        figures: list[Figure] = []
        for step in steps:
            figures += step()
            print(f"... {figures[-1].what}: {figures[-1].result}", file=sys.stderr)
        return figures


if __name__ == "__main__":
    main()
