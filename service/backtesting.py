"""The back-test as one question: registrations in, what each ranking would have been worth out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from service.asking import Words
from service.domain.backtest import CUTS, EntryReport, EntryTask, entry_task, run_entries
from service.domain.branches import PLACE_FACTORS, branch_task, firms_asked
from service.domain.logistic import LogisticModel
from service.domain.priority import FITTED_FACTORS
from service.domain.regions import Geography, Level
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.pipeline.branches import branch_table
from service.pipeline.cover import years_before
from service.pipeline.frozen import cell_table, freeze, place_links
from service.pipeline.registrations import Registrations, read_registrations
from service.results_backtest import BacktestRead, BranchBacktestRead, CalibrationRead, ModelRead

Progress = Callable[[str, float], None]
LONGEST_HORIZON = 10


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked. `freeze`: the last day that is known. `horizon`: years that are predicted.

    `test_provinces`: scored on these and fitted on all others; without them every province is scored by a
    model fitted on others (five folds). `same_window`: fit on the predicted years of other provinces instead
    of the years before the freeze, which is what could really have been known.
    """

    freeze: dt.date
    horizon: int
    level: Level = Level.CITY
    test_provinces: tuple[str, ...] = ()
    words: Words = Words.SCOPE
    same_window: bool = False


def backtest(
    folders: Sequence[Path],
    knowledge: Knowledge,
    options: BacktestOptions,
    *,
    chains_dir: Path | None = None,
    progress: Progress = lambda _stage, _share: None,
) -> BacktestRead:
    """Read the registrations and run the back-test of entries and that of branches.

    Raises
    ------
    InvalidFirmFile : as `read_registrations`. UnknownRegion : a test province is no region.
    InvalidQuery : the horizon is not 1 to 10 years, or the registrations do not reach beyond the freeze.
    """
    if not 1 <= options.horizon <= LONGEST_HORIZON:
        raise InvalidQuery(f"预测年数应为 1 到 {LONGEST_HORIZON}，写的是 {options.horizon}")
    registrations = read_registrations(
        folders, knowledge, words=options.words, chains_dir=chains_dir, progress=progress
    )
    return backtest_registrations(registrations, knowledge, options, progress=progress)


def backtest_registrations(
    registrations: Registrations,
    knowledge: Knowledge,
    options: BacktestOptions,
    *,
    progress: Progress = lambda _stage, _share: None,
) -> BacktestRead:
    """Run the back-test on registrations that were read; raises as `backtest`."""
    started = time.perf_counter()
    tested = _provinces(knowledge.geography, options.test_provinces)
    progress("回测新设", 0.0)
    past = years_before(options.freeze, options.horizon)
    tasks = Tasks(registrations, knowledge, options)
    task = tasks.entries(options.freeze)
    learning, learnt_at = _learning(task, options, past, tasks.entries)
    shipped = shipped_model(knowledge)
    entries = run_entries(task, learning, FITTED_FACTORS, test_provinces=tested, fallback=shipped)
    progress("回测分支机构", 0.6)
    branches = _branches(tasks, options, tested, past)
    progress("完成", 1.0)
    return BacktestRead(
        freeze=options.freeze,
        horizon_years=options.horizon,
        level=options.level,
        words=options.words,
        learnt_at=learnt_at,
        cells=entries.cells,
        entries=entries.entries,
        base_rate=entries.base_rate,
        province_years=sum(
            options.freeze.year < year <= _last(options).year for _, year in registrations.years
        ),
        provinces_tested=list(entries.provinces_tested),
        fitted_folds=entries.fitted_folds,
        shipped_folds=entries.shipped_folds,
        models=_models(entries),
        intercept=entries.model.intercept,
        coefficients=dict(entries.model.coefficients),
        calibration=[CalibrationRead.model_validate(one) for one in entries.calibration],
        branches=branches,
        seconds=round(time.perf_counter() - started, 1),
    )


def shipped_model(knowledge: Knowledge) -> LogisticModel:
    """Return the fitted weights that ship with the service as the model that they are."""
    weights = knowledge.weights.gap
    return LogisticModel(weights.intercept, {name: weights.values[name] for name in FITTED_FACTORS})


