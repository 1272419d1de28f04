"""What changed between two lists of targets: an example by hand, and what holds for any two lists."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.target_diff import (
    ChangeKind,
    GoneReason,
    ListedFirm,
    SavedTargets,
    ScoredFactor,
    compare_targets,
    saved_targets,
)
from service.domain.target_scoring import score_targets
from service.domain.targets import Branch, Candidate
from service.errors import InvalidQuery

from .test_targets import EQUAL, NODE, candidate, context
from .worked_example import CHAIN


def factor(name: str, value: float, weight: float = 0.5, reason: str = "") -> ScoredFactor:
    return ScoredFactor(name, value, weight, 100 * weight * value, reason or f"{name} 为 {value}")


def listed(firm: str, rank: int, *factors: ScoredFactor, name: str | None = None) -> ListedFirm:
    return ListedFirm(firm, name or f"{firm}公司", rank, sum(one.contribution for one in factors), factors)


def excluded(firm: str, why: str = "已不经营。") -> ListedFirm:
    return ListedFirm(firm, f"{firm}公司", None, None, exclusion=why)


def saved(*firms: ListedFirm, among: int | None = None) -> SavedTargets:
    return SavedTargets("330800", NODE, firms, len([f for f in firms if f.rank]) if among is None else among)


def run(*candidates: Candidate) -> SavedTargets:
    return saved_targets(score_targets(candidates, NODE, CHAIN, context(), EQUAL))


def test_two_runs_by_hand() -> None:
    """Equal weights of 1/7. Purity from not known (0.5) to 0.9: 100 / 7 * 0.4 = 5.714 points; expansion from
    not known to one new branch (0.5): no points, though the sentence is another one.
    """
    before = run(candidate("a"), candidate("b"), candidate("c"), candidate("d"))
    branch = (Branch("420100", date(2025, 1, 1)),)
    after = run(
        candidate("a"),
        candidate("c", node_share=0.9, branches=branch),
        candidate("d", status="注销"),
        candidate("e", node_share=0.0),
    )
    found = compare_targets(before, after)
    assert (found.region, found.node) == ("330800", NODE)
    assert (found.new, found.gone, found.moved, found.unchanged) == (1, 2, 2, 0)
    new, lost, barred, up, down = found.changes
    assert (new.firm, new.kind, new.rank_after) == ("e", ChangeKind.NEW, 3)
    assert new.reason.startswith("新进名单，列第 3 位")
    assert (lost.firm, lost.gone) == ("b", GoneReason.NOT_LINKED)
    assert (barred.firm, barred.gone) == ("d", GoneReason.EXCLUDED)
    assert barred.reason.endswith("登记状态为“注销”，已不经营。")
    assert (up.firm, up.rank_before, up.rank_after) == ("c", 3, 1)
    assert up.points == pytest.approx(100 / 7 * 0.4)
    (purity,) = up.factors
    assert (purity.name, purity.value_before, purity.value_after) == ("purity", 0.5, 0.9)
    assert purity.reason_before == "隔膜占其业务的比重不详，此项取中性值。"
    assert purity.reason_after == "隔膜约占其业务的 90%。"
    assert up.reason == f"由第 3 位升至第 1 位，得分 {up.score_before:.1f} → {up.score_after:.1f}（+5.7）。"
    assert (down.firm, down.rank_before, down.rank_after, down.factors) == ("a", 1, 2, ())
    assert "由第 1 位降至第 2 位，得分仍为" in down.reason


def test_a_list_against_itself_has_no_change() -> None:
    whole = run(candidate("a"), candidate("b", status="注销"), candidate("c", node_share=0.3))
    found = compare_targets(whole, whole)
    assert (found.changes, found.unchanged) == ((), 2)


def test_a_firm_that_was_excluded_and_is_a_target_now() -> None:
    found = compare_targets(saved(excluded("a", "资本太小。")), saved(listed("a", 1, factor("x", 0.5))))
    (change,) = found.changes
    assert change.kind is ChangeKind.NEW
    assert change.reason == "新进名单，列第 1 位，25.0 分；此前未列入：资本太小。"


def test_what_a_cut_list_or_one_without_the_excluded_cannot_tell_is_not_told() -> None:
    one, two = listed("a", 1, factor("x", 0.5)), listed("b", 2, factor("x", 0.4))
    (gone,) = compare_targets(saved(one, two), saved(one, among=7)).changes
    assert gone.gone is GoneReason.BEYOND_LIST
    assert gone.reason == "不再列入（原第 2 位，20.0 分）：不在所列 1 家之内（共 7 家）。"
    (gone,) = compare_targets(saved(one, two), saved(one)).changes
    assert gone.gone is GoneReason.EXCLUDED_OR_NOT_LINKED
    (gone,) = compare_targets(saved(one, two), saved(one, excluded("z"))).changes
    assert gone.gone is GoneReason.NOT_LINKED
    (new,) = compare_targets(saved(one, among=7), saved(one, two, among=7)).changes
    assert "此前不在所列 1 家之内（当时共 7 家）" in new.reason


def test_a_change_of_weights_is_told_with_the_factor() -> None:
    before = saved(listed("a", 1, factor("x", 0.8, 0.5), factor("y", 0.4, 0.5)))
    after = saved(listed("a", 1, factor("x", 0.8, 0.75), factor("z", 0.4, 0.25)))
    (change,) = compare_targets(before, after).changes
    assert change.points == pytest.approx(70 - 60)
    assert [(one.name, one.points) for one in change.factors] == [
        ("x", pytest.approx(20)),
        ("y", pytest.approx(-20)),
        ("z", pytest.approx(10)),
    ]
    x, y, z = change.factors
    assert (x.weight_before, x.weight_after) == (0.5, 0.75)
    assert (y.value_after, y.reason_after, z.value_before, z.reason_before) == (None, None, None, None)


def test_a_firm_whose_code_became_known_is_the_same_firm() -> None:
    before = saved(listed("n:甲公司", 1, factor("x", 0.5), name="甲公司"))
    after = saved(listed("91330800MA0000001X", 1, factor("x", 0.6), name="甲公司"))
    (change,) = compare_targets(before, after).changes
    assert (change.kind, change.firm) == (ChangeKind.MOVED, "91330800MA0000001X")
    # Two codes are two firms, whatever their names.
    other = saved(listed("91330800MA0000002X", 1, factor("x", 0.6), name="甲公司"))
    kinds = [change.kind for change in compare_targets(after, other).changes]
    assert kinds == [ChangeKind.NEW, ChangeKind.GONE]


def test_lists_of_another_node_or_region_are_refused() -> None:
    one = saved(listed("a", 1, factor("x", 0.5)))
    for other in (dataclasses.replace(one, node="ex/cell"), dataclasses.replace(one, region="330700")):
        with pytest.raises(InvalidQuery, match="不是同一地区同一环节"):
            compare_targets(one, other)


@pytest.mark.parametrize(
    ("firms", "among", "said"),
    [
        ((listed("a", 1, factor("x", 0.5)), listed("a", 2, factor("x", 0.4))), 2, "同一企业出现多次：a"),
        ((listed("a", 1, factor("x", 0.5)), listed("b", 1, factor("x", 0.4))), 2, "同一名次出现多次：1"),
        ((listed("a", 3, factor("x", 0.5)),), 2, "应在 1 到 among（2）之间"),
        ((listed("a", 1, factor("x", 0.5), factor("x", 0.2)),), 1, "同一因素出现多次"),
        ((ListedFirm("a", "甲", 1, 60.0, (factor("x", 0.5),)),), 1, "各因素之和 25 与得分 60 不符"),
        ((ListedFirm("a", "甲", 1, None),), 1, "应同时给出"),
        ((ListedFirm("a", "甲", None, 50.0),), 0, "应同时给出"),
    ],
)
def test_lists_that_cannot_be(firms: tuple[ListedFirm, ...], among: int, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        saved(*firms, among=among)


@st.composite
def lists(draw: st.DrawFn) -> SavedTargets:
    """A list as a run could give it, whole or cut, with or without the excluded firms."""
    keys = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    names = draw(st.lists(st.sampled_from("pqrs"), unique=True, min_size=1))
    shares = st.floats(0, 1)
    scored = [
        [factor(name, draw(shares), 1 / len(names), draw(st.sampled_from("甲乙"))) for name in names]
        for _ in keys
    ]
    barred = draw(st.integers(0, len(keys)))
    targets = [listed(key, rank, *scored[rank - 1]) for rank, key in enumerate(keys[barred:], start=1)]
    shown = targets[: draw(st.integers(0, len(targets)))]
    return saved(*shown, *(excluded(key) for key in keys[:barred]), among=len(targets))


@given(lists(), lists())
def test_factor_changes_add_up_to_the_change_of_score(before: SavedTargets, after: SavedTargets) -> None:
    for change in compare_targets(before, after).changes:
        if change.kind is ChangeKind.MOVED:
            assert change.score_before is not None
            assert change.score_after is not None
            moved = change.score_after - change.score_before
            assert sum(one.points for one in change.factors) == pytest.approx(moved, abs=1e-6)
            assert change.points == pytest.approx(moved, abs=1e-6)


@given(lists(), lists())
def test_every_firm_is_accounted_for_once(before: SavedTargets, after: SavedTargets) -> None:
    found = compare_targets(before, after)
    old, now = {one.firm for one in before.targets}, {one.firm for one in after.targets}
    by_kind = {kind: {change.firm for change in found.changes if change.kind is kind} for kind in ChangeKind}
    assert by_kind[ChangeKind.NEW] == now - old
    assert by_kind[ChangeKind.GONE] == old - now
    assert by_kind[ChangeKind.MOVED] <= old & now
    assert len(by_kind[ChangeKind.MOVED]) + found.unchanged == len(old & now)
    assert len(found.changes) == found.new + found.gone + found.moved
    for change in found.changes:
        assert (change.gone is not None) == (change.kind is ChangeKind.GONE)
        if change.gone is GoneReason.EXCLUDED:
            assert change.firm in after.excluded


@given(lists(), lists())
def test_the_way_back_undoes_the_way_there(before: SavedTargets, after: SavedTargets) -> None:
    there, back = compare_targets(before, after), compare_targets(after, before)
    assert (there.new, there.gone, there.moved, there.unchanged) == (
        back.gone,
        back.new,
        back.moved,
        back.unchanged,
    )
    returned = {change.firm: change for change in back.changes}
    for change in there.changes:
        if change.kind is ChangeKind.MOVED:
            assert returned[change.firm].points == pytest.approx(-(change.points or 0.0), abs=1e-9)
