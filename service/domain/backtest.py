"""The back-test of entries: which empty (region, node) cells get their first firm within some years.

What was known at the freeze is scored by the fitted model and by simpler rankings on the same rows, and held
against what came. The fitted model never sees the provinces that it is tested on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.coverage import PRESENT, BoolArray, Coverage, FloatArray, IntArray
from service.domain.landscape import Landscape
from service.domain.logistic import LogisticModel, fit_logistic
from service.domain.ranking_quality import (
    BOOTSTRAPS,
    CalibrationBin,
    Interval,
    Quality,
    Ranking,
    calibrate,
    draw_weights,
    interval_of,
    measure,
)

CUTS = (100, 1000)
FOLDS = 5
MIN_KNOWN = 3.0
"""Effective firms of any chain that a region must have at the freeze to be asked about."""

RIDGE = 10.0
"""Chosen on the window before the one that is reported (docs/backtest.md)."""

YARDSTICK = "density"
FITTED = "fitted"


@dataclass(frozen=True, eq=False)
class EntryTask:
    """M empty cells at the freeze, and which of them got a firm.

    `row`, `column` (M,): places in `regions` and `nodes`. `province` (M,): adcode of the cell's province.
    `factors` and `simple` (rankings that need no fit) hold (M,) each by name.
    """

    regions: tuple[str, ...]
    nodes: tuple[str, ...]
    row: IntArray
    column: IntArray
    province: npt.NDArray[np.str_]
    outcome: BoolArray
    factors: Mapping[str, FloatArray]
    simple: Mapping[str, FloatArray]

    def where(self, kept: BoolArray) -> EntryTask:
        """Return the task of some of the rows."""
        return EntryTask(
            self.regions,
            self.nodes,
            self.row[kept],
            self.column[kept],
            self.province[kept],
            self.outcome[kept],
            {name: values[kept] for name, values in self.factors.items()},
            {name: values[kept] for name, values in self.simple.items()},
        )


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One ranking on the rows of the test; ratios are to relatedness density on the same rows."""

    name: str
    quality: Quality
    ratio: float
    ratio_interval: Interval


@dataclass(frozen=True, slots=True)
class EntryReport:
    """What the back-test found. `model` is the one fitted on all rows that may be fitted on.

    `fitted_folds` were scored by a model fitted on other provinces, `shipped_folds` by the fallback.
    """

    cells: int
    entries: int
    base_rate: float
    provinces_tested: tuple[str, ...]
    models: tuple[ModelResult, ...]
    model: LogisticModel
    fitted_folds: int
    shipped_folds: int
    calibration: tuple[CalibrationBin, ...]


def entry_task(
    landscape: Landscape,
    coverages: Mapping[str, Coverage],
    factors: Mapping[str, FloatArray],
    later: FloatArray,
    provinces: Sequence[str],
    observed: Collection[str],
) -> EntryTask:
    """Return the cells that were empty and observed.

    `later` (R, N): effective firms founded after the freeze, within the horizon. `provinces` (R,): the
    province of each region. `observed`: provinces of which the horizon is seen at least in part; cells of
    others are left out, as are regions with hardly any firm and nodes with none anywhere.
    """
    here = landscape.effective
    regions = np.array([province in observed for province in provinces]) & (here.sum(axis=1) >= MIN_KNOWN)
    nodes = here.sum(axis=0) > 0
    cells = (here < PRESENT) & regions[:, None] & nodes[None, :]
    row, column = np.nonzero(cells)
    return EntryTask(
        landscape.regions,
        landscape.nodes,
        row,
        column,
        np.asarray(provinces, dtype=np.str_)[row],
        later[cells] >= PRESENT,
        {name: np.asarray(values[cells], dtype=np.float64) for name, values in factors.items()},
        {name: values[cells] for name, values in _simple(landscape, coverages).items()},
    )


def _simple(landscape: Landscape, coverages: Mapping[str, Coverage]) -> dict[str, FloatArray]:
    """Rankings that a planner could make without us, each (R, N)."""
    here = landscape.effective
    total, region, node = here.sum(), here.sum(axis=1), here.sum(axis=0)
    quotient = np.zeros(here.shape)
    for key, coverage in coverages.items():
        own = [place for place, leaf in enumerate(landscape.nodes) if leaf.startswith(f"{key}/")]
        chain = coverage.direct.sum(axis=1)
        fair = region * chain.sum() / total if total > 0 else region
        quotient[:, own] = np.divide(chain, fair, out=np.zeros_like(chain), where=fair > 0)[:, None]
    return {
        "firm_count": np.broadcast_to(region[:, None], here.shape),
        "location_quotient": quotient,
        "density": np.nan_to_num(landscape.density, nan=0.0),
        "region_times_node": np.outer(region, node),
    }


