"""Forecasts: what they see, how they are chosen, and how wide their intervals are."""

import tracemalloc
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import taut
from taut.applications import LagForecaster
from taut.applications.forecasting import origins
from taut.applications.forecasting.lag_features import Past, ahead
from taut.applications.forecasting.origins import conformal_radius
from taut.applications.forecasting.series import read_series

EVERYTHING = {
    "rolling": (3, 12),
    "differences": (1, 12),
    "calendar": ("month", "weekday", "hour"),
    "fourier": {12: 2},
}


def seasonal(n_samples=180, noise=0.3, seed=0):
    """Season 12, trend, and a first-order autoregression around them."""
    rng, places = np.random.default_rng(seed), np.arange(n_samples)
    errors = np.zeros(n_samples)
    for t in range(1, n_samples):
        errors[t] = 0.6 * errors[t - 1] + noise * rng.normal()
    return 20 + 0.02 * places + 3 * np.sin(2 * np.pi * places / 12) + errors


def months(n_samples):
    return pd.date_range("2001-01-01", periods=n_samples, freq="MS")


@pytest.fixture(scope="module")
def series():
    return pd.Series(seasonal(), index=months(180), name="sales")


@given(
    past=st.builds(
        Past,
        st.lists(st.integers(1, 9), unique=True).map(tuple),
        st.lists(st.integers(1, 9), unique=True).map(tuple),
        st.lists(st.integers(1, 9), unique=True).map(tuple),
    ),
    cut=st.integers(10, 39),
    seed=st.integers(0, 99),
)
def test_no_feature_sees_the_future(past, cut, seed):
    values = np.random.default_rng(seed).normal(size=40)
    changed = values.copy()
    changed[cut:] += 1000.0
    # Row i has origin width - 1 + i: those before the cut may not move by a bit.
    rows = cut - past.width + 1
    np.testing.assert_array_equal(
        past.of_series(values)[:rows], past.of_series(changed)[:rows]
    )  # fmt: skip
    assert len(past.of_series(values)) == 40 - past.width + 1


def test_features_are_what_their_names_say():
    past = Past((1, 3), (4,), (2,))
    values = np.arange(10.0) ** 2
    features = dict(zip(past.names, past.of_series(values)[-1], strict=True))
    assert features == {
        "lag 1": 81, "lag 3": 49, "mean of last 4": (81 + 64 + 49 + 36) / 4, "change over 2": 32
    }  # fmt: skip


def test_calendar_and_waves():
    stamps = np.array(["2024-02-29T13:00", "2024-03-03T00:30"], dtype="datetime64[s]")
    values, names = ahead(np.array([0, 3]), stamps, ("hour", "weekday", "month"), {12: 1})
    told = [{name for name, v in zip(names, row, strict=True) if v == 1.0} for row in values]
    assert {"hour 13", "Thu", "Feb"} <= told[0]
    assert {"hour 0", "Sun", "Mar", "sin 1/12"} <= told[1]


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_beats_the_seasonal_naive_forecast(series, strategy):
    train, actual = series[:-12], series[-12:].to_numpy()
    model = LagForecaster(24, horizon=12, strategy=strategy, fourier={12: 2}).fit(train)
    forecast = model.predict()["sales"]
    naive = train[-12:].to_numpy()
    assert np.abs(forecast - actual).mean() < np.abs(naive - actual).mean()
    assert (forecast.index == series.index[-12:]).all()


def test_a_recursion_of_one_step_is_the_direct_forecast(series):
    models = [
        LagForecaster(12, alpha=0.05, strategy=s).fit(series) for s in ("recursive", "direct")
    ]
    np.testing.assert_allclose(models[0].predict(), models[1].predict())


def test_recursion_by_hand(series):
    model = LagForecaster([1, 12], alpha=0.05).fit(series)
    values = list(series)
    for _ in range(5):
        features = np.array([values[-1], values[-12]])
        values.append(float(features @ model.coef_[0] + model.intercept_[0]))
    np.testing.assert_allclose(model.predict(5)["sales"], values[-5:])


