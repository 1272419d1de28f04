"""From stored links to confidences: the firms behind a coverage, on both databases and on the seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from service.analysis import report_gaps, view_chain
from service.domain.confidence import Ground, rate_confidence
from service.domain.firms import Firm, ReviewState
from service.domain.gaps import Rating
from service.domain.regions import Level
from service.domain.stability import HEAD
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, import_file, refresh_coverage
from service.pipeline.reviews import review_link
from service.stabilities import firm_kinds, judge_chain, judge_region
from service.storage.engine import open_engine, reading_session, write_transaction
from service.storage.links import replace_links
from service.workspace import Workspace
from tests.stored import ids_by_name, links_frame, store, write_csv

CHAIN = "lithium-battery"
LFP, LIPF6 = f"{CHAIN}/lfp", f"{CHAIN}/lipf6"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def test_firms_with_the_same_links_are_one_kind(engine: Engine, knowledge: Knowledge) -> None:
    places = {
        "甲": "330802", "乙": "330803", "丙": "330802", "丁": "330100", "戊": "330000", "己": None,
        "庚": "330802",
    }  # fmt: skip
    listed = {"丙": ("listed",)}
    store(engine, *(Firm(name=name, adcode=at, standing=listed.get(name, ())) for name, at in places.items()))
    ids = ids_by_name(engine)
    links = [(ids[name], LFP, 0.75) for name in places]
    links += [(ids["丁"], LIPF6, 0.5), (ids["庚"], LIPF6, 0.4)]  # under 0.5: not counted
    with write_transaction(engine) as connection:
        replace_links(connection, ids.values(), links_frame(links))
        refresh_coverage(connection, knowledge)
    review_link(engine, knowledge, ids["庚"], LFP, ReviewState.REJECTED, decided_by="王")
    with reading_session(engine) as session:
        view = view_chain(session, knowledge, "330800", CHAIN)
        kinds = firm_kinds(session, knowledge.geography, view.coverage)
    assert np.allclose(kinds.direct(len(view.coverage.regions)), view.coverage.direct)
    # 衢州: 甲 and 乙 alike, 丙 the same but an anchor, 庚 rejected; 杭州: 丁 with two links. 戊 and 己 stand
    # in no city.
    quzhou, hangzhou = (view.coverage.row(code) for code in ("330800", "330100"))
    lfp, lipf6 = (view.coverage.column(node) for node in (LFP, LIPF6))
    found = sorted(
        (int(row), int(firms), float(kinds.links[kind, lfp]), float(kinds.links[kind, lipf6]),
         bool(kinds.anchors[kind, lfp]))
        for row, kind, firms in zip(kinds.rows, kinds.kinds, kinds.firms, strict=True)
    )  # fmt: skip
    assert found == sorted(
        [
            (quzhou, 2, 0.75, 0.0, False),
            (quzhou, 1, 0.75, 0.0, True),
            (hangzhou, 1, 0.75, 0.5, False),
        ]
    )
    above = {*view.coverage.chain.ancestors(LFP)}
    assert above, "the node stands in a group"
    anchored = kinds.anchors.any(axis=0)
    assert {node.id for node, yes in zip(view.coverage.chain.nodes, anchored, strict=True) if yes} == {
        LFP,
        *above,
    }


def test_no_firms_at_all(engine: Engine, knowledge: Knowledge) -> None:
    with reading_session(engine) as session:
        view = view_chain(session, knowledge, "330800", CHAIN)
        found = judge_chain(session, knowledge, view, report_gaps(knowledge, view))
    assert (found.gaps, found.confidences, found.stability.gaps) == ((), {}, 0)


@pytest.mark.parametrize("level", list(Level))
def test_the_firms_of_the_seed_add_up_to_its_coverage(workspace: Workspace, level: Level) -> None:
    knowledge = workspace.knowledge
    region = {Level.PROVINCE: "330000", Level.CITY: "330800", Level.COUNTY: "330802"}[level]
    with workspace.session() as session:
        for chain in knowledge.chains:
            coverage = view_chain(session, knowledge, region, chain).coverage
            kinds = firm_kinds(session, knowledge.geography, coverage)
            assert np.allclose(kinds.direct(len(coverage.regions)), coverage.direct), chain
            anchors = np.zeros(coverage.anchors.shape, dtype=bool)
            np.logical_or.at(anchors, kinds.rows, kinds.anchors[kinds.kinds])
            assert (anchors == coverage.anchors).all(), chain


def test_confidences_follow_the_data(workspace: Workspace, tmp_path: Path) -> None:
    knowledge = workspace.knowledge

    def judged() -> dict[str, Ground]:
        with workspace.session() as session:
            view = view_chain(session, knowledge, "330800", CHAIN)
            found = judge_chain(session, knowledge, view, report_gaps(knowledge, view)).confidences
            fresh = firm_kinds(session, knowledge.geography, view.coverage)
            assert found == rate_confidence(view.coverage, "330800", fresh)
            return {node: one.ground for node, one in found.items()}

    before = judged()
    missing = next(node for node in (f"{CHAIN}/wet-separator", LFP) if before[node] is Ground.ABSENCE)
    path = write_csv(tmp_path / "名单.csv", {"企业名称": ["甲厂"], "区划代码": ["330802"], "环节": [missing]})
    import_file(workspace.engine, knowledge, path, ImportOptions(), rejects_dir=tmp_path)
    assert judged()[missing] is Ground.RESAMPLED


def test_all_chains_of_a_region_as_one_list(workspace: Workspace) -> None:
    knowledge = workspace.knowledge
    with workspace.session() as session:
        found = judge_region(session, knowledge, "衢州")
        assert [gap.priority for gap in found.gaps] == sorted(
            (gap.priority for gap in found.gaps), reverse=True
        )
        assert len({gap.node for gap in found.gaps}) == len(found.gaps) == found.stability.gaps > HEAD
        assert found.stability.mark is not None
        assert {gap.node for gap in found.gaps} <= found.confidences.keys()
        assert len({gap.node.partition("/")[0] for gap in found.gaps}) > 1
        view = view_chain(session, knowledge, "衢州", CHAIN)
        alone = judge_chain(session, knowledge, view, report_gaps(knowledge, view))
        own = [gap for gap in alone.gaps if gap.node.startswith(f"{CHAIN}/")]
        assert [gap for gap in found.gaps if gap.node.startswith(f"{CHAIN}/")] == own
        assert all(gap.rating is not Rating.UNOBSERVED for gap in found.gaps)
        with pytest.raises(InvalidQuery):
            judge_region(session, knowledge, "330800", level=Level.COUNTY)
