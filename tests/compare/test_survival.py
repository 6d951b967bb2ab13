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


def test_every_penalty_is_compared_and_reproduced(table):
    random = np.random.default_rng(1)
    site = random.choice(["a", "b", "c"], N_ROWS).astype(object)
    days = table["days"] * np.where(site == "a", 0.2, 1.0)
    wider = {**table, "days": days, "site": site}
    names = "null,adaptive-lasso,group-lasso,mcp"
    found = compare(wider, "days", event="died", techniques=names, cv=3)
    families = {"adaptive-lasso", "group-lasso", "mcp"}
    assert {path["technique"] for path in found.summary["paths"]} == families
    assert all(item["status"] == "solved" for item in found.summary["certificates"])
    for path in found.summary["paths"]:
        assert "classes" not in path["remark"]
        assert len(path["features"]) == 6
        if path["technique"] != "adaptive-lasso":
            assert path["l1_ratio"] is None
    for name in (f"{family}-min" for family in families):
        single = compare(wider, "days", event="died", techniques=name, cv=3)
        space = {"X": wider}
        exec(single.pick["code"], space)
        np.testing.assert_allclose(space["model"][-1].coef_, single.model[-1].coef_, rtol=1e-5)
    sites = [row["coefficient"] for row in single.pick["coefficients"] if "site" in row["feature"]]
    assert len(sites) == 3


def test_a_real_table(data_folder):
    path = data_folder / "r_small" / "ncvreg_lung.npz"
    if not path.exists():
        pytest.skip(f"no real table {path}")
    with np.load(path) as data:
        X, y, names = data["x"], data["y"], list(data["names"])
    cells = np.array(names[5:])[X[:, 5:].argmax(axis=1)].astype(object)
    columns = dict(zip(names[:5], X[:, :5].T, strict=True))
    table = {**columns, "celltype": cells, "days": y[:, 0], "died": y[:, 1]}
    found = compare(table, "days", event="died", techniques="null,group-lasso,adaptive-lasso,mcp")
    scores = {row["technique"]: row["concordance"] for row in found.leaderboard}
    assert min(scores[name] for name in ("group-lasso-min", "adaptive-lasso-min")) > 0.68
    path = next(p for p in found.summary["paths"] if p["technique"] == "group-lasso")
    kinds = np.array([[c != 0 for c in row] for row in path["coefs"][-4:]])
    assert (kinds.all(axis=0) == kinds.any(axis=0)).all()  # a whole factor enters or leaves


def test_the_command_predicts_risks(table, tmp_path):
    pl = pytest.importorskip("polars")
    pytest.importorskip("skops")
    from click.testing import CliRunner

    from taut.cli.app import app

    data, model, out = (str(tmp_path / name) for name in ("t.csv", "m.skops", "out.parquet"))
    pl.DataFrame(table).write_csv(data)
    roles = ["--target", "days", "--event", "died", "--technique", "mcp-min", "--model", model]
    for arguments in (["fit", data, *roles], ["predict", model, data, "--output", out]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
    risks = pl.read_parquet(out)["days_risk"].to_numpy()
    # The larger the risk, the earlier the event.
    assert np.corrcoef(risks, 2.5 * table["n0"] - 1.5 * table["n1"])[0, 1] > 0.9


def test_two_columns_without_a_word_of_survival(table):
    X, y = parts(table)
    frame = pytest.importorskip("pandas").DataFrame(y, columns=["days", "died"])
    for two in (y, frame):
        with pytest.raises(TableError, match="two columns: say task='survival'"):
            compare(X, two, **SETTINGS)
    assert compare(X, frame, task="survival", **SETTINGS).leaderboard
