"""Classes and counts: the same comparison, by the measure that suits the target."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, log_loss, mean_poisson_deviance
from sklearn.model_selection import KFold, StratifiedKFold

import taut
from compare.tables import real_table
from taut.compare import TECHNIQUES, choose, compare, prepare
from taut.compare.fitted import paths
from taut.compare.fitting import fit_techniques
from taut.compare.journal import Journal
from taut.compare.technique import Training
from taut.designs.from_frame import TableError

N_ROWS = 200
OTHERS = ("classification", "counts")


def numbers(seed=0):
    X = np.random.default_rng(seed).normal(size=(N_ROWS, 5))
    return X, 1.5 * X[:, 0] - X[:, 1]


def features(X):
    return {f"n{j}": column for j, column in enumerate(X.T)}


@pytest.fixture(scope="module")
def classes():
    X, eta = numbers()
    sick = np.random.default_rng(1).uniform(size=N_ROWS) < 1 / (1 + np.exp(-eta))
    return {**features(X), "state": np.where(sick, "sick", "healthy").astype(object)}


@pytest.fixture(scope="module")
def counts():
    X, eta = numbers()
    return {**features(X), "claims": np.random.default_rng(1).poisson(np.exp(0.5 * eta))}


@pytest.fixture(scope="module")
def classified(classes):
    return compare(classes, "state", quick=True)


@pytest.fixture(scope="module")
def counted(counts):
    return compare(counts, "claims", task="counts", quick=True)


def row_of(comparison, name):
    return next(row for row in comparison.leaderboard if row["technique"] == name)


def matrix_of(table):
    return np.column_stack([values for name, values in table.items() if name.startswith("n")])


def judged(estimator_of, splits, score, X, y):
    """Scores on the outer folds, of estimators that choose alpha on folds within."""
    return [
        score(estimator_of(train).fit(X[train], y[train]), X[test], y[test])
        for train, test in splits
    ]


def test_probabilities_are_judged_by_log_loss_on_stratified_folds(classes, classified):
    X, y = matrix_of(classes), classes["state"].astype(str)
    splits = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))

    def logistic(train):
        inner = StratifiedKFold(5, shuffle=True, random_state=0).split(y[train], y[train])
        rule = taut.CV(list(inner), rule="1se")
        return taut.LogisticRegression(C=rule, l1_ratio=1.0, standardize=True)

    losses = judged(logistic, splits, lambda m, X, y: log_loss(y, m.predict_proba(X)), X, y)
    rates = judged(logistic, splits, lambda m, X, y: accuracy_score(y, m.predict(X)), X, y)
    row = row_of(classified, "lasso-1se")
    np.testing.assert_allclose(row["fold_scores"], losses, rtol=1e-9)
    assert row["accuracy"] == pytest.approx(np.mean(rates))


def test_the_null_model_gives_the_class_shares(classes, classified):
    y = classes["state"].astype(str)
    expected = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(y, y):
        share = np.mean(y[train] == "sick")
        sick = y[test] == "sick"
        expected.append(-np.mean(np.where(sick, np.log(share), np.log(1 - share))))
    np.testing.assert_allclose(row_of(classified, "null")["fold_scores"], expected)


def test_counts_are_judged_by_poisson_deviance(counts, counted):
    X, y = matrix_of(counts), counts["claims"].astype(float)
    splits = list(KFold(5, shuffle=True, random_state=0).split(X))

    def poisson(train):
        rule = taut.CV(KFold(5, shuffle=True, random_state=0))
        return taut.PoissonRegressor(alpha=rule, l1_ratio=0.0, standardize=True)

    found = judged(poisson, splits, lambda m, X, y: mean_poisson_deviance(y, m.predict(X)), X, y)
    np.testing.assert_allclose(row_of(counted, "ridge-min")["fold_scores"], found, rtol=1e-9)
    null = [
        mean_poisson_deviance(y[test], np.full(len(test), y[train].mean()))
        for train, test in splits
    ]
    np.testing.assert_allclose(row_of(counted, "null")["fold_scores"], null)


@pytest.mark.parametrize("comparison", ["classified", "counted"])
def test_the_techniques_of_the_registry_are_compared(comparison, request):
    found = request.getfixturevalue(comparison)
    suited = {t.name for t in TECHNIQUES if t.suits(found.summary["task"])}
    left_out = {"group-lasso-1se", "group-lasso-min"}  # there is no category
    assert {row["technique"] for row in found.leaderboard} == suited - left_out
    assert len(suited) == 13
    notes = [note["text"] for note in found.summary["table"]["notes"]]
    assert any(text.startswith("Group lasso is left out: every column makes") for text in notes)
    assert found.pick["technique"] != "null"
    assert all(item["status"] == "solved" for item in found.summary["certificates"])
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


@pytest.mark.parametrize("task", OTHERS)
def test_sharing_a_path_changes_nothing(task, classes, counts):
    table, target = (classes, "state") if task == "classification" else (counts, "claims")
    study = prepare(table, target, task=task)
    folds = KFold(4, shuffle=True, random_state=1)
    data, groups = (matrix_of(table), study.y, None), [0, 0, 1, 1, 2]
    for fit in fit_techniques(choose(None, task), folds, data, Journal(lambda text: None), groups):
        alone = fit.technique.make(Training(folds, groups=groups)).fit(data[0], study.y)
        assert vars(fit.model).keys() == vars(alone).keys()
        for name in ("alpha_", "C_", "coef_", "intercept_", "n_iter_", "dual_gap_"):
            if hasattr(alone, name):
                found, expected = getattr(fit.model, name), getattr(alone, name)
                assert np.shape(found) == np.shape(expected)
                np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("comparison", ["classified", "counted"])
def test_paths_are_drawn_in_the_measure_of_the_leaderboard(comparison, request):
    found = request.getfixturevalue(comparison)
    lasso = next(p for p in found.summary["paths"] if p["technique"] == "lasso")
    # At the strongest penalty nothing is used: the error is that of the null model.
    assert lasso["n_nonzero"][0] == 0
    assert lasso["validation_error"][0] == pytest.approx(row_of(found, "null")["score"], rel=0.02)
    least = row_of(found, "lasso-min")["score"]
    assert min(lasso["validation_error"]) == pytest.approx(least, rel=0.1)


def test_paths_are_drawn_where_folds_predict_numbers(counts):
    study = prepare(counts, "claims", task="counts")
    folds, data = KFold(4, shuffle=True, random_state=1), (matrix_of(counts), study.y, None)
    (fit,) = fit_techniques(choose("lasso-min", "counts"), folds, data, Journal(lambda text: None))
    results = fit.model.cv_results_
    errors = results.errors.copy()
    errors[-3:, 0] = np.inf
    fit.model.cv_results_ = replace(results, errors=errors)
    names, spread = [f"n{j}" for j in range(5)], np.ones(5)
    (path,) = paths([fit.technique], {"lasso-min": [fit.model]}, names, spread, "counts")
    n_drawn = len(results.alphas) - 3
    for name in ("alphas", "n_nonzero", "train_error", "validation_error", "validation_se"):
        assert len(path[name]) == n_drawn
        assert np.isfinite(path[name]).all()
    assert np.shape(path["coefs"]) == (5, n_drawn)


def test_the_code_reproduces_the_pick(classes, classified):
    space = {"X": classes}
    exec(classified.pick["code"], space)  # it is ours
    expected = [row["coefficient"] for row in classified.pick["coefficients"]]
    np.testing.assert_allclose(space["model"][-1].coef_.ravel(), expected, rtol=1e-9)


def test_the_verdict_speaks_of_the_measure(classified, counted):
    said = classified.summary["verdict"]["detail"]
    score, rate = classified.pick["score"], classified.pick["accuracy"]
    assert f"the log-loss of its probabilities for state is {score:.4f}" in said
    assert "less than always giving the shares of the classes" in said
    assert f"is the right one in {100 * rate:.0f} % of these rows." in said
    assert classified.pick["scale"] == "the log-odds of state being sick"
    assert (
        "the Poisson deviance of its predictions of claims is"
        in (counted.summary["verdict"]["detail"])
    )
    assert "accuracy" not in counted.pick
    for found, name in ((classified, "log-loss"), (counted, "deviance")):
        assert found.summary["metric"]["unit"] == ""
        assert name in repr(found)
        assert "RMSE" not in repr(found) + json.dumps(found.summary)


def test_noise_picks_the_null_model(classes):
    labels = np.random.default_rng(3).permutation(classes["state"])
    found = compare({**classes, "state": labels}, "state", quick=True)
    assert found.pick["technique"] == "null"
    assert "always giving the shares of the classes" in found.summary["verdict"]["sentence"]


def test_weights_count_in_fits_and_scores(classes):
    weights = np.random.default_rng(2).integers(1, 4, N_ROWS).astype(float)
    found = compare({**classes, "w": weights}, "state", sample_weight="w", quick=True)
    y = classes["state"].astype(str)
    expected = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(y, y):
        share = np.average(y[train] == "sick", weights=weights[train])
        rows = np.where(y[test] == "sick", share, 1 - share)
        expected.append(-np.average(np.log(rows), weights=weights[test]))
    np.testing.assert_allclose(row_of(found, "null")["fold_scores"], expected)


@pytest.mark.parametrize("roles", [{"groups": "team"}, {"time": "day"}])
def test_classes_go_with_groups_and_time(classes, roles):
    table = {**classes, "team": np.arange(N_ROWS) % 20, "day": np.arange(N_ROWS)}
    found = compare(table, "state", techniques="null,lasso", quick=True, **roles)
    assert found.summary["settings"]["fold_kind"] == ("grouped" if "groups" in roles else "ordered")
    space = {"X": table}
    exec(found.pick["code"], space)
    assert set(space["model"].classes_) == {"healthy", "sick"}


@pytest.mark.parametrize(
    ("values", "task", "inferred"),
    [
        (np.array(["no", "yes"] * 60, dtype=object), None, "classification"),
        (np.arange(120) % 2 == 0, None, "classification"),
        (np.arange(120) % 2, "classification", "classification"),
        (np.arange(120) % 2, "regression", "regression"),
        (np.arange(120) % 7, None, "regression"),
        ((np.arange(120) % 3).astype(str), None, "classification"),
        (pd.Series(np.arange(120) % 3).astype("category"), None, "classification"),
        (pl.Series((np.arange(120) % 3).astype(str)).cast(pl.Categorical), None, "classification"),
        ((np.arange(120) % 3).astype(str), "regression", "regression"),
        (np.char.add((np.arange(120) % 7).astype(str), ".5"), None, "regression"),
        (np.arange(120).astype(str), None, "regression"),
        (np.where(np.arange(120) == 5, "?", (np.arange(120) % 3).astype(str)), None, "regression"),
        (np.arange(120) % 7, "counts", "counts"),
    ],
)
def test_the_task_is_inferred_of_text_and_truth_values_alone(values, task, inferred):
    study = prepare({"x": np.sin(np.arange(120)), "y": values}, "y", task=task)
    assert study.task == inferred
    said = any("(task classification)" in note.text for note in study.notes)
    assert said == (task is None and inferred == "classification")


def test_what_may_be_counts_is_said(counts):
    hints = [note for note in prepare(counts, "claims").notes if "--task counts" in note.text]
    assert [note.columns for note in hints] == [("claims",)]
    for changed in (counts["claims"] + 1, counts["claims"] + 0.5):
        notes = prepare({**counts, "claims": changed}, "claims").notes
        assert not any("--task counts" in note.text for note in notes)


def test_few_whole_numbers_may_be_classes_and_that_is_said():
    x = np.sin(np.arange(120))

    def notes(values):
        study = prepare({"x": x, "y": values}, "y")
        return study.task, " ".join(n.text for n in study.notes if n.columns == ("y",))

    task, said = notes(np.arange(120) % 6 + 3)
    assert task == "regression"
    assert "y holds 6 different whole numbers, 3 to 8, taken as plain numbers" in said
    assert "--task classification" in said
    assert "--task counts" not in said
    task, said = notes(np.arange(120) % 4)
    assert "--task classification" in said
    assert "--task counts" in said
    assert notes(np.arange(120) + 5) == ("regression", "")
    marked = np.where(np.arange(120) == 5, "?", (np.arange(120) % 3).astype(str))
    assert "--task classification" in notes(marked)[1]
    task, said = notes((np.arange(120) % 3).astype(str))
    assert task == "classification"
    assert "whole numbers kept as text ('0', '1', '2')" in said
    assert "--task regression" in said


def test_classes_that_may_be_numbers_are_refused_with_both_ways_out():
    values = np.where(np.arange(120) < 5, "7", (np.arange(120) % 3).astype(str))
    with pytest.raises(TableError, match=r"fewer than 10 rows \('7'\).*--task regression"):
        prepare({"x": np.sin(np.arange(120)), "y": values}, "y")
    with pytest.raises(TableError) as asked_for:
        prepare({"x": np.sin(np.arange(120)), "y": values}, "y", task="classification")
    assert "--task regression" not in str(asked_for.value)


def test_what_the_target_was_taken_for_is_said_everywhere(tmp_path):
    random = np.random.default_rng(0)
    table = {"x": random.normal(size=90), "y": np.arange(90) % 3}
    found = compare(table, "y", techniques="null,ridge", quick=True)
    said = "y holds 3 different whole numbers, 0 to 2, taken as plain numbers (task regression)"
    assert said in repr(found)
    found.report(tmp_path / "r.html")
    assert said in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_rows_without_a_class_are_left_out(classes):
    labels = classes["state"].copy()
    labels[:3] = None
    study = prepare({**classes, "state": labels}, "state")
    assert study.n_rows == N_ROWS - 3
    assert set(study.y) == {"healthy", "sick"}


def test_every_class_must_be_in_the_training_rows(classes):
    labels = np.where(np.arange(N_ROWS) < 150, "healthy", "sick").astype(object)
    late = {**classes, "state": labels, "day": np.arange(N_ROWS)}
    with pytest.raises(TableError, match="training rows of fold 1 hold no row of class sick"):
        compare(late, "state", time="day", quick=True)


def test_folds_are_limited_by_the_rarest_class(classes):
    labels = np.where(np.arange(N_ROWS) < 12, "sick", "healthy").astype(object)
    with pytest.raises(TableError, match="13 folds cannot be made of 12 rows of the rarest"):
        compare({**classes, "state": labels}, "state", cv=13)


def test_the_report_shows_accuracy_and_the_measure(classified, counted, tmp_path):
    pytest.importorskip("vl_convert")
    classified.report(tmp_path / "classes.html")
    page = (tmp_path / "classes.html").read_text(encoding="utf-8")
    assert ">Accuracy</th>" in page
    assert f"{100 * classified.best['accuracy']:.1f} %" in page
    assert "change in the log-odds of state being sick" in page
    counted.report(tmp_path / "counts.html")
    page = (tmp_path / "counts.html").read_text(encoding="utf-8")
    assert ">Accuracy</th>" not in page
    assert "change in the logarithm of the expected claims" in page


def test_titanic(data_folder):
    table = real_table(data_folder, "titanic/titanic").drop("alive", "deck")
    found = compare(table, "survived", task="classification", quick=True)
    assert row_of(found, "null")["detectably_worse"]
    assert 0.40 < found.best["score"] < 0.48
    assert 0.78 < found.best["accuracy"] < 0.86


@pytest.mark.parametrize("comparison", ["classified", "counted"])
def test_the_adaptive_lasso_has_weights_of_its_own(comparison, request):
    found = request.getfixturevalue(comparison)
    path = next(p for p in found.summary["paths"] if p["technique"] == "adaptive-lasso")
    assert "the larger its ridge coefficient is" in path["remark"]
    lasso, adaptive = row_of(found, "lasso-min"), row_of(found, "adaptive-lasso-min")
    assert adaptive["score"] < row_of(found, "null")["score"]
    assert adaptive["fold_scores"] != lasso["fold_scores"]
