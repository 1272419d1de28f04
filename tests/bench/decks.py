"""How long a briefing deck takes: reading, drawing, and the size of the file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from service.briefing import read_brief
from service.decks import gather_deck
from service.render.deck import render_deck
from service.settings import Settings
from service.workspace import open_workspace
from tests.bench.figures import Figure

REGION, CHAIN, LIMIT_SECONDS = "330800", "lithium-battery", 10.0
T = TypeVar("T")


def measure_deck(folder: Path) -> list[Figure]:
    """Make the deck of a city on the seed firms twice: the first after the start, then again."""
    with open_workspace(Settings(data_dir=folder / "deck")) as workspace, workspace.session() as session:
        knowledge, settings = workspace.knowledge, workspace.settings

        def gather() -> bytes:
            brief = read_brief(session, knowledge, REGION, CHAIN)
            return render_deck(gather_deck(session, knowledge, settings, brief))

        first, _ = _timed(gather)
        again, content = _timed(gather)
        drawn = gather_deck(session, knowledge, settings, read_brief(session, knowledge, REGION, CHAIN))
        drawing, _ = _timed(lambda: render_deck(drawn))
    return [
        Figure(
            "Deck of one chain in one city, the first one after the start",
            f"{first:.1f} s",
            f"under {LIMIT_SECONDS:.0f} s",
            first < LIMIT_SECONDS,
        ),
        Figure("— again", f"{again:.2f} s, of it drawing {drawing:.2f} s"),
        Figure("— size", f"{len(content) / 1e3:.0f} kB"),
    ]


def _timed(make: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    made = make()
    return time.perf_counter() - started, made
