"""Splits by province, the rows that are asked about, and what a back-test reports."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.backtest import (
    EntryTask,
    entry_task,
    fit_entries,
    fold_provinces,
    run_entries,
)
from service.domain.landscape import Landscape
from service.domain.logistic import LogisticModel

NAMES = ("x", "y")


def made_up(seed: int, provinces: int = 6, rows: int = 900) -> EntryTask:
    """Rows whose entries follow factor x; y is noise."""
    generator = np.random.default_rng(seed)
    x, y = generator.random(rows), generator.random(rows)
    province = generator.integers(0, provinces, rows)
    return EntryTask(
        regions=tuple(f"{code}0000" for code in range(11, 11 + provinces)),
        nodes=("c/n",),
        row=province,
        column=np.zeros(rows, dtype=np.int64),
        province=np.array([f"{code + 11}0000" for code in province]),
        outcome=generator.random(rows) < 0.02 + 0.5 * x**2,
        factors={"x": x, "y": y},
        simple={"density": y, "firm_count": generator.random(rows)},
    )


def test_the_fitted_model_finds_the_factor_that_matters() -> None:
    task = made_up(1)
    report = run_entries(task, made_up(2), NAMES, bootstraps=40)
    by_name = {model.name: model for model in report.models}
    assert set(by_name) == {"density", "firm_count", "equal", "fitted"}
    assert by_name["fitted"].quality.auc_pr > by_name["equal"].quality.auc_pr
    assert by_name["fitted"].ratio_interval.low > 1.2
    assert by_name["density"].ratio == 1.0
    assert report.model.coefficients["x"] > 3 * report.model.coefficients["y"]
    assert (report.fitted_folds, report.shipped_folds) == (5, 0)
    assert report.base_rate == pytest.approx(task.outcome.mean())
    predicted = sum(one.rows * one.predicted for one in report.calibration) / report.cells
    assert predicted == pytest.approx(report.base_rate, rel=0.15)


def test_tested_provinces_are_never_fitted_on() -> None:
    """Rows of the tested province with outcomes turned round must not move the model."""
    learning = made_up(2)
    report = run_entries(made_up(1), learning, NAMES, test_provinces=["110000", "120000"], bootstraps=2)
    inside = np.isin(learning.province, ["110000", "120000"])
    turned = dataclasses.replace(learning, outcome=np.where(inside, ~learning.outcome, learning.outcome))
    again = run_entries(made_up(1), turned, NAMES, test_provinces=["110000", "120000"], bootstraps=2)
    assert report.model == again.model
    assert report.provinces_tested == ("110000", "120000")
    assert report.cells == int(np.isin(made_up(1).province, ["110000", "120000"]).sum())


def test_each_fold_is_fitted_on_the_others() -> None:
    task = made_up(1)
    folds = fold_provinces(task.province)
    left_out = np.array([folds[name] for name in task.province]) == folds["110000"]
    alone = fit_entries(task.where(~left_out), NAMES)
    report = run_entries(task, task, NAMES, bootstraps=2)
    everything = fit_entries(task, NAMES)
    assert report.model == everything
    assert alone != everything


def test_one_province_is_scored_by_the_fallback_or_refused() -> None:
    task = made_up(1, provinces=1)
    shipped = LogisticModel(-3.0, {"x": 2.0, "y": 0.0})
    report = run_entries(task, task, NAMES, fallback=shipped, bootstraps=2)
    assert (report.fitted_folds, report.shipped_folds) == (0, 1)
    with pytest.raises(ValueError, match="positive"):
        run_entries(task, task, NAMES, bootstraps=2)
    nothing = dataclasses.replace(task, outcome=np.zeros(task.outcome.size, dtype=np.bool_))
    with pytest.raises(ValueError, match="no entry"):
        run_entries(nothing, task, NAMES, fallback=shipped)


def test_only_observed_empty_cells_are_asked_about() -> None:
    """A has both leaves but one; B is too small; C lies in a province of which nothing later is seen."""
    table = Landscape(
        regions=("110100", "110200", "120100"),
        nodes=("c/1", "c/2", "c/3"),
        branches=("c", "c", "c"),
        effective=np.array([[3.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 4.0, 0.0]]),
        recent=np.zeros((3, 3)),
        distance_km=np.zeros((3, 3)),
        dated=True,
    )
    later = np.array([[0.0, 0.5, 9.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    factors = {"x": np.arange(9.0).reshape(3, 3)}
    task = entry_task(table, {}, factors, later, ["110000", "110000", "120000"], {"110000"})
    # c/3 has no firm anywhere, so that nothing could be known of it.
    assert [(table.regions[r], table.nodes[c]) for r, c in zip(task.row, task.column, strict=True)] == [
        ("110100", "c/2")
    ]
    assert task.outcome.tolist() == [True]
    assert task.factors["x"].tolist() == [1.0]
    assert task.simple["firm_count"].tolist() == [3.0]
    assert task.simple["region_times_node"].tolist() == [12.0]


@given(st.lists(st.integers(11, 40), min_size=1, max_size=200))
def test_folds_part_provinces_and_are_of_like_size(codes: list[int]) -> None:
    province = np.array([f"{code}0000" for code in codes])
    folds = fold_provinces(province)
    assert set(folds) == set(province.tolist())
    sizes = [sum(folds[name] == fold for name in province) for fold in range(5)]
    largest = max(province.tolist().count(name) for name in set(province.tolist()))
    assert max(sizes) - min(sizes) <= 2 * largest
