"""What every page needs is worked out behind the requests, for each new state of the data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from service import coverages, stabilities, standings
from service.domain.regions import Level
from service.gap_lists import judge_gaps
from service.overview import find_overview
from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.storage.sources import data_version
from service.warming import Warmer, warming_steps
from service.web.app import create_app
from service.workspace import Workspace
from tests.apart import run_apart
from tests.stored import write_csv

REGIONS = ("330800", "330802", "330000", "110101", "542521")
ROWS = {"企业名称": ["衢州新膜有限公司"], "地址": ["浙江省衢州市柯城区"], "主营产品": ["涂覆隔膜"]}


def wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.05)


def version_of(workspace: Workspace) -> str:
    with workspace.session() as session:
        return data_version(session)


def refuse(*_values: object) -> NoReturn:
    raise AssertionError("built for a question that should have found it ready")


def test_after_all_steps_no_first_question_builds_a_coverage(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Provinces, cities and counties, seen through the same sources and through none."""
    for step in warming_steps(workspace):
        step()
    monkeypatch.setattr(coverages, "_build", refuse)
    monkeypatch.setattr(coverages, "_build_around", refuse)
    monkeypatch.setattr(standings, "stand", refuse)
    monkeypatch.setattr(stabilities, "firm_kinds", refuse)
    judged = {}
    with workspace.session() as session:
        for region in REGIONS:
            found = find_overview(session, workspace.knowledge, region)
            assert (found.region.adcode, len(found.chains)) == (region, len(workspace.knowledge.chains))
            judged[region] = judge_gaps(session, workspace.knowledge, region, "lithium-battery")
    assert judged["330800"].gaps
    assert not judged["542521"].gaps, "nothing is known of it, so nothing is said to be missing"


def test_every_chain_is_worked_out_at_each_level_for_overviews_and_for_lists(workspace: Workspace) -> None:
    """The seed firms come from one source for the whole country: one comparison set a level."""
    chains, levels = len(workspace.knowledge.chains), len(Level)
    assert len(list(warming_steps(workspace))) == levels * (chains + 1) + levels * chains


def test_each_state_of_the_data_is_worked_out(workspace: Workspace, tmp_path: Path) -> None:
    """One chain, so that it is quick: the rest of the work is the same."""
    chains = {"lithium-battery": workspace.knowledge.chain("lithium-battery")}
    small = replace(workspace, knowledge=replace(workspace.knowledge, chains=chains))
    warmer = Warmer(lambda: small, look_every_s=0.05)
    warmer.start()
    first = version_of(workspace)
    wait_until(lambda: warmer.done == first)
    import_file(
        workspace.engine,
        workspace.knowledge,
        write_csv(tmp_path / "名单.csv", ROWS),
        ImportOptions(),
        rejects_dir=workspace.settings.rejects_dir,
    )
    second = version_of(workspace)
    assert second != first
    wait_until(lambda: warmer.done == second)
    warmer.close()


def test_a_service_begins_to_work_out_and_ends_with_it(data_dir: Path) -> None:
    async def run(*, warm: bool) -> bool:
        app = create_app(Settings(data_dir=data_dir), warm=warm)
        async with app.router.lifespan_context(app):
            return _works()

    assert run_apart(run(warm=True))
    assert not _works()
    assert not run_apart(run(warm=False))


def _works() -> bool:
    return any(thread.name == "warmer" for thread in threading.enumerate())


def test_it_stops_in_the_middle_and_a_service_that_was_not_told_to_warm_does_not(
    workspace: Workspace,
) -> None:
    warmer = Warmer(lambda: workspace)
    warmer.start()
    warmer.close()
    assert warmer.done is None
    Warmer(lambda: workspace).close()
