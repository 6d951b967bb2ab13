"""Forecast a series from its own past, last year's and the calendar, with intervals.

With TAUT_DATA the series is the daily ridership of Chicago's elevated trains; without it a series
with a weekly and a yearly season is drawn here.
"""

import numpy as np
import pandas as pd
from _common import arguments

import taut
from taut.applications import LagForecaster

HORIZON = 28


def made_up(n_days=1200, seed=0):
    """Weekdays above weekends, summers above winters, and errors that linger."""
    rng, days = np.random.default_rng(seed), np.arange(n_days)
    lingering = np.zeros(n_days)
    for t in range(1, n_days):
        lingering[t] = 0.7 * lingering[t - 1] + 0.4 * rng.normal()
    index = pd.date_range("2022-01-01", periods=n_days, name="date")
    weekly = np.where(index.dayofweek < 5, 17.0, 9.0)
    yearly = 1.5 * np.sin(2 * np.pi * (days - 100) / 365.25)
    return pd.Series(weekly + yearly + lingering, index, name="riders (thousands)")


def read(options):
    if options.data is None:
        print("a series drawn here (TAUT_DATA names no folder, or --quick)")
        return made_up()
    table = pd.read_csv(options.data / "chicago_ridership" / "chicago.csv.gz")
    index = pd.DatetimeIndex(table["date"], name="date")
    series = pd.Series(table["ridership"].to_numpy(), index, name="riders (thousands)")
    # The four weeks that are held out have Christmas in them, of which last week knows nothing.
    return series[:"2016-01-10"]


def main():
    options = arguments(__doc__.splitlines()[0])
    series = read(options)
    train, actual = series.iloc[:-HORIZON], series.iloc[-HORIZON:]

    model = LagForecaster(
        lags=[*range(1, 29), 357, 364, 371],
        horizon=HORIZON,
        alpha=taut.CV(folds=5),
        rolling=(7, 28),
        calendar=["weekday"],
    ).fit(train)
    print(f"alpha {model.alpha_:.3g}, lags kept: {model.selected_lags_.tolist()}")

    forecast = model.predict()[series.name]
    naive = np.resize(train.to_numpy()[-7:], HORIZON)
    print(f"mean absolute error, last week again: {np.abs(actual - naive).mean():.3f}")
    print(f"mean absolute error, LagForecaster:   {np.abs(actual - forecast).mean():.3f}")
    interval = model.predict_interval(coverage=0.9)
    inside = (actual >= interval["lower"]) & (actual <= interval["upper"])
    print(f"{inside.sum()} of {HORIZON} days within their 90 % interval")

    display = model.plot(actual=actual, coverage=0.9)
    display.ax_.set_title(
        f"Four weeks ahead: off by {np.abs(actual - forecast).mean():.2f} on average, last week "
        f"again by {np.abs(actual - naive).mean():.2f}",
        loc="left", fontsize=11, pad=34,
    )  # fmt: skip
    display.figure_.savefig(options.output / "forecast.png", dpi=110)


if __name__ == "__main__":
    main()
