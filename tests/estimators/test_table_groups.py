"""Groups that are columns of a table, under every loss: a whole factor enters or leaves."""

import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.compare.tables import real_table
from tests.estimators.messages import refused

import taut
from taut import losses, penalties
from taut.designs.encoder import TableEncoder

N_ROWS = 300
COLUMNS = ["x", "z", "kind", "noise"]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=N_ROWS), "z": rng.normal(size=N_ROWS)})
    frame["kind"] = rng.choice(["u", "v", "w"], N_ROWS)
    frame["noise"] = rng.choice(["p", "q", "r", "s"], N_ROWS)
    return frame


def targets(table):
    """Of every kind; what is known of x and kind, nothing of the other columns."""
    rng = np.random.default_rng(1)
    eta = table["x"] + 1.5 * (table["kind"] == "u") - 1.5 * (table["kind"] == "v")
    eta = eta.to_numpy()
    noisy = eta + rng.logistic(size=N_ROWS)
    times = pd.DataFrame(
        {"t": rng.exponential(np.exp(-eta)), "seen": rng.uniform(size=N_ROWS) < 0.8}
    )
    return {
        "two classes": np.where(noisy > 0, "yes", "no"),
        "three classes": np.digitize(noisy, [-1, 1]),
        "counts": rng.poisson(np.exp(eta)),
        "amounts": np.exp(eta) * rng.gamma(2.0, size=N_ROWS),
        "numbers": noisy,
        "times": times,
    }


MODELS = {
    "two classes": lambda p, a: taut.PenalizedClassifier("logistic", p, 0.4 * a),
    "margins": lambda p, a: taut.PenalizedClassifier("squared_hinge", p, a),
    "three classes": lambda p, a: taut.PenalizedClassifier("logistic", p, 0.4 * a),
    "counts": lambda p, a: taut.PenalizedRegressor("poisson", p, a),
    "amounts": lambda p, a: taut.PenalizedRegressor("gamma", p, a),
    "numbers": lambda p, a: taut.PenalizedRegressor("squared", p, a),
    "robust": lambda p, a: taut.PenalizedRegressor(losses.Huber(1.0), p, a),
    "times": lambda p, a: taut.CoxRegression(a, penalty=p),
}
SOURCES = {"margins": "two classes", "robust": "numbers"}


def parts_of(model):
    """Coefficients column by column of the table, over all classes."""
    rows = np.atleast_2d(model.coef_)
    return {name: rows[:, model.groups_ == g] for g, name in enumerate(COLUMNS)}


@pytest.mark.parametrize("case", MODELS)
def test_a_whole_factor_enters_or_leaves(table, case):
    y = targets(table)[SOURCES.get(case, case)]
    model = MODELS[case](penalties.GroupLasso("categorical"), 0.1).fit(table, y)
    parts = parts_of(model)
    assert (parts["kind"] != 0).all()
    assert (parts["noise"] == 0).all()
    assert model.n_features_in_ == 4
    assert list(model.feature_names_in_) == COLUMNS
    assert model.coef_names_[2] == "kind=u"
    assert model.certificate_.solved
    assert model.score(table, y) > 0.2
    # The same by index, and by name, of what the table is encoded as.
    encoded = TableEncoder().fit(table).transform(table)
    by_index = MODELS[case](penalties.GroupLasso(model.groups_), 0.1).fit(encoded, y)
    np.testing.assert_allclose(by_index.coef_, model.coef_, atol=1e-12)
    frame = pd.DataFrame(encoded, columns=model.coef_names_)
    named = {name: model.coef_names_[model.groups_ == g] for g, name in enumerate(COLUMNS)}
    by_name = MODELS[case](penalties.GroupLasso(named), 0.1).fit(frame, y)
    np.testing.assert_allclose(by_name.coef_, model.coef_, atol=1e-12)
    assert model.predict(table).tolist() == by_index.predict(encoded).tolist()


@pytest.mark.parametrize("case", ["two classes", "three classes", "counts", "times"])
def test_groups_stay_whole_along_the_path(table, case):
    y = targets(table)[case]
    rule = taut.CV(3, n_alphas=20, alpha_min_ratio=1e-2)
    model = MODELS[case](penalties.GroupLasso("categorical"), 1.0).set_params(alpha=rule)
    path = model.fit(table, y).path_
    assert list(path.feature_names) == list(model.coef_names_)
    used = path.coefs.reshape(len(path.coefs), -1, 20) != 0
    for group in range(4):
        rows = used[model.groups_ == group]
        assert (rows.all(axis=(0, 1)) == rows.any(axis=(0, 1))).all()
    assert not used[..., 0].any()
    assert used[..., -1].any()


