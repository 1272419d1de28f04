"""Regions side by side, from real databases: the answer of domain functions to what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.analysis import summarise_chains
from service.comparing import Comparison, compare_regions, split_names
from service.domain.regions import Level
from service.errors import InvalidQuery, UnknownChain, UnknownRegion
from service.pipeline.imports import ImportOptions, import_file
from service.storage.engine import Session
from service.workspace import Workspace
from tests.web.conftest import FIRMS_CSV

CHAIN = "lithium-battery"
THREE = ("330800", "330100", "440300")
Compare = Callable[..., Comparison]


@pytest.fixture
def session(workspace: Workspace) -> Iterator[Session]:
    with workspace.session() as opened:
        yield opened


@pytest.fixture
def compare(workspace: Workspace, session: Session) -> Compare:
    def ask(*others: str, region: str | None = None, **more: Any) -> Comparison:
        return compare_regions(session, workspace.knowledge, CHAIN, region=region, others=others, **more)

    return ask


def import_complete_list(workspace: Workspace, folder: Path, *covers: str) -> None:
    """Import a list that claims to name every firm of 衢州, and that could show firms of `covers`."""
    path = folder / "登记.csv"
    path.write_text(FIRMS_CSV, "utf-8")
    import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(title="衢州登记库", complete_for=("330800",), covers=covers),
        rejects_dir=workspace.settings.rejects_dir,
    )


def test_names_are_split_at_any_comma() -> None:
    assert split_names(["330800, 杭州，宁波", "", "台州、温州；"]) == [
        "330800",
        "杭州",
        "宁波",
        "台州",
        "温州",
    ]


def test_the_order_of_regions_changes_nothing_but_the_order(compare: Compare) -> None:
    one, two = compare(*THREE), compare(*reversed(THREE))
    assert [place.region.adcode for place in one.regions] == list(THREE)
    for left, right in zip(one.regions, reversed(two.regions), strict=True):
        assert (left.region, left.ratings, left.summary) == (right.region, right.ratings, right.summary)
        assert (left.standings, left.profile) == (right.standings, right.profile)
        assert set(left.same_sources) == set(right.same_sources) == set(THREE) - {left.region.adcode}
    assert one.comparable
    assert (one.note, one.base, one.peers, one.benchmarks) == (None, None, (), ())


def test_every_chain_is_ranked_by_its_completeness(
    workspace: Workspace, session: Session, compare: Compare
) -> None:
    found = compare(*THREE)
    for place in found.regions:
        for chain, summary in summarise_chains(session, workspace.knowledge, place.region.adcode):
            standing = place.standings[chain]
            assert standing.completeness == pytest.approx(summary.completeness)
            assert 1 <= (standing.completeness_rank or 0) <= standing.ranked
    ranked = sorted(found.regions, key=lambda place: place.standings[CHAIN].completeness_rank or 0)
    shares = [place.summary.completeness or 0.0 for place in ranked]
    assert shares == sorted(shares, reverse=True)


def test_a_region_finds_its_own_company(workspace: Workspace, compare: Compare) -> None:
    found = compare(region="衢州")
    assert found.base is not None
    assert found.regions[0].region == found.base
    assert 2 <= len(found.regions) <= 5
    assert "330800" not in {one.region.adcode for one in found.peers}
    for one in found.peers:
        assert f"{one.peer.similarity:.2f}" in one.reason
        mine = workspace.knowledge.source_region(one.region.adcode)
        assert one.cluster == ("长三角" if mine == "长三角" else None)
        assert one.cluster or one.peer.alike
    home = found.regions[0].standings[CHAIN]
    for best in found.benchmarks:
        assert (best.standing.completeness, best.standing.firms) > (home.completeness, home.firms)
        assert best.region in [place.region for place in found.regions]
        for node in best.ahead:
            here = {rating.node: rating for rating in found.regions[0].ratings}[node]
            assert here.effective_firms < 0.5


def test_a_region_with_others_by_hand_keeps_its_peers(compare: Compare) -> None:
    found = compare("杭州", "330800", region="330800")
    assert [place.region.name for place in found.regions] == ["衢州市", "杭州市"]
    assert found.peers == compare(region="330800").peers


def test_different_sources_are_marked(workspace: Workspace, tmp_path: Path) -> None:
    import_complete_list(workspace, tmp_path, "330800")
    with workspace.session() as session:
        found = compare_regions(session, workspace.knowledge, CHAIN, others=THREE)
    quzhou, hangzhou, shenzhen = found.regions
    assert not found.comparable
    assert quzhou.same_sources == ()
    assert (hangzhou.same_sources, shenzhen.same_sources) == (("440300",), ("330100",))
    assert quzhou.standings[CHAIN].ranked == 1
    assert hangzhou.standings[CHAIN].ranked > 100
    assert found.note is not None
    assert found.note.startswith("来源不同，不可比：衢州市（来源：")
    first, _, second = found.note.partition("；杭州市、深圳市（来源：")
    assert "衢州登记库" in first
    assert second
    assert "衢州登记库" not in second


def test_different_bases_are_said(workspace: Workspace, tmp_path: Path) -> None:
    """A list that could show firms of the whole province, and claims to be complete for 衢州 only."""
    import_complete_list(workspace, tmp_path, "330000")
    with workspace.session() as session:
        found = compare_regions(session, workspace.knowledge, CHAIN, others=THREE[:2])
    assert found.comparable
    assert found.note == "依据不同：衢州市为完整名录；杭州市为选择性名录。企业数、完整度要结合依据看。"


def test_ranks_follow_the_data(workspace: Workspace, tmp_path: Path) -> None:
    """Ranks are kept while the data stays the same, and no longer."""
    with workspace.session() as session:
        before = compare_regions(session, workspace.knowledge, CHAIN, others=THREE)
    import_complete_list(workspace, tmp_path, "330800")
    with workspace.session() as session:
        after = compare_regions(session, workspace.knowledge, CHAIN, others=THREE)
    ranked = [found.regions[1].standings[CHAIN].ranked for found in (before, after)]
    assert ranked[1] == ranked[0] - 1  # 衢州 is compared with nobody any more


def test_the_level_is_one_at_which_all_stand(compare: Compare) -> None:
    assert compare("北京", "上海").level is Level.PROVINCE
    assert compare("北京", "330800").level is Level.CITY
    assert compare("北京", "上海", level=Level.CITY).level is Level.CITY


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("330800", "330000"), "衢州市\\(330800\\)为市级、浙江省\\(330000\\)为省级；应为同一级"),
        (("330800",), "至少要 2 个不同的地区才能比较，收到 衢州市 一个"),
        (("330800", "衢州"), "至少要 2 个不同的地区"),
        (("衢州", "杭州", "宁波", "温州", "金华", "台州"), "最多比较 5 个地区，收到 6 个"),
        ((), "请给出要比较的地区"),
        (("542521", "542522"), "普兰县、札达县已知的企业太少"),
    ],
)
def test_what_cannot_be_compared_is_refused(compare: Compare, asked: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        compare(*asked)


def test_unknown_names_are_refused(workspace: Workspace, session: Session, compare: Compare) -> None:
    with pytest.raises(UnknownRegion, match="相近的有：浙江省衢州市"):
        compare("衢洲", "杭州")
    with pytest.raises(InvalidQuery, match="应都为县级"):
        compare("330800", "330100", level=Level.COUNTY)
    with pytest.raises(InvalidQuery, match="已知的企业太少"):
        compare(region="542521")
    with pytest.raises(UnknownChain):
        compare_regions(session, workspace.knowledge, "nothing", region="330800")