@pytest.mark.parametrize(
    "alpha",
    [None, 0.1, taut.CV(3, rule="1se"), taut.AIC(), taut.BIC(), taut.EBIC()],
    ids=["default", "number", "1se", "AIC", "BIC", "EBIC"],
)
def test_every_rule_for_the_strength(series, alpha):
    model = LagForecaster(24, alpha=alpha).fit(series)
    assert model.alpha_ == (0.1 if alpha == 0.1 else pytest.approx(model.models_[0].alpha_))
    assert 0 < len(model.selected_lags_) <= 24


@pytest.mark.parametrize("l1_ratio", [1.0, 0.4])
def test_strength_counts_in_standard_deviations(series, l1_ratio):
    model = LagForecaster(6, alpha=0.3, l1_ratio=l1_ratio, tol=1e-12).fit(series)
    features = Past(tuple(range(1, 7))).of_series(series.to_numpy())[:-1]
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    expected = taut.ElasticNet(0.3, l1_ratio=l1_ratio, tol=1e-12).fit(scaled, series[6:])
    np.testing.assert_allclose(model.coef_[0] * features.std(axis=0), expected.coef_, atol=1e-6)


def test_folds_never_train_on_what_comes_later(series):
    model = LagForecaster(6, horizon=4, strategy="direct")
    for step in (1, 4):
        rule, splits = model._rule(100, step)
        assert rule.folds == splits
        assert all(train.max() + step <= test.min() for train, test in splits)


def test_every_kind_of_table_gives_the_same_numbers(series):
    frame = series.rename_axis("month").reset_index()
    tables = [
        series, series.to_frame(), frame, pl.from_pandas(frame), series.to_numpy(),
        frame.assign(month=frame["month"].dt.strftime("%Y-%m")),
    ]  # fmt: skip
    found = [LagForecaster(12, alpha=0.1).fit(table).predict(3) for table in tables]
    numbers = [
        table if isinstance(table, np.ndarray) else np.asarray(table["sales"]) for table in found
    ]
    for other in numbers[1:]:
        np.testing.assert_array_equal(other, numbers[0])
    assert found[3].columns == ["month", "sales"]
    assert found[3]["month"].dt.strftime("%Y-%m").to_list() == ["2016-01", "2016-02", "2016-03"]


def test_stamps_of_a_time_zone_and_at_month_ends():
    clock = pd.date_range("2024-03-30", periods=80, freq="h", tz="Europe/Berlin")
    found = LagForecaster(3, alpha=0.1, calendar="hour").fit(pd.Series(seasonal(80), clock))
    assert found.predict().index[0] == clock[-1] + pd.Timedelta(1, "h")
    ends = pd.date_range("2020-01-31", periods=50, freq="ME")
    later = LagForecaster(3, alpha=0.1).fit(pd.Series(seasonal(50), ends)).predict(3)
    assert (later.index == pd.date_range("2024-03-31", periods=3, freq="ME")).all()


@pytest.mark.parametrize("start", ["2024-03-10", "2024-10-06"])
@pytest.mark.parametrize("freq", ["D", "W", "MS", "h"])
def test_summer_time_begins_and_ends(start, freq):
    """Days go by the clock on the wall, hours by time itself; the answer has the zone."""
    clock = pd.date_range(start, periods=40 if freq != "h" else 1000, freq=freq, tz="Europe/Berlin")
    series = pd.Series(seasonal(len(clock)), clock)
    model = LagForecaster(3, alpha=0.1, calendar=["weekday", "hour"]).fit(series[:-3])
    pd.testing.assert_index_equal(
        model.predict(3).index, clock[-3:], check_names=False, exact=False
    )
    frame = pl.DataFrame({"at": clock.tz_convert(None), "y": series.to_numpy()}).with_columns(
        pl.col("at").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
    )
    found = LagForecaster(3, alpha=0.1, calendar=["weekday", "hour"]).fit(frame[:-3]).predict(3)
    assert found["at"].to_list() == frame["at"][-3:].to_list()
    np.testing.assert_array_equal(found["y"], model.predict(3).to_numpy()[:, 0])