@pytest.mark.parametrize(
    "penalty",
    [
        penalties.MCP(groups="categorical"),
        penalties.SCAD(groups="categorical"),
        penalties.SparseGroupLasso("categorical", l1_ratio=0.1, weights=[1.0, 1.0, 1.0, 2.0]),
    ],
)
def test_other_penalties_with_groups(table, penalty):
    y = targets(table)["times"]
    model = taut.CoxRegression(0.05, penalty=penalty).fit(table, y)
    assert model.certificate_.solved
    parts = parts_of(model)
    assert parts["kind"].any()
    assert not parts["noise"].any()


def test_titanic(data_folder):
    frame = real_table(data_folder, "titanic/titanic")
    X, y = frame.select("sex", "embarked", "class", "age", "fare"), frame["survived"].to_numpy()
    penalty = penalties.GroupLasso("categorical")
    model = taut.PenalizedClassifier(penalty=penalty, alpha=0.03, standardize=True).fit(X, y)
    used = {str(s) for s in model.encoder_.sources_[model.coef_[0] != 0]}
    assert {"sex", "class"} <= used
    assert "embarked" not in used
    assert model.score(X, y) > 0.75
    rule = taut.CV(n_alphas=10, alpha_min_ratio=0.01)
    chosen = taut.PenalizedClassifier(penalty=penalty, alpha=rule, standardize=True).fit(X, y)
    assert chosen.score(X, y) > 0.78


def test_counts_of_a_real_table(data_folder):
    frame = real_table(data_folder, "insurance/mass_insurance")
    X = frame.select("Group", "Age").with_columns(noise="d" + frame["District"].cast(str))
    X = X.with_columns(X["noise"].shuffle(seed=0))
    model = taut.PenalizedRegressor("poisson", penalties.GroupLasso("categorical"), alpha=1.0)
    model.fit(X, frame["Claims"].to_numpy(), exposure=frame["Holders"].to_numpy())
    used = {str(s) for s in model.encoder_.sources_[model.coef_ != 0]}
    assert used == {"Group", "Age"}
    for name in used:
        assert (model.coef_[model.encoder_.sources_ == name] != 0).all()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_type_of_categories_makes_a_factor_of_numbers(table, library):
    codes = pd.factorize(table["kind"], sort=True)[0]
    if library == "pandas":
        frame = table[["x"]].assign(code=pd.Categorical(codes))
    else:
        pl = pytest.importorskip("polars")
        codes = pl.Series(codes.astype(str)).cast(pl.Categorical)
        frame = pl.DataFrame({"x": table["x"].to_numpy(), "code": codes})
    model = MODELS["counts"](penalties.GroupLasso("categorical"), 0.1)
    model.fit(frame, targets(table)["counts"])
    assert list(model.coef_names_) == ["x", "code=0", "code=1", "code=2"]
    assert (model.coef_[1:] != 0).all()
    squares = taut.GroupLasso("categorical", alpha=0.1).fit(frame, targets(table)["numbers"])
    assert list(squares.coef_names_) == list(model.coef_names_)
    assert squares.predict(frame).shape == (N_ROWS,)


def test_dates_and_gaps_are_encoded_as_well(table):
    frame = table.assign(day=pd.date_range("2020-01-01", periods=N_ROWS, freq="D"))
    frame["x"] = frame["x"].where(np.arange(N_ROWS) % 7 > 0)
    frame["kind"] = frame["kind"].where(np.arange(N_ROWS) % 11 > 0)
    y = targets(table)["two classes"]
    model = MODELS["two classes"](penalties.GroupLasso("categorical"), 0.05).fit(frame, y)
    assert {"x missing", "day weekday"} <= set(model.coef_names_)
    assert sum(name.startswith("kind=") for name in model.coef_names_) == 4
    places = [model.groups_[model.encoder_.sources_ == name] for name in ("x", "day")]
    assert [len(set(part)) for part in places] == [1, 1]
    assert model.score(frame, y) > 0.6


def test_a_named_group_is_a_value():
    one = penalties.GroupLasso({"face": ["a", "b"], "rest": np.array(["c"])})
    assert one == penalties.GroupLasso([["a", "b"], ["c"]])
    assert repr(one) == "GroupLasso(groups=(('a', 'b'), ('c',)))"
    for penalty in (one, penalties.MCP(groups="categorical")):
        assert pickle.loads(pickle.dumps(penalty)) == penalty
        assert hash(eval(repr(penalty), vars(penalties))) == hash(penalty)


