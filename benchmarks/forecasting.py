"""Forecasts of real series beside the seasonal naive one and skforecast's lasso, by MASE.

    TAUT_DATA=FOLDER python -m benchmarks.forecasting [Victoria] [Chicago] ...

From each of ten to thirty origins, a horizon apart, at the end of each series every method is
fitted on all that came before and forecasts one horizon. skforecast's ForecasterRecursive has the
same lags, with scikit-learn's lasso on standardised lags; its strength comes from the same
rolling-origin folds. Seconds are of the processor, for one fit and forecast.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from taut.applications import LagForecaster

_MOST_MODELS = 14  # of direct forecasts, one for each step


@dataclass(frozen=True)
class Case:
    """A series, its season and horizon in steps, and what else than lags is worth a try."""

    file: str
    target: str
    season: int
    horizon: int
    lags: int
    more: dict = field(default_factory=dict)
    time: str | None = None
    last: int | None = None
    origins: int = 20
    dates: dict = field(default_factory=dict)

    def read(self, folder: Path) -> pd.Series:
        table = pd.read_csv(folder / self.file)
        stamps = pd.to_datetime(table[self.time], **self.dates)
        series = pd.Series(table[self.target].to_numpy(float), index=pd.DatetimeIndex(stamps))
        return series.rename(self.target).iloc[-self.last :] if self.last else series


CASES = {
    "Chicago ridership, daily": Case(
        "chicago_ridership/chicago.csv.gz", "ridership", 7, 14, 28,
        {"lags": (*range(1, 29), 357, 364, 371), "rolling": (7, 28), "calendar": ("weekday",)},
        "date",
    ),
    "bike sharing, daily": Case(
        "bike_sharing/day.csv.gz", "cnt", 7, 14, 28,
        {"rolling": (7, 28), "fourier": {365.25: 1}}, "dteday",
        dates={"format": "%m/%d/%Y"},
    ),
    "ETTh1 oil temperature, hourly": Case(
        "ett/ETTh1.csv.gz", "OT", 24, 24, 24,
        {"rolling": (24, 48), "calendar": ("hour",)}, "date", 2000,
        origins=10,
    ),
    "Victoria demand, half-hourly": Case(
        "time_series/vic_elec.csv.gz", "Demand", 48, 48, 96,
        {"lags": (*range(1, 49), *range(330, 343)), "fourier": {48: 6, 336: 3}}, "Time", 6000,
        origins=30,
    ),
    "air passengers, monthly": Case(
        "time_series/airline_passengers.csv.gz", "Passengers", 12, 6, 24,
        {"calendar": ("month",), "rolling": (12,)}, "Month",
        origins=10,
    ),
}  # fmt: skip


def seasonal_naive(train, horizon, season):
    """The last season again."""
    return np.resize(train.to_numpy()[-season:], horizon)


def skforecast_lasso(train, horizon, lags):
    from skforecast.recursive import ForecasterRecursive
    from sklearn.linear_model import LassoCV
    from sklearn.model_selection import TimeSeriesSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    lasso = make_pipeline(StandardScaler(), LassoCV(cv=TimeSeriesSplit(5)))
    model = ForecasterRecursive(lasso, lags=lags)
    model.fit(train.reset_index(drop=True))
    return model.predict(horizon).to_numpy()


def taut_lasso(train, horizon, **options):
    return LagForecaster(horizon=horizon, **options).fit(train).predict().to_numpy()[:, 0]


def mase(actual, forecast, train, season) -> float:
    """Mean absolute error over that of the seasonal naive forecast one season ahead in training.

    Hyndman, R. and Koehler, A. (2006). Another look at measures of forecast accuracy. International
    Journal of Forecasting 22, 679-688.
    """
    scale = np.abs(train[season:] - train[:-season]).mean()
    return float(np.abs(actual - forecast).mean() / scale)


def methods(case: Case) -> dict:
    ours = partial(taut_lasso, lags=case.lags)
    found = {
        "seasonal naive": partial(seasonal_naive, season=case.season),
        "skforecast, lags": partial(skforecast_lasso, lags=case.lags),
        "taut, lags": ours,
        "taut, lags and more": partial(ours, **case.more),
    }
    if case.horizon <= _MOST_MODELS:
        found["taut, the same, direct"] = partial(ours, **case.more, strategy="direct")
    return found


def measure(case: Case, series: pd.Series) -> pd.DataFrame:
    """MASE and seconds of each method, averaged over origins."""
    rows = []
    for origin in range(case.origins, 0, -1):
        cut = len(series) - origin * case.horizon
        train, actual = series.iloc[:cut], series.to_numpy()[cut : cut + case.horizon]
        # Interleaved, so that a busy moment falls on all.
        for name, forecast in methods(case).items():
            start = time.process_time()
            found = forecast(train, case.horizon)
            seconds = time.process_time() - start
            rows.append((name, mase(actual, found, train.to_numpy(), case.season), seconds))
    table = pd.DataFrame(rows, columns=["method", "MASE", "seconds"])
    return table.groupby("method", sort=False).mean()


def main():
    folder = Path(os.environ["TAUT_DATA"])
    warnings.filterwarnings("ignore", category=UserWarning)
    asked = sys.argv[1:] or [""]
    for name, case in CASES.items():
        if not any(part in name for part in asked):
            continue
        series = case.read(folder)
        print(f"\n{name}: {len(series)} steps, horizon {case.horizon}, {case.lags} lags")
        print(measure(case, series).round({"MASE": 3, "seconds": 2}).to_string(), flush=True)


if __name__ == "__main__":
    main()
