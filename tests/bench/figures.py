"""What a measurement says, and how the figures are printed and written into docs/performance.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

PACKAGES = ("polars", "folium", "fastapi", "pandas", "numpy", "ecomplexity")


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured and what came out; the target, where there is one, and whether it was met."""

    what: str
    result: str
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """The target in words, with "missed" where it was."""
        return self.target + ("" if self.met is not False else ", **missed**")


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, which is also plain enough for a terminal."""
    head = "| what | result | target |\n|---|---|---|\n"
    return head + "\n".join(f"| {one.what} | {one.result} | {one.verdict} |" for one in figures)


def describe_machine() -> str:
    """Say on what the figures were taken."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = f"load before the start {os.getloadavg()[0]:.1f}"
    return (
        f"{dt.date.today():%Y-%m-%d}, {os.cpu_count()} cores ({load}), {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )
