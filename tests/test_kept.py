"""Answers that are kept: found once, the oldest given up first, counted by what they cost."""

from __future__ import annotations

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
