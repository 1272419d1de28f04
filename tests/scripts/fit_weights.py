"""Run the back-test in all its variants, write docs/backtest.md, and fit the weights that ship.

    python -m tests.scripts.fit_weights --registrations ../shared/data/registrations [--write]

The weights that ship are fitted on all provinces, on the last window that is reported; what they are worth is
told by models that never saw the province they were tested on, nor any year after the freeze.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from service.asking import Words
from service.backtesting import BacktestOptions, Tasks, backtest_registrations
from service.domain.backtest import RIDGE, EntryTask, fit_entries, fold_provinces
from service.domain.branches import PLACE_FACTORS
from service.domain.priority import FITTED_FACTORS
from service.domain.ranking_quality import Ranking
from service.knowledge import Knowledge, load_knowledge
from service.pipeline.registrations import Registrations, read_registrations
from service.results_backtest import BacktestRead, ModelRead
from service.words import GAP_FACTORS
from tests.docs_drift import replace_block

ROOT = Path(__file__).resolve().parents[2]
FREEZE = dt.date(2010, 12, 31)
EARLIER = dt.date(2007, 12, 31)
WEIGHTS = ROOT / "chains" / "weights.yaml"
TARGET_FACTORS = ("capability", "purity", "expansion", "ties", "proximity", "source_region", "carriers")
TITLES = {
    "firm_count": "firm count of the region",
    "location_quotient": "location quotient of the chain",
    "density": "relatedness density",
    "region_times_node": "firm count x node count",
    "gravity": "gravity: log firms - log distance",
    "equal": "our factors, equal weights",
    "fitted": "**our factors, fitted**",
}


def main() -> None:
    """Read the registrations twice (with scopes, names alone), report, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registrations", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = load_knowledge()
    scopes = _read(arguments.registrations, knowledge, Words.SCOPE)
    names = _read(arguments.registrations, knowledge, Words.NAME)
    main_report = _report(scopes, knowledge)
    text = "\n".join(_page(scopes, names, main_report, knowledge))
    weights = _weights(scopes, knowledge, main_report)
    if not arguments.write:
        print(text, weights, sep="\n\n")
        return
    page = ROOT / "docs" / "backtest.md"
    page.write_text(replace_block(page.read_text("utf-8"), "figures", text), encoding="utf-8")
    WEIGHTS.write_text(weights, encoding="utf-8")


def _read(folder: Path, knowledge: Knowledge, words: Words) -> Registrations:
    def tell(stage: str, share: float) -> None:
        print(f"{words}: {stage} {share:.0%}", file=sys.stderr)

    return read_registrations([folder], knowledge, words=words, progress=tell)


def _report(registrations: Registrations, knowledge: Knowledge, **more: object) -> BacktestRead:
    options = BacktestOptions(**{"freeze": FREEZE, "horizon": 3, **more})  # type: ignore[arg-type]
    return backtest_registrations(registrations, knowledge, options)


def _page(
    scopes: Registrations, names: Registrations, report: BacktestRead, knowledge: Knowledge
) -> Iterator[str]:
    yield "### New entries: cities x nodes, frozen at the end of 2010, three years"
    yield ""
    yield (
        f"{report.cells:,} empty cells of {len(report.provinces_tested)} provinces, {report.entries:,} of "
        f"which ({report.base_rate:.2%}) got a firm; fitted on the years after {report.learnt_at} in other "
        f"provinces."
    )
    yield ""
    yield from _table(report.models)
    yield ""
    yield f"For comparison: {_boosted(scopes, knowledge)}"
    yield ""
    yield "Calibration of the fitted model, by tenths of the cells:"
    yield ""
    yield "| | " + " | ".join(str(place) for place in range(1, 11)) + " |"
    yield "|---|" + "---|" * 10
    yield "| said | " + " | ".join(f"{one.predicted:.2%}" for one in report.calibration) + " |"
    yield "| came | " + " | ".join(f"{one.observed:.2%}" for one in report.calibration) + " |"
    yield ""
    yield "### Where it was tried otherwise"
    yield ""
    yield "| | cells | base rate | density | fitted | ratio (95%) | P@1000 density | P@1000 fitted |"
    yield "|---|---|---|---|---|---|---|---|"
    variants: Mapping[str, BacktestRead] = {
        "as above": report,
        "fitted on the same years of other provinces": _report(scopes, knowledge, same_window=True),
        "five years": _report(scopes, knowledge, horizon=5),
        "an earlier freeze (end of 2007)": _report(scopes, knowledge, freeze=EARLIER),
        "tested on 浙江 and 江西 alone": _report(scopes, knowledge, test_provinces=("浙江", "江西")),
        "names only, scopes not read": _report(names, knowledge),
    }
    for title, one in variants.items():
        yield _variant(title, one)
    yield ""
    yield "### Without one factor"
    yield ""
    yield from _ablation(scopes, knowledge)
    yield ""
    yield "### The next branch of a firm"
    yield ""
    if report.branches:
        found = report.branches
        yield (
            f"{found.firms:,} firms that opened a branch in another city, {found.pairs:,} pairs of firm and "
            f"city, {found.branches:,} branches ({found.base_rate:.2%})."
        )
        yield ""
        yield from _table(found.models)


def _table(models: Sequence[ModelRead]) -> Iterator[str]:
    yield "| ranking | AUC-PR (95%) | to density (95%) | P@100 | P@1000 | lift |"
    yield "|---|---|---|---|---|---|"
    for one in models:
        yield (
            f"| {TITLES[one.name]} | {one.auc_pr:.4f} {_span(one.interval, 4)} | {one.ratio_to_density:.2f} "
            f"{_span(one.ratio_interval, 2)} | {one.precision_at_100:.3f} | {one.precision_at_1000:.3f} "
            f"| {one.lift:.1f} |"
        )


