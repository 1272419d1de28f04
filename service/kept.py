"""Answers that are kept while the data stays the same, apart for each open database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock, RLock
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
        self._making: dict[tuple[int, Hashable], RLock] = {}

    def find(self, session: Session, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under `key`, or what `make` returns: who asks meanwhile waits for it."""
        known = self._known_of(session)
        with self._lock:
            if key in known:
                known.move_to_end(key)
                return known[key]
            making = self._making.setdefault((id(known), key), RLock())
        with making:
            with self._lock:
                if key in known:
                    return known[key]
            try:
                return self._keep(known, key, make())
            finally:
                with self._lock:
                    self._making.pop((id(known), key), None)

    def _known_of(self, session: Session) -> OrderedDict[Hashable, T]:
        with self._lock:
            return self._known.setdefault(database_of(session), OrderedDict())

    def _keep(self, known: OrderedDict[Hashable, T], key: Hashable, made: T) -> T:
        with self._lock:
            known[key] = made
            left = self._size - sum(map(self._cost, known.values()))
            while left < 0 and len(known) > 1:
                left += self._cost(known.popitem(last=False)[1])
        return made
