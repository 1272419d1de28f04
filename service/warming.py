"""Working out, behind the requests, what the first question after a change of the data would wait for.

An import, a publication, a decision on links: each makes a new state of the data, of which nothing is kept
yet. The coverages and ranks of every level are then found once, by a thread that rests as long as it works.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from service.analysis import members_of, view_chain
from service.domain.regions import Level
from service.errors import ServiceError
from service.stabilities import firms_behind
from service.standings import standings_of
from service.storage.sources import data_version
from service.workspace import Workspace

logger = logging.getLogger("zhaoshang")

_LOOK_EVERY_S = 2.0
_LEVELS = (Level.CITY, Level.COUNTY, Level.PROVINCE)

Step = Callable[[], None]


class Warmer:
    """Keeps what every page needs ready, in a thread of its own; `current` returns the workspace as it is."""

    def __init__(self, current: Callable[[], Workspace], *, look_every_s: float = _LOOK_EVERY_S) -> None:
        self._current = current
        self._look_every_s = look_every_s
        self._stop = threading.Event()
        self._seen: str | None = None
        self._done: str | None = None
        self._thread = threading.Thread(target=self._run, name="warmer", daemon=True)

    @property
    def done(self) -> str | None:
        """The version of the data for which everything is ready; None before the first."""
        return self._done

    def start(self) -> None:
        """Begin; the data is looked at from time to time, since other programs may change it too."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the step under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._warm()
            except ServiceError as error:
                # Such as a database that is away for a while: the requests say so, and it is tried again.
                logger.info("not warmed: %s", error)
            except Exception:
                logger.exception("warming failed")
                return
            self._stop.wait(self._look_every_s)

    def _warm(self) -> None:
        workspace = self._current()
        version = _version(workspace)
        before, self._seen = self._seen, version
        # While somebody decides on one link after the other, each state of the data lasts for seconds.
        if version == self._done or before not in (None, version):
            return
        for step in warming_steps(workspace):
            began = time.perf_counter()
            step()
            if self._stop.wait(time.perf_counter() - began) or _version(workspace) != version:
                return
        self._done = version


def warming_steps(workspace: Workspace) -> Iterator[Step]:
    """Yield the steps, each a fraction of a second: what an overview needs, then what a list of gaps does.

    Small comparison sets go first: they are those of a register, where the users are.
    """
    sets = [
        (level, members)
        for level in _LEVELS
        for members in sorted(_comparison_sets(workspace, level), key=len)
    ]
    for level, members in sets:
        for chain in workspace.knowledge.chains:
            yield partial(_view, workspace, members, chain, level)
        yield partial(_rank, workspace, members, level)
    for chain in workspace.knowledge.chains:
        for level, members in sets:
            yield partial(_find_firms, workspace, members, chain, level)


def _version(workspace: Workspace) -> str:
    with workspace.session() as session:
        return data_version(session)


def _comparison_sets(workspace: Workspace, level: Level) -> list[tuple[str, ...]]:
    """All comparison sets of the level: each region stands in one."""
    found = []
    waiting = {region.adcode for region in workspace.knowledge.geography.regions(level)}
    while waiting:
        with workspace.session() as session:
            members = members_of(session, workspace.knowledge, min(waiting), level)
        found.append(members)
        waiting.difference_update(members)
    return found


def _view(workspace: Workspace, members: tuple[str, ...], chain: str, level: Level) -> None:
    with workspace.session() as session:
        view = view_chain(session, workspace.knowledge, members[0], chain, level=level)
    # Found at first use and then kept with what was read.
    _ = view.coverage.effective, view.coverage.outside, view.around.effective, view.landscape.density


def _find_firms(workspace: Workspace, members: tuple[str, ...], chain: str, level: Level) -> None:
    with workspace.session() as session:
        view = view_chain(session, workspace.knowledge, members[0], chain, level=level)
        firms_behind(session, workspace.knowledge, view)


def _rank(workspace: Workspace, members: tuple[str, ...], level: Level) -> None:
    with workspace.session() as session:
        standings_of(session, workspace.knowledge, level, members)
