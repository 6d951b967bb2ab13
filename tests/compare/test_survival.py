"""Times until an event: judged by the partial likelihood, and by concordance."""

import json

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

import taut
from taut.compare import compare, prepare
from taut.designs.from_frame import TableError
from taut.losses import Cox

N_ROWS = 120
SETTINGS = {"techniques": "null,ridge", "cv": 3}


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(0)
    X = random.normal(size=(N_ROWS, 3))
    time = random.exponential(size=N_ROWS) * np.exp(-2.5 * X[:, 0] + 1.5 * X[:, 1])
    end = random.exponential(8.0, N_ROWS)
    columns = {f"n{j}": X[:, j] for j in range(3)}
    return {**columns, "days": np.minimum(time, end), "died": (time <= end).astype(float)}


@pytest.fixture(scope="module")
def found(table):
    return compare(table, "days", event="died", **SETTINGS)


def row_of(found, name):
    return next(row for row in found.leaderboard if row["technique"] == name)


def parts(table):
    X = np.column_stack([table[f"n{j}"] for j in range(3)])
    return X, np.column_stack([table["days"], table["died"]])


def test_scores_are_those_of_cox_regression(table, found):
    X, y = parts(table)
    deviances, concordances, nulls = [], [], []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=0).split(X, y[:, 1]):
        inner = StratifiedKFold(5, shuffle=True, random_state=0).split(X[train], y[train, 1])
        rule = taut.CV(list(inner), n_alphas=30)
        model = taut.CoxRegression(alpha=rule, l1_ratio=0.0, standardize=True)
        model.fit(X[train], y[train])
        ones = np.ones(len(test))
        for values, eta in ((deviances, model.predict(X[test])), (nulls, 0 * ones)):
            values.append(2 * Cox("breslow").total(y[test], eta, ones) / len(test))
        concordances.append(model.score(X[test], y[test]))
    row = row_of(found, "ridge-min")
    np.testing.assert_allclose(row["fold_scores"], deviances, rtol=1e-6)
    assert row["concordance"] == pytest.approx(np.mean(concordances))
    np.testing.assert_allclose(row_of(found, "null")["fold_scores"], nulls)
    assert row_of(found, "null")["concordance"] == 0.5


def test_what_is_found_is_said(found):
    assert found.pick["technique"].startswith("ridge")
    assert row_of(found, "null")["detectably_worse"]
    assert found.summary["task"] == "survival"
    assert found.summary["metric"]["also"] == "concordance"
    detail = found.summary["verdict"]["detail"]
    assert "partial-likelihood deviance of its risks" in detail
    assert "less than always taking all risks as equal" in detail
    assert f"{100 * found.pick['concordance']:.0f} % of the pairs" in detail
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


def test_the_other_rule_has_a_baseline_of_its_own(table, found):
    X, y = parts(table)
    model = found.model[-1]
    rule = taut.CV(model.alpha.folds, rule=model.alpha.rule, n_alphas=30)
    alone = taut.CoxRegression(alpha=rule, l1_ratio=0.0, standardize=True).fit(X, y)
    np.testing.assert_allclose(model.coef_, alone.coef_, rtol=1e-6)
    survival = model.predict_survival_function(X, times=[0.5, 1.0])
    np.testing.assert_allclose(survival, alone.predict_survival_function(X, [0.5, 1.0]), rtol=1e-6)


def test_the_code_reproduces_the_pick(table, found):
    space = {"X": table}
    exec(found.pick["code"], space)
    np.testing.assert_allclose(space["model"][-1].coef_, found.model[-1].coef_, rtol=1e-6)


@pytest.mark.parametrize("form", ["array", "structured", "arrays"])
def test_targets_in_other_forms(table, form):
    X, y = parts(table)
    structured = np.array([(bool(e), t) for t, e in y], dtype=[("event", bool), ("time", float)])
    given = {
        "array": {"y": y, "task": "survival"},
        "structured": {"y": structured},
        "arrays": {"y": y[:, 0], "event": y[:, 1]},
    }[form]
    study = prepare(X, **given)
    assert study.task == "survival"
    np.testing.assert_array_equal(study.y, y)


def test_rows_without_time_or_event_are_left_out(table):
    days, died = table["days"].copy(), table["died"].copy()
    days[2], died[5] = np.nan, np.nan
    study = prepare({**table, "days": days, "died": died}, "days", event="died")
    assert study.n_rows == N_ROWS - 2


def test_folds_without_events_are_refused(table):
    quiet = np.flatnonzero(table["died"] == 0)[:10]
    rest = np.setdiff1d(np.arange(N_ROWS), quiet)
    splits = [(rest, quiet), (np.arange(50), np.arange(50, N_ROWS))]
    with pytest.raises(TableError, match="the test rows of fold 1 hold no event"):
        compare(table, "days", event="died", techniques="null", cv=splits)


def test_the_command(table, tmp_path):
    pl = pytest.importorskip("polars")
    from click.testing import CliRunner

    from taut.cli.app import app

    path = tmp_path / "study.csv"
    pl.DataFrame(table).write_csv(path)
    options = ["--target", "days", "--event", "died", "--techniques", "null,ridge", "--folds", "3"]
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["compare", str(path), *options])
    assert result.exit_code == 0, result.output
    assert "folds of equal shares of events" in result.output
    assert "concordance" in result.output
    wrong = CliRunner().invoke(app, ["compare", str(path), "--target", "days", "--event", "n0"])
    assert wrong.exit_code == 2
    assert "--event" in wrong.output