def test_calendar_is_that_of_the_wall():
    clock = pd.date_range("2024-03-28", periods=200, freq="h", tz="Europe/Berlin")
    series = pd.Series(clock.hour.to_numpy(float), clock)
    model = LagForecaster([1], alpha=1e-4, calendar=["hour"]).fit(series[:-10])
    np.testing.assert_allclose(model.predict(10).to_numpy()[:, 0], series[-10:], atol=0.1)


def test_columns_in_a_time_zone_are_matched():
    days = pd.date_range("2024-03-10", periods=45, freq="D", tz="Europe/Berlin")
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=45)}, days)
    model = LagForecaster(3, alpha=1e-4).fit(10 * X["x"][:-5].rename("y"), X)
    np.testing.assert_allclose(
        model.predict(1, X[-5:-4]).to_numpy()[:, 0], 10 * X["x"][-5:-4], 0.01
    )


KINDS = {
    "periods": (lambda y: pd.Series(y, pd.period_range("2020-01", periods=len(y), freq="M")),
                lambda found: found.index.equals(pd.period_range("2023-05", periods=2, freq="M"))),
    "days": (
        lambda y: pl.DataFrame({"d": pd.date_range("2024-01-01", periods=len(y)), "y": y}).cast(
            {"d": pl.Date}
        ),
        lambda found: found["d"].dtype == pl.Date and str(found["d"][0]) == "2024-02-10",
    ),
    "rows of pandas": (lambda y: pd.Series(y, range(5, 5 + len(y)), name="y"),
                       lambda found: found.index.tolist() == [45, 46]),
    "rows of polars": (lambda y: pl.Series("y", y), lambda found: found.columns == ["y"]),
    "array": (lambda y: y, lambda found: isinstance(found, np.ndarray)),
    "durations": (
        lambda y: pd.Series(y, pd.timedelta_range(0, periods=len(y), freq="h")),
        lambda found: found.index.tolist() == [pd.Timedelta(40, "h"), pd.Timedelta(41, "h")],
    ),
    "text": (
        lambda y: pd.Series(y, pd.date_range("2024-01-01", periods=len(y)).strftime("%Y-%m-%d")),
        lambda found: str(found.index[0]) == "2024-02-10 00:00:00",
    ),
    "dates": (
        lambda y: pd.Series(y, pd.date_range("2024-01-01", periods=len(y)).date),
        lambda found: str(found.index[0]) == "2024-02-10 00:00:00",
    ),
    "stamps of Python": (
        lambda y: pd.Series(
            y, pd.date_range("2024-01-01", periods=len(y), tz="Europe/Berlin").astype(object)
        ),
        lambda found: str(found.index[0]) == "2024-02-10 00:00:00+01:00",
    ),
    "table of pyarrow": (
        lambda y: pytest.importorskip("pyarrow").table(
            {"at": pd.date_range("2024-01-01", periods=len(y)).to_numpy(), "y": y}
        ),
        lambda found: str(found["at"][0]) == "2024-02-10 00:00:00",
    ),
    "columns without text for names": (
        lambda y: pd.DataFrame({5: y}, pd.date_range("2024-01-01", periods=len(y))),
        lambda found: found.columns.tolist() == ["5"],
    ),
    "fixed offset": (
        lambda y: pd.Series(y, pd.date_range("2024-01-01", periods=len(y), tz="UTC+02:00")),
        lambda found: str(found.index[0]) == "2024-02-10 00:00:00+02:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_the_answer_is_in_kind(name):
    make, is_right = KINDS[name]
    table = make(seasonal(40))
    model = LagForecaster(3, alpha=0.1, horizon=2).fit(table)
    library = type(table).__module__.split(".")[0]
    for found in (model.predict(), model.predict_interval(coverage=0.5)):
        assert type(found).__module__.split(".")[0] == library
    assert is_right(model.predict())


@pytest.mark.parametrize("name", [None, "time", "lower"])
def test_an_index_may_be_called_like_the_series(name):
    clock = pd.date_range("2024-01-01", periods=40, name=name)
    model = LagForecaster(3, alpha=0.1, horizon=2).fit(pd.Series(seasonal(40), clock, name="time"))
    assert model.predict().columns.tolist() == ["time"]
    found = model.predict_interval(coverage=0.5)
    assert found.columns.tolist() == ["lower", "upper"]
    assert found.index.name == name


def test_a_column_of_dates_may_not():
    days = pd.DataFrame({"lower": pd.date_range("2024-01-01", periods=40), "y": seasonal(40)})
    model = LagForecaster(3, alpha=0.1).fit(days)
    assert model.predict().columns.tolist() == ["lower", "y"]
    with pytest.raises(ValueError, match=r"dates of y must not be called 'lower'.*rename"):
        model.predict_interval(coverage=0.5)


ZONES = {
    "pytz": lambda: pytest.importorskip("pytz").timezone("Europe/Berlin"),
    "offset of pytz": lambda: pytest.importorskip("pytz").FixedOffset(-150),
    "dateutil": lambda: pytest.importorskip("dateutil.tz").tzoffset(None, 7200),
    "UTC of dateutil": lambda: pytest.importorskip("dateutil.tz").tzutc(),
    "named": lambda: timezone(timedelta(hours=2), "ours"),
    "zoneinfo": lambda: ZoneInfo("Europe/Berlin"),
}


@pytest.mark.parametrize("freq", ["D", "h"])
@pytest.mark.parametrize("name", ZONES)
def test_zones_of_any_library(name, freq):
    clock = pd.date_range("2024-03-10", periods=50, freq=freq, tz=ZONES[name]())
    series = pd.Series(seasonal(50), clock, name="y")
    model = LagForecaster(3, alpha=0.1, calendar=["hour"])
    found = model.fit(series[:-2]).predict(2)
    pd.testing.assert_index_equal(found.index, clock[-2:], exact=False)
    assert found.index.tz == clock.tz
    column = model.fit(pd.DataFrame({"at": clock, "y": series.to_numpy()})[:-2]).predict(2)
    assert column["at"].tolist() == clock[-2:].tolist()
    assert column["at"].dtype == clock.dtype
    assert_array_equal(column["y"], found["y"])


def test_columns_known_ahead_are_matched_by_date(series):
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"a": rng.normal(size=180), "price": rng.normal(size=180)}, series.index)
    y = series + 5 * X["price"]
    model = LagForecaster(12, horizon=6).fit(y[:-6].rename("sales"), X)
    found = model.predict(X=X[["price", "a"]].iloc[::1])["sales"]
    assert np.abs(found - y[-6:]).mean() < 1.0
    coef = dict(zip(model.get_feature_names_out(), model.coef_[0], strict=True))
    assert coef["price"] == pytest.approx(5, abs=0.3)


