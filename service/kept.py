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
    """Answers by database and question, the `size` last asked for; a question names the state of the data."""

    def __init__(self, size: int) -> None:
        self._size = size
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
            while len(known) > self._size:
                known.popitem(last=False)
        return made
