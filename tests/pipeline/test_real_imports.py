"""Imports of real files as a bureau would hand them in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select

from service.analysis import rate_nodes, view_chain
from service.domain.gaps import Basis, Rating
from service.domain.regions import Level
from service.errors import UnknownRegion
from service.ingest.firm_files import read_table
from service.knowledge import Knowledge
from service.pipeline.imports import ImportOptions, ImportReport, import_file
from service.settings import Settings
from service.storage.engine import open_engine
from service.storage.frames import column
from service.storage.tables import FirmRow
from service.workspace import Workspace

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
QUZHOU = "330800"
BYTES = 2 << 30


def run(workspace: Workspace, path: Path, **options: Any) -> ImportReport:
    return import_file(
        workspace.engine,
        workspace.knowledge,
        path,
        ImportOptions(**options),
        rejects_dir=workspace.settings.rejects_dir,
    )


@pytest.fixture
def exchange_list(real_data: Path) -> Path:
    return real_data / "listed" / "szse_A股列表_2025-12-30.xlsx"


def test_the_list_of_an_exchange_as_it_is(workspace: Workspace, exchange_list: Path) -> None:
    first = run(workspace, exchange_list)
    assert first.rows == 2880
    assert first.rows == first.accepted + first.updated + first.rejected
    assert first.updated > 0, "some of the seed firms are listed in Shenzhen"
    assert first.rejected < 0.01 * first.rows
    assert first.located["city"] >= 0.985 * first.rows
    again = run(workspace, exchange_list)
    assert (again.accepted, again.updated) == (0, first.accepted + first.updated)


def test_the_city_is_found_from_the_address_alone(
    knowledge: Knowledge, exchange_list: Path, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    workspace = Workspace(settings, open_engine(settings.sqlalchemy_url), knowledge)
    table = read_table(exchange_list)
    places = [name for name in table.headers if name.replace(" ", "") in ("省份", "城市")]
    assert len(places) == 2
    bare = table.frame.drop(places)
    path = tmp_path / "没有省市.xlsx"
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet()
    page.write_row(0, 0, bare.columns)
    for number, row in enumerate(bare.iter_rows(), start=1):
        page.write_row(number, 0, row)
    book.close()
    run(workspace, path)
    with workspace.session() as session:
        wanted_columns = select(column(FirmRow, "name"), column(FirmRow, "adcode"))
        found = {row.name: row.adcode for row in session.execute(wanted_columns)}
    name_column = next(name for name in table.headers if name.replace(" ", "") == "公司全称")
    right = wanted = 0
    for name, province, city in table.frame.select(name_column, *sorted(places, reverse=True)).iter_rows():
        expected = _city(knowledge, province, city)
        wanted += 1
        code = found.get(name)
        right += code is not None and expected == knowledge.geography.at_level(code, Level.CITY)
    assert wanted == 2880
    assert right / wanted >= 0.985
    workspace.engine.dispose()


def _city(knowledge: Knowledge, province: str | None, city: str | None) -> str | None:
    """The code of the city that the exchange names, at city level; None where it names none we know."""
    for text in (f"{province}{city}", city, province):
        try:
            region = knowledge.geography.find(text or "")
        except UnknownRegion:
            continue
        return knowledge.geography.at_level(region.adcode, Level.CITY)
    return None


@pytest.fixture(scope="module")
def register(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Import the register of a province twice in a process of its own; return the folder and the reports."""
    folder = tmp_path_factory.mktemp("register") / "data"
    file = real_data / "registrations" / "浙江.parquet"
    command = [sys.executable, "-m", "tests.measure_import", str(folder), str(file), QUZHOU]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    return folder, json.loads(done.stdout)


def test_a_provinces_register_is_taken_whole_and_once(register: tuple[Path, list[dict[str, Any]]]) -> None:
    first, again = register[1]
    assert first["rows"] == 174_300
    for report in (first, again):
        assert report["rows"] == report["accepted"] + report["updated"] + report["rejected"]
    assert first["rejected"] < 100
    assert (again["accepted"], again["rejected"]) == (0, first["rejected"])
    assert again["updated"] == first["accepted"] + first["updated"]
    assert again["links"] == first["links"] > 1_000
    assert first["located"]["city"] > 0.99 * first["rows"]


def test_a_provinces_register_is_taken_in_memory(
    register: tuple[Path, list[dict[str, Any]]],
) -> None:
    for report in register[1]:
        assert report["peak_bytes"] < BYTES
        assert report["peak_bytes_apart"] < BYTES


def test_what_the_register_lacks_is_missing_in_its_city_only(
    register: tuple[Path, list[dict[str, Any]]], knowledge: Knowledge
) -> None:
    settings = Settings(data_dir=register[0])
    workspace = Workspace(settings, open_engine(settings.sqlalchemy_url), knowledge)
    with workspace.session() as session:
        for chain in knowledge.chains:
            here = rate_nodes(view_chain(session, knowledge, QUZHOU, chain))
            assert {rating.basis for rating in here} == {Basis.COMPLETE}
            assert Rating.SUSPECTED not in {rating.rating for rating in here}
            assert Rating.MISSING in {rating.rating for rating in here}
            absent = [rating for rating in here if rating.effective_firms < 0.5]
            assert {rating.rating for rating in absent} <= {Rating.MISSING, Rating.UNOBSERVED}
            for other in ("330700", "330100", "310000"):
                there = rate_nodes(view_chain(session, knowledge, other, chain))
                assert Rating.MISSING not in {rating.rating for rating in there}
    workspace.engine.dispose()
