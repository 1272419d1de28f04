"""Quick search over regions, chains, nodes and firms of the shipped data."""

from __future__ import annotations

import pytest

from service.errors import UnknownRegion
from service.searching import Found, HitKind, search_everything
from service.workspace import Workspace


def find(workspace: Workspace, query: str, region: str | None = None, limit: int = 6) -> Found:
    with workspace.session() as session:
        return search_everything(session, workspace.knowledge, query, region=region, limit=limit)


@pytest.mark.parametrize(
    ("query", "kind", "key"),
    [
        ("浙江", HitKind.REGION, "330000"),
        ("zj", HitKind.REGION, "330000"),
        ("zhejiang", HitKind.REGION, "330000"),
        ("ＺＨＥＪＩＡＮＧ", HitKind.REGION, "330000"),
        ("330800", HitKind.REGION, "330800"),
        ("锂电池", HitKind.CHAIN, "lithium-battery"),
        ("ldc", HitKind.CHAIN, "lithium-battery"),
        ("lithium", None, ""),
        ("锂电铜箔", HitKind.NODE, "lithium-battery/copper-foil"),
        ("tongbo", HitKind.NODE, "lithium-battery/copper-foil"),
        ("仙鹤股份", HitKind.FIRM, None),
    ],
)
def test_the_first_hit_is_what_was_meant(
    workspace: Workspace, query: str, kind: HitKind | None, key: str | None
) -> None:
    hits = find(workspace, query, "330800").hits
    if kind is None:
        assert hits == []
        return
    assert hits[0].kind is kind
    assert key is None or hits[0].key == key


def test_a_firm_is_found_by_initials_of_its_short_name(workspace: Workspace) -> None:
    firms = [hit for hit in find(workspace, "xhgf").hits if hit.kind is HitKind.FIRM]
    assert firms[0].title == "仙鹤股份有限公司"


def test_a_node_is_found_by_its_term_and_says_so(workspace: Workspace) -> None:
    hits = [hit for hit in find(workspace, "铜箔基板").hits if hit.kind is HitKind.NODE]
    assert (hits[0].title, hits[0].found_by) == ("覆铜板", "铜箔基板")


def test_every_hit_is_named_once_and_no_group_is_longer_than_asked(workspace: Workspace) -> None:
    found = find(workspace, "d", limit=3)
    keys = [(hit.kind, hit.key) for hit in found.hits]
    assert len(keys) == len(set(keys))
    assert all(0 < len(group.hits) <= 3 for group in found.groups)
    assert [group.hits[0].grade for group in found.groups] == sorted(
        group.hits[0].grade for group in found.groups
    )


@pytest.mark.parametrize(
    "query", ["", "   ", "，、", "%", "_", "'", '"', "\\", "[a", "(", "😀", "�", "a" * 500]
)
def test_odd_queries_find_little_and_break_nothing(workspace: Workspace, query: str) -> None:
    assert len(find(workspace, query, "330800").hits) < 20


def test_an_unknown_region_is_named(workspace: Workspace) -> None:
    with pytest.raises(UnknownRegion, match="999999"):
        find(workspace, "铜箔", "999999")
