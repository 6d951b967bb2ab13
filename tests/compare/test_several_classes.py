"""More than two classes: one model for all of them, judged by log-loss and accuracy."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold

import taut
from taut.compare import compare

SPECIES = np.array(["setosa", "versicolor", "virginica"])


@pytest.fixture(scope="module")
def flowers():
    X, y = load_iris(return_X_y=True)
    rows = np.arange(0, 150, 2)
    names = ("sepal length", "sepal width", "petal length", "petal width")
    columns = {name: X[rows, j] for j, name in enumerate(names)}
    return {**columns, "species": SPECIES[y[rows]].astype(object)}


@pytest.fixture(scope="module")
def found(flowers):
    return compare(flowers, "species", techniques="null,ridge,mcp", cv=3)


def row_of(found, name):
    return next(row for row in found.leaderboard if row["technique"] == name)


def test_scores_are_those_of_multinomial_regression(flowers, found):
    X = np.column_stack(list(flowers.values())[:4])
    y = flowers["species"].astype(str)
    losses, rates = [], []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=0).split(X, y):
        inner = StratifiedKFold(5, shuffle=True, random_state=0).split(y[train], y[train])
        rule = taut.CV(list(inner), n_alphas=30)
        model = taut.LogisticRegression(C=rule, l1_ratio=0.0, standardize=True)
        model.fit(X[train], y[train])
        losses.append(log_loss(y[test], model.predict_proba(X[test])))
        rates.append(accuracy_score(y[test], model.predict(X[test])))
    row = row_of(found, "ridge-min")
    np.testing.assert_allclose(row["fold_scores"], losses, rtol=1e-6)
    assert row["accuracy"] == pytest.approx(np.mean(rates))
    assert row["accuracy"] > 0.9


def test_what_cannot_apply_says_so(found):
    assert {row["technique"] for row in found.leaderboard} == {"null", "ridge-1se", "ridge-min"}
    notes = [note["text"] for note in found.summary["table"]["notes"]]
    assert any(text.startswith("MCP is left out: it selects coefficients one") for text in notes)
    assert not any("(1-SE)" in text for text in notes)  # a family is left out once


def test_every_class_has_its_coefficients(found):
    rows = found.pick["coefficients"]
    assert len(rows) == 12
    assert [row["class"] for row in rows] == np.repeat(SPECIES, 4).tolist()
    model = found.model[-1]
    np.testing.assert_allclose([row["coefficient"] for row in rows], model.coef_.ravel())
    assert found.pick["intercepts"] == dict(zip(SPECIES, model.intercept_, strict=True))
    assert row_of(found, found.pick["technique"])["features_used"] <= 4
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


def test_paths_are_drawn_in_the_measure_of_the_leaderboard(found):
    (path,) = found.summary["paths"]
    assert np.shape(path["coefs"]) == (4, len(path["alphas"]))
    assert "norm of a feature's coefficients over the classes" in path["remark"]
    # So strong a penalty leaves the shares of the classes.
    assert path["validation_error"][0] == pytest.approx(np.log(3), rel=0.05)
    assert min(path["validation_error"]) == pytest.approx(
        row_of(found, "ridge-min")["score"], rel=0.5
    )


def test_the_code_reproduces_the_pick(flowers, found):
    space = {"X": flowers}
    exec(found.pick["code"], space)
    np.testing.assert_allclose(space["model"][-1].coef_, found.model[-1].coef_, rtol=1e-6)


def test_the_report_names_the_classes(found, tmp_path):
    pytest.importorskip("vl_convert")
    found.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "petal width → virginica" in page
    assert "4 <small>of 4</small>" in page