def fold_provinces(province: npt.NDArray[np.str_], folds: int = FOLDS) -> dict[str, int]:
    """Return province -> fold: dealt out from the province with most rows to that with fewest, back and
    forth, so that folds are of like size. No province is in two.
    """
    names, counts = np.unique(province, return_counts=True)
    order = [str(names[place]) for place in np.lexsort((names, -counts))]
    deal = [*range(folds), *reversed(range(folds))]
    return {name: deal[place % len(deal)] for place, name in enumerate(order)}


def fit_entries(task: EntryTask, names: Sequence[str], *, ridge: float = RIDGE) -> LogisticModel:
    """Fit the factors `names` on the rows of the task; ValueError where nothing can be learnt from them."""
    return fit_logistic({name: task.factors[name] for name in names}, task.outcome, ridge=ridge)


def run_entries(
    task: EntryTask,
    learning: EntryTask,
    names: Sequence[str],
    *,
    test_provinces: Collection[str] | None = None,
    fallback: LogisticModel | None = None,
    ridge: float = RIDGE,
    bootstraps: int = BOOTSTRAPS,
    seed: int = 20_261_122,
) -> EntryReport:
    """Score the rows of `task` and hold them against what came.

    The model for a row is fitted on rows of `learning` (the same task, or one of an earlier freeze) that lie
    in other provinces: all but `test_provinces`, or, without them, all but the row's fold. Where nothing can
    be learnt there (one province only, no entry), `fallback` scores them.

    Raises ValueError when there is nothing to test on, or to learn from and no `fallback`.
    """
    if test_provinces is None:
        fold_of = fold_provinces(np.concatenate([task.province, learning.province]))
    else:
        fold_of = {str(name): 0 for name in test_provinces}
        task = task.where(np.isin(task.province, list(fold_of)))
    if not 0 < task.outcome.sum() < task.outcome.size:
        raise ValueError("no entry, or nothing but entries, among the rows to test on")
    fold = np.array([fold_of[name] for name in task.province], dtype=np.int64)
    learning_fold = np.array([fold_of.get(name, -1) for name in learning.province], dtype=np.int64)
    odds, chance = np.zeros(task.outcome.size), np.zeros(task.outcome.size)
    shipped = 0
    for part in np.unique(fold):
        model = _fit_or(learning.where(learning_fold != part), names, ridge, fallback)
        shipped += model is fallback
        tested = {name: task.factors[name][fold == part] for name in names}
        odds[fold == part], chance[fold == part] = model.score(tested), model.probability(tested)
    learnt = learning if test_provinces is None else learning.where(learning_fold == -1)
    equal = np.mean([task.factors[name] for name in names], axis=0)
    scores = {**task.simple, "equal": equal, FITTED: odds}
    return EntryReport(
        cells=int(task.outcome.size),
        entries=int(task.outcome.sum()),
        base_rate=float(task.outcome.mean()),
        provinces_tested=tuple(sorted(set(task.province.tolist()))),
        models=_measure_all(task, scores, bootstraps, seed),
        model=_fit_or(learnt, names, ridge, fallback),
        fitted_folds=int(np.unique(fold).size) - shipped,
        shipped_folds=shipped,
        calibration=tuple(calibrate(chance, task.outcome)),
    )


def _fit_or(
    task: EntryTask, names: Sequence[str], ridge: float, fallback: LogisticModel | None
) -> LogisticModel:
    if fallback is not None and not 0 < task.outcome.sum() < task.outcome.size:
        return fallback
    return fit_entries(task, names, ridge=ridge)


def _measure_all(
    task: EntryTask, scores: Mapping[str, FloatArray], bootstraps: int, seed: int
) -> tuple[ModelResult, ...]:
    """Measure every ranking on the same bootstrap draws, so that ratios are of pairs."""
    _, groups = np.unique(task.row, return_inverse=True)
    weightings = draw_weights(groups, bootstraps, seed)
    base = float(task.outcome.mean())
    found: dict[str, tuple[Quality, FloatArray]] = {
        name: measure(Ranking(values, task.outcome), base, weightings, CUTS)
        for name, values in scores.items()
    }
    yardstick, areas = found[YARDSTICK]
    return tuple(
        ModelResult(name, quality, quality.auc_pr / yardstick.auc_pr, interval_of(own / areas))
        for name, (quality, own) in found.items()
    )