def test_intervals_cover():
    hits = []
    for seed in range(12):
        values = seasonal(260, seed=seed)
        model = LagForecaster(12, horizon=4, alpha=0.02, fourier={12: 1}).fit(values[:-4])
        low, high = model.predict_interval(coverage=0.8).T
        hits.extend((values[-4:] >= low) & (values[-4:] <= high))
    assert 0.65 <= np.mean(hits) <= 0.95


def test_conformal_radius_is_the_order_statistic():
    errors = np.array([np.nan, -1.0, 2.0, -3.0, 4.0])
    # ceil((4 + 1) 0.6) = 3: the third smallest of 1, 2, 3, 4.
    assert conformal_radius(errors, 0.6) == 3.0
    with pytest.raises(ValueError, match=r"coverage must be at most 0\.8 with 4 held-out errors"):
        conformal_radius(errors, 0.9)


def test_residuals_belong_to_their_steps(series):
    model = LagForecaster(12, horizon=6, alpha=0.02).fit(series)
    spread = np.nanstd(model.residuals_, axis=0)
    assert model.residuals_.shape[1] == 6
    assert spread[0] < spread[-1]
    # The last origin of the last fold knows one step only.
    assert np.isfinite(model.residuals_[-1]).tolist() == [True] + [False] * 5


def test_conventions(series):
    model = LagForecaster(24, horizon=2, **EVERYTHING)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    fitted = copy.fit(series)
    assert fitted.coef_.shape == (1, len(fitted.get_feature_names_out()))
    assert fitted.n_features_ == fitted.coef_.shape[1]


def test_a_refused_fit_leaves_the_model(series):
    model = LagForecaster(12, alpha=0.1).fit(series)
    before = model.predict(2)
    with pytest.raises(ValueError, match="at least"):
        model.fit(series[:10])
    pd.testing.assert_frame_equal(model.predict(2), before)