def _span(pair: tuple[float, float] | None, digits: int) -> str:
    return f"({pair[0]:.{digits}f} to {pair[1]:.{digits}f})" if pair else ""


def _variant(title: str, report: BacktestRead) -> str:
    by_name = {model.name: model for model in report.models}
    density, fitted = by_name["density"], by_name["fitted"]
    return (
        f"| {title} | {report.cells:,} | {report.base_rate:.2%} | {density.auc_pr:.4f} "
        f"| {fitted.auc_pr:.4f} | {fitted.ratio_to_density:.2f} {_span(fitted.ratio_interval, 2)} "
        f"| {density.precision_at_1000:.3f} | {fitted.precision_at_1000:.3f} |"
    )


def _tasks(registrations: Registrations, knowledge: Knowledge) -> tuple[EntryTask, EntryTask]:
    tasks = Tasks(registrations, knowledge, BacktestOptions(FREEZE, 3))
    return tasks.entries(FREEZE), tasks.entries(EARLIER)


def _scores(task: EntryTask, learning: EntryTask, names: Sequence[str], *, trees: bool) -> float:
    """Area of a model fitted on the earlier window of other provinces."""
    fold_of = fold_provinces(np.concatenate([task.province, learning.province]))
    fold = np.array([fold_of[name] for name in task.province])
    learnt = np.array([fold_of[name] for name in learning.province])
    scores = np.zeros(task.outcome.size)
    for part in range(max(fold_of.values()) + 1):
        known, asked = learning.where(learnt != part), task.where(fold == part)
        if trees:
            model = HistGradientBoostingClassifier(
                max_iter=200, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=200, random_state=0
            ).fit(np.column_stack([known.factors[name] for name in names]), known.outcome)
            table = np.column_stack([asked.factors[name] for name in names])
            scores[fold == part] = model.decision_function(table)
        else:
            scores[fold == part] = fit_entries(known, names).score(asked.factors)
    return Ranking(scores, task.outcome).average_precision()


def _boosted(registrations: Registrations, knowledge: Knowledge) -> str:
    task, learning = _tasks(registrations, knowledge)
    ours = _scores(task, learning, FITTED_FACTORS, trees=False)
    trees = _scores(task, learning, FITTED_FACTORS, trees=True)
    return (
        f"boosted trees on the same factors, free to be anything but explained, reach {trees:.4f} on the "
        f"same rows, ours {ours:.4f} ({ours / trees:.2f} of it)."
    )


def _ablation(registrations: Registrations, knowledge: Knowledge) -> Iterator[str]:
    task, learning = _tasks(registrations, knowledge)
    whole = _scores(task, learning, FITTED_FACTORS, trees=False)
    yield "| left out | AUC-PR | of the whole |"
    yield "|---|---|---|"
    yield f"| nothing | {whole:.4f} | 1.00 |"
    for name in FITTED_FACTORS:
        rest = _scores(task, learning, [one for one in FITTED_FACTORS if one != name], trees=False)
        yield f"| {name} ({GAP_FACTORS[name]}) | {rest:.4f} | {rest / whole:.2f} |"
    old = ["shortfall", "demand_pull", "supply_push", "criticality", "feasibility"]
    five = _scores(task, learning, old, trees=False)
    first = "、".join(GAP_FACTORS[name] for name in old)
    yield f"| all but {first} | {five:.4f} | {five / whole:.2f} |"


def _weights(registrations: Registrations, knowledge: Knowledge, report: BacktestRead) -> str:
    tasks = Tasks(registrations, knowledge, BacktestOptions(FREEZE, 3))
    gap = fit_entries(tasks.entries(FREEZE), FITTED_FACTORS)
    place = fit_entries(tasks.branches(FREEZE), PLACE_FACTORS)
    fitted = next(model for model in report.models if model.name == "fitted")
    mean = sum(gap.coefficients.values()) / len(gap.coefficients)
    lines = [
        "# Weights of the factors of a gap's priority, a target's score and a place; proportions matter.",
        "# Fitted on the back-test (docs/backtest.md), never typed in to please.",
        'version: "2"',
        f"date: {dt.datetime.now(dt.UTC).date()}",
        "how: ridge logistic regression, coefficients not below 0; target factors equal, not fitted",
        "note: 缺链优先级的权重按 2011—2013 年各地新设企业回测拟合；目标企业各因素等权，尚未拟合。",
        "fit:",
        "  gap:",
        f"    intercept: {gap.intercept:.4f}",
        f"    ridge: {RIDGE:g}",
        f'    data: "cities of {len(report.provinces_tested)} provinces, freeze {FREEZE}, 3 years"',
        f"    auc_pr: {fitted.auc_pr:.4f}  # other provinces, the window before",
        f"    ratio_to_density: {fitted.ratio_to_density:.2f}",
        f"    precision_at_1000: {fitted.precision_at_1000:.3f}",
        "  place:",
        f"    intercept: {place.intercept:.4f}",
        "gap:",
        *(f"  {name}: {gap.coefficients[name]:.4f}" for name in FITTED_FACTORS[:5]),
        f"  fit: {mean:.4f}  # no register shows it: the mean of the others",
        *(f"  {name}: {gap.coefficients[name]:.4f}" for name in FITTED_FACTORS[5:]),
        "target:",
        *(f"  {name}: 1" for name in TARGET_FACTORS),
        "place:",
        *(f"  {name}: {place.coefficients[name]:.4f}" for name in PLACE_FACTORS),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
