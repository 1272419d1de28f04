"""The back-test from registration files to the report, and the command that runs it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from service.backtesting import BacktestOptions, backtest_registrations
from service.cli import app
from service.domain.priority import FITTED_FACTORS
from service.errors import InvalidFirmFile, InvalidQuery
from service.knowledge import Knowledge
from service.pipeline.branches import branch_table
from service.pipeline.registrations import Registrations, read_registrations
from tests.registers import PROVINCES, YEARS, write_registers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_registers(tmp_path_factory.mktemp("registers"))


@pytest.fixture(scope="module")
def registrations(folder: Path, knowledge: Knowledge) -> Registrations:
    return read_registrations([folder], knowledge)


def options(**more: object) -> BacktestOptions:
    return BacktestOptions(**{"freeze": date(2010, 12, 31), "horizon": 3, **more})  # type: ignore[arg-type]


def test_every_firm_is_read_linked_and_dated(registrations: Registrations, folder: Path) -> None:
    rows = sum(pl.read_parquet(path).height for path in folder.glob("*.parquet"))
    assert registrations.firms.height == rows
    assert registrations.firms["founded"].null_count() == 0
    assert registrations.firms["adcode"].null_count() == 0
    linked = registrations.links.filter(pl.col("effective") >= 0.5)["firm"].n_unique()
    makers = registrations.firms.filter(~pl.col("name").str.ends_with("分公司")).height
    assert linked >= 0.9 * makers
    assert len(registrations.years) == len(PROVINCES) * len(YEARS)


def test_the_report_compares_all_rankings_on_the_same_rows(
    registrations: Registrations, knowledge: Knowledge
) -> None:
    report = backtest_registrations(registrations, knowledge, options())
    names = {model.name: model for model in report.models}
    assert set(names) == {
        "firm_count", "location_quotient", "density", "region_times_node", "equal", "fitted"
    }  # fmt: skip
    assert report.learnt_at.isoformat() == "2007-12-31"
    assert set(report.coefficients) == set(FITTED_FACTORS)
    assert all(value >= 0 for value in report.coefficients.values())
    assert len(report.provinces_tested) == len(PROVINCES)
    # Cities get what belongs to their theme: structure must tell more than size does.
    assert names["fitted"].auc_pr > 1.3 * names["firm_count"].auc_pr
    assert report.branches is not None
    assert {model.name for model in report.branches.models} >= {"gravity", "firm_count", "fitted", "density"}


def test_a_province_alone_is_scored_by_what_the_others_taught(
    registrations: Registrations, knowledge: Knowledge
) -> None:
    report = backtest_registrations(registrations, knowledge, options(test_provinces=("浙江",)))
    assert report.provinces_tested == ["330000"]
    assert (report.fitted_folds, report.shipped_folds) == (1, 0)


def test_the_same_registrations_give_the_same_report(
    registrations: Registrations, knowledge: Knowledge
) -> None:
    first = backtest_registrations(registrations, knowledge, options(same_window=True))
    second = backtest_registrations(registrations, knowledge, options(same_window=True))
    assert first.model_dump(exclude={"seconds"}) == second.model_dump(exclude={"seconds"})
    assert first.learnt_at.isoformat() == "2010-12-31"


def test_a_window_without_data_is_refused(registrations: Registrations, knowledge: Knowledge) -> None:
    with pytest.raises(InvalidQuery, match="没有登记数据"):
        backtest_registrations(registrations, knowledge, options(freeze=date(2020, 12, 31)))
    with pytest.raises(InvalidQuery, match="省级"):
        backtest_registrations(registrations, knowledge, options(test_provinces=("杭州市",)))


def test_branches_are_known_by_the_parents_whole_name(
    registrations: Registrations, knowledge: Knowledge
) -> None:
    table = branch_table(registrations.firms, knowledge.geography, date(2010, 12, 31), date(2013, 12, 31))
    names = registrations.firms["name"].to_list()
    for firm in table.names:
        assert firm in names
        assert any(name.startswith(firm) and name.endswith("分公司") for name in names)
    assert not (table.before & table.after).any()
    assert table.after.any()


def test_years_that_a_coverage_file_does_not_name_are_left_out(
    tmp_path: Path, folder: Path, knowledge: Knowledge
) -> None:
    for path in folder.glob("*.parquet"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    lines = ["province,year,rows,status"]
    lines += [f"{province},{year},9,present" for province in PROVINCES for year in range(2003, 2011)]
    lines += [f"浙江,{year},9,present" for year in range(2011, 2014)]
    lines += ["江西,2011,0,absent"]
    (tmp_path / "coverage_province_year.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_registrations([tmp_path], knowledge)
    report = backtest_registrations(found, knowledge, options())
    assert report.provinces_tested == ["330000"]
    assert report.province_years == 3


def test_bad_folders_are_named(tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(InvalidFirmFile, match="没有这个文件夹"):
        read_registrations([tmp_path / "none"], knowledge)
    with pytest.raises(InvalidFirmFile, match="没有企业登记表"):
        read_registrations([tmp_path], knowledge)
    (tmp_path / "x.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(InvalidFirmFile, match=r"x\.parquet"):
        read_registrations([tmp_path], knowledge)


def test_the_command_prints_what_was_found(folder: Path) -> None:
    told = [
        "backtest",
        "--registrations",
        str(folder),
        "--freeze",
        "2010-12-31",
        "--test-provinces",
        "浙江,江西",
    ]
    run = CliRunner().invoke(app, [*told, "--format", "json"])
    assert run.exit_code == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["provinces_tested"] == ["330000", "360000"]
    fitted = next(model for model in report["models"] if model["name"] == "fitted")
    assert {"name", "auc_pr", "precision_at_1000", "lift", "interval"} <= fitted.keys()
