"""A region at a glance: it agrees with the answers it is made of."""

from __future__ import annotations

import datetime as dt

import pytest

from service.analysis import summarise_chains
from service.domain.gaps import GAP_RATINGS, Rating
from service.gap_lists import list_region_gaps
from service.overview import ChainSort, find_overview, say_age, sort_chains
from service.workspace import Workspace

TODAY = dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (dt.date(2026, 3, 2), "今天"),
        (TODAY, "今天"),
        (dt.date(2026, 2, 28), "1 天前"),
        (dt.date(2026, 1, 1), "59 天前"),
        (dt.date(2025, 10, 1), "4 个月前"),
        (dt.date(2025, 3, 1), "11 个月前"),
        (dt.date(2025, 2, 27), "1 年前"),
        (dt.date(2019, 4, 30), "6 年 10 个月前"),
    ],
)
def test_an_age_reads_as_people_say_it(day: dt.date, words: str) -> None:
    assert say_age(day, TODAY) == words


@pytest.mark.parametrize("region", ["330800", "330000", "330825"])
def test_the_overview_is_what_its_parts_say(workspace: Workspace, region: str) -> None:
    with workspace.session() as session:
        found = find_overview(session, workspace.knowledge, region)
        summaries = dict(summarise_chains(session, workspace.knowledge, region))
        gaps = list_region_gaps(session, workspace.knowledge, region)
    assert {line.chain.id: line.summary for line in found.chains} == summaries
    assert found.gap_count == len(gaps.lines) == sum(found.leaves[rating] for rating in GAP_RATINGS)
    assert [line.gap.priority for line in found.gaps] == sorted(
        (line.gap.priority for line in gaps.lines), reverse=True
    )[:10]
    assert [state.source.key for state in found.sources] == ["seed"]
    assert not found.sources[0].complete
    shares = [one.completeness for one in summaries.values() if one.completeness is not None]
    assert found.mean_completeness == pytest.approx(sum(shares) / len(shares))


def test_a_region_without_firms_is_not_judged(workspace: Workspace) -> None:
    with workspace.session() as session:
        found = find_overview(session, workspace.knowledge, "542521")
    assert not found.observed
    assert found.gaps == ()
    assert found.mean_completeness is None
    assert found.leaves[Rating.UNOBSERVED] == sum(found.leaves.values())


def test_chains_sort_by_every_column_and_the_unknown_come_last(workspace: Workspace) -> None:
    with workspace.session() as session:
        lines = find_overview(session, workspace.knowledge, "330800").chains
    for sort in ChainSort:
        up, down = (sort_chains(lines, sort, descending=way) for way in (False, True))
        assert (
            {line.chain.id for line in up} == {line.chain.id for line in down} == {x.chain.id for x in lines}
        )
    shares = [
        line.summary.completeness for line in sort_chains(lines, ChainSort.COMPLETENESS, descending=True)
    ]
    known = [share for share in shares if share is not None]
    assert known == sorted(known, reverse=True)
    assert shares[: len(known)] == known
    ranks = [line.standing.completeness_rank for line in sort_chains(lines, ChainSort.RANK, descending=False)]
    seen = [rank for rank in ranks if rank is not None]
    assert ranks[: len(seen)] == sorted(seen)
