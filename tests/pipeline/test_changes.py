"""What an import changed in a region is what a person sees by looking before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from service.analysis import rate_nodes, view_chain
from service.changes import ChangeOf, Changes, NodeChange, find_changes
from service.domain.gaps import Rating
from service.domain.regions import Level
from service.pipeline.imports import ImportOptions, import_file, rematch_all
from service.storage.before import read_before, read_cells_before
from service.storage.engine import reading_session
from service.storage.sources import data_version
from service.workspace import Workspace
from tests.stored import write_csv

CHAIN = "specialty-paper"
QUZHOU = "330800"
NAMES = ["衢州测试铜箔一号有限公司", "衢州测试铜箔二号有限公司"]


def take_in(workspace: Workspace, folder: Path, names: list[str], scope: str, **options: object) -> None:
    columns = {
        "企业名称": names,
        "注册地址": ["浙江省衢州市柯城区"] * len(names),
        "经营范围": [scope] * len(names),
    }
    path = write_csv(folder / "名单.csv", columns)
    import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(**options),  # type: ignore[arg-type]
        rejects_dir=workspace.settings.rejects_dir,
    )


def changes(workspace: Workspace, region: str = QUZHOU) -> Changes:
    with workspace.session() as session:
        return find_changes(session, workspace.knowledge, region)


def ratings(workspace: Workspace) -> dict[str, Rating]:
    found = {}
    with workspace.session() as session:
        for chain in workspace.knowledge.chains.values():
            own = {node.id for node in chain.own_nodes if not chain.children(node.id)}
            for rated in rate_nodes(view_chain(session, workspace.knowledge, QUZHOU, chain.id)):
                if rated.node in own:
                    found[rated.node] = rated.rating
    return found


def test_the_first_data_has_nothing_before_it(workspace: Workspace) -> None:
    found = changes(workspace)
    assert found.since is None
    assert not found.nothing
    assert found.nodes == ()


def test_changes_are_the_difference_of_the_ratings_seen(workspace: Workspace, tmp_path: Path) -> None:
    before = ratings(workspace)
    with workspace.session() as session:
        version = data_version(session)
    take_in(workspace, tmp_path, NAMES, "锂电铜箔、电解铜箔的生产与销售", complete_for=("330800",))
    after = ratings(workspace)
    found = changes(workspace)
    assert found.comparable
    assert found.version_before == version
    assert found.firms_now - found.firms_before == len(NAMES)
    assert [name for _, name in found.added] == NAMES
    assert {one.node: (one.before, one.now) for one in found.nodes} == {
        node: (before[node], after[node]) for node in after if before[node] is not after[node]
    }
    closed = {one.node for one in found.of(ChangeOf.CLOSED)}
    assert "lithium-battery/copper-foil" in closed
    assert changes(workspace, "110000").firms_before == changes(workspace, "110000").firms_now


def test_the_same_file_again_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    for _ in range(2):
        take_in(workspace, tmp_path, NAMES, "锂电铜箔的生产", source="list")
    assert changes(workspace).nothing


def test_what_was_kept_is_replaced_and_counted_from(workspace: Workspace, tmp_path: Path) -> None:
    take_in(workspace, tmp_path, NAMES[:1], "锂电铜箔的生产", source="one")
    take_in(workspace, tmp_path, NAMES[1:], "锂电铜箔的生产", source="two")
    found = changes(workspace)
    assert [name for _, name in found.added] == NAMES[1:]
    with workspace.session() as session:
        kept = read_before(session)
        assert kept is not None
        assert [source.key for source in kept.sources] == ["one", "seed"]
        foil = [
            cell
            for cell in read_cells_before(session, Level.CITY)
            if cell[:2] == (QUZHOU, "lithium-battery/copper-foil")
        ]
    assert len(foil) == 1
    assert foil[0][2] == pytest.approx(found_effective(workspace) / 2)


def found_effective(workspace: Workspace) -> float:
    with workspace.session() as session:
        rated = rate_nodes(view_chain(session, workspace.knowledge, QUZHOU, "lithium-battery"))
    return next(one.effective_firms for one in rated if one.node == "lithium-battery/copper-foil")


def test_an_import_that_fails_keeps_what_was_kept(workspace: Workspace, tmp_path: Path) -> None:
    take_in(workspace, tmp_path, NAMES[:1], "锂电铜箔的生产", source="one")
    kept = changes(workspace)

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(workspace.engine, "commit", fail)
    with pytest.raises(RuntimeError):
        take_in(workspace, tmp_path, NAMES[1:], "锂电铜箔的生产", source="two")
    event.remove(workspace.engine, "commit", fail)
    assert changes(workspace) == kept


def test_ratings_of_other_chains_than_now_are_not_compared(workspace: Workspace, tmp_path: Path) -> None:
    take_in(workspace, tmp_path, NAMES, "锂电铜箔的生产")
    _pretend_older_chains(workspace.engine)
    rematch_all(workspace.engine, workspace.knowledge)
    found = changes(workspace)
    assert not found.comparable
    assert found.nodes == ()
    assert found.firms_now - found.firms_before == len(NAMES)


def _pretend_older_chains(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE data_before SET chains_hash = 'other'")
    with reading_session(engine) as session:
        assert read_before(session) is not None


@pytest.mark.parametrize(
    ("before", "now", "sort"),
    [
        (Rating.MISSING, Rating.BALANCED, ChangeOf.CLOSED),
        (Rating.WEAK, Rating.STRONG, ChangeOf.CLOSED),
        (Rating.STRONG, Rating.WEAK, ChangeOf.OPENED),
        (Rating.BALANCED, Rating.SUSPECTED, ChangeOf.OPENED),
        (Rating.MISSING, Rating.WEAK, ChangeOf.BETTER),
        (Rating.BALANCED, Rating.STRONG, ChangeOf.BETTER),
        (Rating.SUSPECTED, Rating.MISSING, ChangeOf.WORSE),
        (Rating.UNOBSERVED, Rating.MISSING, ChangeOf.SEEN),
        (Rating.STRONG, Rating.UNOBSERVED, ChangeOf.UNSEEN),
    ],
)
def test_a_change_has_one_word(before: Rating, now: Rating, sort: ChangeOf) -> None:
    assert NodeChange("c", "链", "c/n", "环节", before, now, 0.0, 1.0).sort is sort
