"""Answers that are kept while the data stays the same, apart for each open database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from service.storage.engine import Session, database_of

T = TypeVar("T")


class Kept(Generic[T]):
    """Answers by database and question, the last asked for; a question names the state of the data.

    As many are kept as cost `size` together, each `cost(answer)` (1 by default); the newest always is.
    """

    def __init__(self, size: int, *, cost: Callable[[T], int] = lambda _: 1) -> None:
        self._size = size
        self._cost = cost
        self._known: WeakKeyDictionary[object, OrderedDict[Hashable, T]] = WeakKeyDictionary()
        self._lock = Lock()

    def find(self, session: Session, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under `key`, or what `make` returns."""
        with self._lock:
            known = self._known.setdefault(database_of(session), OrderedDict())
            if key in known:
                known.move_to_end(key)
                return known[key]
        made = make()
        with self._lock:
            known[key] = made
            left = self._size - sum(map(self._cost, known.values()))
            while left < 0 and len(known) > 1:
                left += self._cost(known.popitem(last=False)[1])
        return made
