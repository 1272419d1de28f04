"""What a back-test and a ranking of regions publish."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from service.asking import Words
from service.domain.regions import Level


class ModelRead(BaseModel):
    """One ranking on the rows of the test. Intervals are 95%, by drawing whole regions with replacement."""

    name: str = Field(examples=["fitted"])
    auc_pr: float
    interval: tuple[float, float] | None
    precision_at_100: float
    precision_at_1000: float
    lift: float = Field(description="auc_pr over the base rate")
    lift_at_1000: float
    ratio_to_density: float | None = Field(description="auc_pr over that of relatedness density, same rows")
    ratio_interval: tuple[float, float] | None


class CalibrationRead(BaseModel):
    """A tenth of the rows, by the probability that the fitted model gave them."""

    model_config = ConfigDict(from_attributes=True)

    rows: int
    predicted: float
    observed: float


class BranchBacktestRead(BaseModel):
    """In which city the next branches of firms appeared."""

    firms: int
    pairs: int
    branches: int
    base_rate: float
    models: list[ModelRead]
    coefficients: dict[str, float]


class BacktestRead(BaseModel):
    """Which empty (region, node) cells got their first firm within the horizon.

    `learnt_at`: the freeze of the window that was fitted on. `fitted_folds` were scored by a model fitted on
    other provinces, `shipped_folds` by the weights that ship with the service, where there were no others.
    """

    freeze: dt.date
    horizon_years: int
    level: Level
    words: Words
    learnt_at: dt.date
    cells: int
    entries: int
    base_rate: float
    province_years: int = Field(description="province-years of the horizon that the registrations hold")
    provinces_tested: list[str]
    fitted_folds: int
    shipped_folds: int
    models: list[ModelRead]
    intercept: float
    coefficients: dict[str, float]
    calibration: list[CalibrationRead]
    branches: BranchBacktestRead | None
    seconds: float
