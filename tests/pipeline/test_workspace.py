"""Opening the data folder: the first start, the next one, and one after the chains have changed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from service.analysis import report_gaps, view_chain
from service.datafiles import data_folder
from service.domain.firms import ReviewState
from service.pipeline.imports import ImportOptions, import_file
from service.pipeline.reviews import review_link
from service.settings import Settings
from service.storage.candidates import find_firm, list_firms, read_links_of, read_node_firms
from service.storage.sources import data_version, list_sources
from service.targeting import rank_targets
from service.workspace import Workspace, open_workspace
from tests.stored import row_counts, write_csv

LFP = "lithium-battery/lfp"


def test_the_first_start_takes_the_seed_and_the_next_changes_nothing(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    with open_workspace(settings) as workspace, workspace.session() as session:
        assert [source.key for source in list_sources(session)] == ["seed"]
        assert list_firms(session)[0] > 500
        version, counts = data_version(session), row_counts(workspace.engine)
    stages: list[str] = []
    with open_workspace(settings, progress=lambda stage, _: stages.append(stage)) as workspace:
        assert stages == []
        assert row_counts(workspace.engine) == counts
        with workspace.session() as session:
            assert data_version(session) == version


def test_changed_chains_are_matched_again_and_decisions_stay(data_dir: Path, tmp_path: Path) -> None:
    chains = Path(shutil.copytree(data_folder("chains"), tmp_path / "chains"))
    file = write_csv(
        tmp_path / "名单.csv",
        {"企业名称": ["甲有限公司", "乙有限公司"], "经营范围": ["磷酸铁锂生产", "某某新词生产"]},
    )
    settings = Settings(data_dir=data_dir, chains_dir=chains)
    with open_workspace(settings) as workspace:
        import_file(
            workspace.engine, workspace.knowledge, file, ImportOptions(), rejects_dir=settings.rejects_dir
        )
        with workspace.session() as session:
            first, second = (find_firm(session, f"n:{name}有限公司").id for name in "甲乙")
            assert LFP not in {link.node for link in read_links_of(session, [second])[second]}
            version = data_version(session)
        review_link(workspace.engine, workspace.knowledge, first, LFP, ReviewState.REJECTED, decided_by="王")
    path = chains / "lithium-battery.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("terms: [磷酸铁锂, ") == 1
    path.write_text(text.replace("terms: [磷酸铁锂, ", "terms: [某某新词, 磷酸铁锂, "), encoding="utf-8")
    stages: list[str] = []
    with open_workspace(settings, progress=lambda stage, _: stages.append(stage)) as workspace:
        assert "匹配环节" in stages
        with workspace.session() as session:
            assert data_version(session) != version
            linked = {one.firm.id for one in read_node_firms(session, [LFP])}
            assert second in linked
            assert first not in linked


@pytest.mark.postgres
def test_both_databases_answer_alike(workspace: Workspace, postgres_url: str, tmp_path: Path) -> None:
    def answers(asked: Workspace) -> list[object]:
        knowledge = asked.knowledge
        with asked.session() as session:
            views = [view_chain(session, knowledge, "330800", chain) for chain in knowledge.chains]
            gaps = [report_gaps(knowledge, replace(view, data_version="")).gaps for view in views]
            targets = rank_targets(session, knowledge, "330800", "lithium-battery/wet-separator")
            _, found = list_firms(session, text="股份", limit=100_000)
        return [gaps, targets.ranked, sorted(firm.key for firm in found)]

    settings = Settings(data_dir=tmp_path / "other", database_url=postgres_url)
    with open_workspace(settings) as other:
        assert answers(other) == answers(workspace)