def hourly():
    return pd.Series(np.arange(60.0) % 7, pd.date_range("2024-01-01", periods=60, freq="h"))


REFUSED = {
    "gap": (lambda s: s.drop(s.index[[20, 21]]), "none for 2024-01-01T20.* to 2024-01-01T21"),
    "month gap": (
        lambda s: pd.Series(s.to_numpy(), months(60)).drop(months(60)[7]), "none for 2001-08-01"
    ),
    "twice": (lambda s: pd.concat([s[:5], s[4:]]), "2024-01-01T04.* twice at row 5"),
    "backwards": (lambda s: s[::-1], "after a later one at row 1 .*sort"),
    "uneven": (
        lambda s: s.rename(lambda t: t + pd.Timedelta(5, "min") if t == s.index[9] else t),
        "T09:05:00 where 2024-01-01T09:00:00 was due",
    ),
    "gap in text": (
        lambda s: pd.Series(s[:-1].to_numpy(), s.index.delete(9).strftime("%Y-%m-%d %H:%M")),
        "none for 2024-01-01T09",
    ),
    "gap in dates": (
        lambda s: pd.Series(
            s[:-1].to_numpy(), pd.date_range("2024-01-01", periods=60).delete(9).date
        ),
        "none for 2024-01-10",
    ),
    "gap in numbers": (
        lambda s: s.reset_index(drop=True).drop(7), "one step, got 8 after 6 at row 7 .*reset_index"
    ),
    "numbers twice": (
        lambda s: pd.concat([s.reset_index(drop=True)] * 2), "got 0 after 59 at row 60"
    ),
    "numbers backwards": (lambda s: s.reset_index(drop=True)[::-1], "got 58 after 59 at row 1"),
    "gap in durations": (
        lambda s: pd.Series(s.to_numpy(), s.index - s.index[0]).drop(pd.Timedelta(4, "h")),
        "got 0 days 05:00:00 after 0 days 03:00:00",
    ),
    "panel": (
        lambda s: pd.Series(s.to_numpy(), pd.MultiIndex.from_product([["a", "b"], s.index[:30]])),
        "an index of one level, got 2",
    ),
    "complex": (lambda s: s.to_numpy() + 1j, "must hold numbers, got values of another kind"),
    "half seconds": (
        lambda s: pd.Series(s.to_numpy(), pd.date_range("2024-01-01", periods=60, freq="500ms")),
        "whole seconds, got 2024-01-01T00:00:00.500.* at row 1",
    ),
    "huge": (lambda s: 1e200 * s, r"y must be 1e-75 to 1e\+75 in size"),
    "nan": (lambda s: s.where(s.index != s.index[3]), "nan at row 3 .*2024-01-01T03"),
    "short": (lambda s: s[:15], "at least 22 values .* got 15"),
    "text": (lambda s: pd.Series(["a"] * 60, s.index), "must hold numbers, got 'a'"),
    "two columns": (lambda s: pd.DataFrame({"a": s, "b": s}), "one column of numbers"),
    "no dates": (lambda s: pd.DataFrame({"a": s.to_numpy(), "b": "x"}), "no dates"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_series_that_are_refused(name):
    spoil, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=message):
        LagForecaster(12, horizon=2).fit(spoil(hourly()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "horizon must be finite and > 0, got 0"),
        ({"lags": [0]}, r"lags\[0\]"),
        ({"lags": [1, 1]}, "must not repeat"),
        ({"lags": "12"}, "lags must be a sequence"),
        ({"lags": 0}, "something to forecast from"),
        ({"rolling": 3}, "rolling must be a sequence"),
        ({"calendar": ["week"]}, "calendar must name terms"),
        ({"fourier": {12: 7}}, "at most half the period"),
        ({"fourier": [12]}, "fourier must be a dict"),
        ({"strategy": "both"}, "strategy must be"),
        ({"alpha": -1.0}, "alpha must be"),
        ({"alpha": "cv"}, "or a rule"),
        ({"l1_ratio": 2.0}, "l1_ratio"),
        ({"verbose": "yes"}, "verbose"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_parameters_that_are_refused(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        LagForecaster(**options).fit(hourly())


def test_calendar_needs_dates():
    with pytest.raises(ValueError, match="calendar must be empty for a series without dates"):
        LagForecaster(calendar=["month"]).fit(seasonal())


def test_predictions_that_are_refused(series):
    plain = LagForecaster(12, horizon=2, alpha=0.1).fit(series)
    direct = LagForecaster(12, horizon=2, alpha=0.1, strategy="direct").fit(series)
    X = pd.DataFrame({"price": np.arange(180.0)}, series.index)
    known = LagForecaster(12, alpha=0.1).fit(series[:-6], X)
    for call, message in (
        (lambda: plain.predict(0), "horizon must be finite and > 0, got 0"),
        (lambda: direct.predict(3), "horizon must be at most 2"),
        (lambda: plain.predict_interval(3), "horizon must be at most 2"),
        (lambda: plain.predict(2, X), "X must be None"),
        (lambda: plain.predict_interval(coverage=1.5), "coverage must be below 1"),
        (lambda: known.predict(3), "X must hold .'price'. for the 3 steps to come, got None"),
        (lambda: known.predict(7, X), "none for 2016-01-01"),
        (lambda: known.predict(2, X.rename(columns={"price": "cost"})), "none called 'price'"),
        (lambda: known.predict(2, X.replace(175.0, np.nan)), "nan at row 175"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_plot(series):
    pytest.importorskip("matplotlib").use("Agg")
    model = LagForecaster(12, horizon=6, alpha=0.1).fit(series[:-6])
    display = model.plot(actual=series[-6:])
    assert len(display.actual_line_.get_xdata()) == 3 * 6 + 6
    np.testing.assert_allclose(display.forecast_line_.get_ydata(), model.predict()["sales"])
    assert "6 steps ahead" in repr(display)


@pytest.mark.slow
def test_real_series_against_skforecast(data_folder):
    pytest.importorskip("skforecast")
    benchmark = pytest.importorskip(
        "benchmarks.forecasting", reason="run from the root of the repository"
    )
    case = benchmark.CASES["air passengers, monthly"]
    mase = benchmark.measure(case, case.read(data_folder))["MASE"]
    assert mase["taut, lags"] < mase["seasonal naive"]
    assert mase["taut, lags"] <= 1.05 * mase["skforecast, lags"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.predict(),
        lambda model: model.predict_interval(),
        lambda model: model.get_feature_names_out(),
    ],
)
def test_questions_before_fitting(ask):
    with pytest.raises(NotFittedError):
        ask(LagForecaster())


def test_long_lags_take_no_window_of_every_origin(monkeypatch):
    past, values = Past((1, 2, 3000)), seasonal(6000)
    seen = origins.Origins(read_series(values), past, np.empty((6000, 0)), [])
    model = taut.Lasso(alpha=0.1).fit(*seen.design(1))

    def errors_and_peak(block):
        monkeypatch.setattr(origins, "_BLOCK", block)
        tracemalloc.start()
        errors = seen.errors(model, np.arange(500), 1, 6)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return errors, peak

    whole, most = errors_and_peak(1 << 40)
    blocks, least = errors_and_peak(50_000)
    assert_array_equal(blocks, whole)
    assert 5 * least < most


def test_a_series_that_begins_with_zeros():
    rng = np.random.default_rng(0)
    counts = np.r_[np.zeros(60), rng.poisson(1, 60)]
    model = LagForecaster(lags=3).fit(counts)
    assert np.isfinite(model.predict()).all()
    assert np.isfinite(model.residuals_).sum() < len(counts) - 3


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        ({"strategy": "rec"}, ValueError, "strategy.*'rec'.*choose from recursive, direct"),
        ({"calendar": 3}, TypeError, "calendar.*got 3: pass"),
    ],
)
def test_names_to_choose_from(parameters, kind, message):
    with pytest.raises(kind, match=message):
        LagForecaster(lags=3, **parameters).fit(seasonal())


def test_coverage_of_everything():
    with pytest.raises(ValueError, match="coverage must be below 1, got 1: "):
        LagForecaster(lags=3).fit(seasonal()).predict_interval(coverage=1)
