"""Answers that are kept: found once, the oldest given up first, counted by what they cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from service.kept import Kept
from service.workspace import Workspace


def test_an_answer_is_made_once_and_the_oldest_goes_first(workspace: Workspace) -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    kept: Kept[str] = Kept(6, cost=len)
    with workspace.session() as session:
        for name in ("aaa", "bbb", "aaa"):
            assert kept.find(session, name, lambda name=name: make(name)) == name
        assert made == ["aaa", "bbb"]
        # 3 + 3 + 1 is more than 6: the one asked for longest ago goes, which is bbb.
        kept.find(session, "c", lambda: make("c"))
        kept.find(session, "aaa", lambda: make("aaa"))
        assert made == ["aaa", "bbb", "c"]
        kept.find(session, "bbb", lambda: make("bbb"))
        assert made == ["aaa", "bbb", "c", "bbb"]


def test_an_answer_that_costs_too_much_is_kept_until_the_next(workspace: Workspace) -> None:
    kept: Kept[list[int]] = Kept(2, cost=len)
    with workspace.session() as session:
        large = kept.find(session, "large", lambda: [1, 2, 3, 4])
        assert kept.find(session, "large", list) is large
        kept.find(session, "small", lambda: [1])
        assert kept.find(session, "large", list) == []


def test_who_asks_while_an_answer_is_made_waits_for_it(workspace: Workspace) -> None:
    kept: Kept[str] = Kept(6)
    made: list[str] = []
    begun, go_on = Event(), Event()

    def make() -> str:
        made.append("x")
        begun.set()
        go_on.wait(10)
        return "x"

    def ask() -> str:
        with workspace.session() as session:
            return kept.find(session, "key", make)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask)
        assert begun.wait(10)
        second = pool.submit(ask)
        go_on.set()
        assert (first.result(), second.result()) == ("x", "x")
    assert made == ["x"]


def test_an_answer_that_cannot_be_made_is_tried_again(workspace: Workspace) -> None:
    kept: Kept[str] = Kept(6)
    with workspace.session() as session:
        with pytest.raises(ZeroDivisionError):
            kept.find(session, "key", lambda: str(1 // 0))
        assert kept.find(session, "key", lambda: "x") == "x"