@pytest.mark.parametrize("estimator", ["classifier", "regressor", "survival"])
def test_groups_that_are_not_columns_are_refused(table, estimator):
    y = targets(table)
    make, target = {
        "classifier": (MODELS["two classes"], y["two classes"]),
        "regressor": (MODELS["counts"], y["counts"]),
        "survival": (MODELS["times"], y["times"]),
    }[estimator]
    numbers = table[["x", "z"]]

    def fit(groups, X=numbers, **more):
        return lambda: make(penalties.GroupLasso(groups, **more), 0.1).fit(X, target)

    refused(fit([["x", "q"]]), "groups[0] names 'q'", "x, z")
    refused(fit([["x"]]), "groups must cover the 2 columns", "column 'z'")
    refused(fit([["x", "z"], ["z"]]), "must not overlap", "'z'", "penalties.overlapping(groups)")
    refused(fit([["x", "z"]], numbers.to_numpy()), "names the column 'x'", "no column names")
    refused(fit("categorical", numbers.to_numpy()), "needs a data frame", "ndarray")
    refused(fit("categorical", weights=[1.0, 2.0, 3.0]), "one entry per group", "3 for 2 groups")
    refused(fit([["x", "kind"], ["kind", "z", "noise"]], table), "must not overlap", "'kind'")
    refused(fit([["x", "kind"], ["z"]], table), "groups must cover the 4 columns", "'noise'")
    constant = table.assign(one="same")
    refused(fit([["x", "kind", "z", "noise"], ["one"]], constant), "groups[1]", "varies", "'one'")
    model = fit("categorical", table)()
    refused(lambda: model.predict(table.drop(columns="kind")), "'kind'")


@pytest.mark.parametrize("library", ["text", "categories", "polars"])
def test_the_name_of_a_factor_stands_for_all_its_features(table, library):
    y = targets(table)["counts"]
    frame = {
        "text": lambda: table,
        "categories": lambda: table.astype({"kind": "category", "noise": "category"}),
        "polars": lambda: pytest.importorskip("polars").DataFrame(table.to_dict("list")),
    }[library]()
    by_hand = pd.get_dummies(table, columns=["kind", "noise"], dtype=float)
    for make in (
        penalties.GroupLasso,
        lambda groups: penalties.MCP(groups=groups) + penalties.L2(),
        lambda groups: penalties.SparseGroupLasso(groups, 0.3, weights=[1.0, 2.0, 3.0]),
    ):
        named = make({"both": ["z", "kind"], "noise": ["noise"], "x": ["x"]})
        model = taut.PenalizedRegressor("poisson", named, alpha=0.1, tol=1e-9).fit(frame, y)
        assert model.coef_names_.tolist() == ["x", "z", *(f"kind={k}" for k in "uvw"), *(
            f"noise={k}" for k in "pqrs"
        )]  # fmt: skip
        same = make(np.array([2, 0, 0, 0, 0, 1, 1, 1, 1]))
        expected = taut.PenalizedRegressor("poisson", same, alpha=0.1, tol=1e-9).fit(by_hand, y)
        assert_allclose(model.coef_, expected.coef_, atol=1e-5)
        assert_allclose(model.predict(frame), expected.predict(by_hand), rtol=1e-5)


def test_overlapping_factors_are_fitted_on_copies(table):
    y = targets(table)["numbers"]
    model = taut.GroupLasso([["x", "kind"], ["kind", "z"], ["noise"]], alpha=0.1).fit(table, y)
    by_hand = pd.get_dummies(table, columns=["kind", "noise"], dtype=float).to_numpy()
    places = [[0, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8]]
    expected = taut.GroupLasso(places, alpha=0.1).fit(by_hand, y)
    assert_allclose(model.coef_, expected.coef_, atol=1e-6)
    assert_allclose(model.predict(table), expected.predict(by_hand), atol=1e-6)


def test_a_penalty_alone_knows_no_columns():
    named = penalties.GroupLasso([["a", "b"]])
    for penalty in (named, penalties.SparseGroupLasso("categorical", weights=[1.0])):
        refused(lambda penalty=penalty: penalty.value([1.0, 2.0]), "which estimators look up")
        refused(lambda penalty=penalty: penalty.dual_norm([1.0, 2.0]), "which estimators look up")
    frame = pd.DataFrame(np.eye(6), columns=list("abcdef"))
    refused(lambda: taut.fit_path(frame, np.arange(6.0), penalty=named), "which estimators look up")
    refused(lambda: penalties.GroupLasso([["a", "b"]], weights=[1.0, 2.0]), "got 2 for 1 groups")
    refused(lambda: penalties.GroupLasso("categoric"), "'categoric'", "or 'categorical'")


def test_the_page_runs(capsys):
    page = Path(__file__).parents[2] / "docs" / "groups.md"
    if not page.exists():
        pytest.skip("the docs are not here")
    names = {}
    for snippet in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(snippet, str(page), "exec"), names)
    assert "cell=small" in capsys.readouterr().out
    assert "cell" in names["used"]
    assert "site" not in names["used"]