def _provinces(geography: Geography, names: Sequence[str]) -> tuple[str, ...] | None:
    found = tuple(geography.find(name).adcode for name in names)
    wrong = [code for code in found if geography.at_level(code, Level.PROVINCE) != code]
    if wrong:
        raise InvalidQuery(f"测试范围应为省级地区，{'、'.join(wrong)} 不是")
    return found or None


def _last(options: BacktestOptions) -> dt.date:
    return years_before(options.freeze, -options.horizon)


def _learning(
    task: EntryTask, options: BacktestOptions, past: dt.date, ask: Callable[[dt.date], EntryTask]
) -> tuple[EntryTask, dt.date]:
    """The rows to fit on: those of the window before, or of the same where that one shows no entry."""
    if not options.same_window:
        earlier = ask(past)
        if 0 < earlier.outcome.sum() < earlier.outcome.size:
            return earlier, past
    return task, options.freeze


class Tasks:
    """Makes the tasks of one back-test: what was known on a day, and what came within the horizon."""

    def __init__(self, registrations: Registrations, knowledge: Knowledge, options: BacktestOptions) -> None:
        self._firms = registrations.firms
        self._years = registrations.years
        self._knowledge = knowledge
        self._options = options
        geography = knowledge.geography
        self._placed = place_links(registrations.links, registrations.firms, geography, options.level)
        self._regions = [region.adcode for region in geography.regions(options.level)]
        self._provinces = [geography.at_level(code, Level.PROVINCE) or code for code in self._regions]

    def entries(self, day: dt.date) -> EntryTask:
        """The empty cells on `day`; InvalidQuery where no year after it is there."""
        options, knowledge = self._options, self._knowledge
        frozen = freeze(
            self._placed, knowledge.chains, knowledge.geography, options.level, day, self._regions
        )
        end = years_before(day, -options.horizon)
        founded = pl.col("founded")
        later = self._placed.filter((founded > day) & (founded <= end))
        return entry_task(
            frozen.landscape,
            frozen.coverages,
            frozen.factors,
            cell_table(later, frozen.landscape.regions, frozen.landscape.nodes),
            self._provinces,
            self.observed(day),
        )

    def branches(self, day: dt.date) -> EntryTask:
        """The places where a firm's next branch could appear."""
        end = years_before(day, -self._options.horizon)
        table = branch_table(self._firms, self._knowledge.geography, day, end)
        return branch_task(table, self.observed(day))

    def observed(self, day: dt.date) -> set[str]:
        """The provinces of which at least one whole year of the horizon is there."""
        last = day.year + self._options.horizon
        found = {province for province, year in self._years if day.year < year <= last}
        if not found and day == self._options.freeze:
            known = sorted(year for _, year in self._years)
            span = f"{known[0]} 至 {known[-1]} 年" if known else "没有任何年份"
            raise InvalidQuery(f"{day} 之后 {self._options.horizon} 年没有登记数据（登记数据有{span}）")
        return found


def _branches(
    tasks: Tasks, options: BacktestOptions, tested: tuple[str, ...] | None, past: dt.date
) -> BranchBacktestRead | None:
    """The back-test of branches, None where the registrations hold too few of them to learn or to test."""
    task = tasks.branches(options.freeze)
    if not 0 < task.outcome.sum() < task.outcome.size:
        return None
    learning, _ = _learning(task, options, past, tasks.branches)
    try:
        report = run_entries(task, learning, PLACE_FACTORS, test_provinces=tested)
    except ValueError:
        return None
    return BranchBacktestRead(
        firms=len(firms_asked(task)),
        pairs=report.cells,
        branches=report.entries,
        base_rate=report.base_rate,
        models=_models(report),
        coefficients=dict(report.model.coefficients),
    )


def _models(report: EntryReport) -> list[ModelRead]:
    found = []
    for result in report.models:
        quality = result.quality
        found.append(
            ModelRead(
                name=result.name,
                auc_pr=quality.auc_pr,
                interval=_pair(quality.interval.low, quality.interval.high),
                precision_at_100=quality.precision_at[CUTS[0]],
                precision_at_1000=quality.precision_at[CUTS[1]],
                lift=quality.lift,
                lift_at_1000=quality.lift_at[CUTS[1]],
                ratio_to_density=_number(result.ratio),
                ratio_interval=_pair(result.ratio_interval.low, result.ratio_interval.high),
            )
        )
    return found


def _pair(low: float, high: float) -> tuple[float, float] | None:
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
