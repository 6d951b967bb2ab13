"""Groups that are columns of a table, under every loss: a whole factor enters or leaves."""

import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.optimize import nnls
from tests.compare.tables import real_table
from tests.estimators.messages import refused

import taut
from taut import losses, penalties
from taut.designs import as_design
from taut.designs.encoder import TableEncoder
from taut.designs.repeated import RepeatedColumns

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
    refused(fit([["x", "z"]], numbers.to_numpy()), "names the column 'x'", "no column names")
    refused(fit("categorical", numbers.to_numpy()), "needs a data frame", "ndarray")
    refused(fit("categorical", weights=[1.0, 2.0, 3.0]), "one entry per group", "3 for 2 groups")
    refused(fit([0, 0, 1], table), "one label for each of the 4 columns", "got 3", "text has one")
    refused(fit([[0, 1], [1, 2]], table), "groups must cover the 4 columns", "'noise'")
    refused(fit([[0, 1], [2, 3, 4]], table), "one label for each of the 4 columns", "got 5")
    refused(fit([[0, 1], [1, 2, 3, 4]], table), "groups[1]", "from 0 to 3, got 4")
    refused(fit([[0, 1], [1, 2]], numbers), "groups[1]", "from 0 to 1, got 2")
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


SHARED = [["x", "kind"], ["kind", "z"], ["noise"]]
KINDS = {
    "lasso": penalties.GroupLasso,
    "sparse": lambda groups: penalties.SparseGroupLasso(groups, 0.3, weights=[1.0, 2.0, 1.5]),
    "folded": lambda groups: penalties.MCP(groups=groups) + penalties.L2(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", MODELS)
def test_overlapping_factors_under_every_loss(table, case, kind):
    """As by hand: encoded, shared columns copied, coefficients summed over the copies."""
    y = targets(table)[SOURCES.get(case, case)]
    make, penalty = MODELS[case], KINDS[kind]
    model = make(penalty(SHARED), 0.1).set_params(tol=1e-9).fit(table, y)
    by_hand = pd.get_dummies(table, columns=["kind", "noise"], dtype=float).to_numpy()
    columns, labels = penalties.overlapping([[0, 2, 3, 4], [2, 3, 4, 1], [5, 6, 7, 8]])
    copies = make(penalty(labels), 0.1).set_params(tol=1e-9).fit(by_hand[:, columns], y)
    summed = np.zeros((9, len(np.atleast_2d(copies.coef_))))
    np.add.at(summed, columns, np.atleast_2d(copies.coef_).T)
    assert_allclose(np.atleast_2d(model.coef_), summed.T, atol=1e-4)
    assert model.columns_.tolist() == columns.tolist()
    assert model.groups_.tolist() == labels.tolist()
    assert model.certificate_.solved
    assert_allclose(model.dual_gap_, copies.dual_gap_, atol=1e-7)
    assert_allclose(model.score(table, y), copies.score(by_hand[:, columns], y), atol=1e-4)
    # The same by place of the table's columns, from a file, and on the columns as numbers.
    places = make(penalty([[0, 2], [2, 1], [3]]), 0.1).set_params(tol=1e-9).fit(table, y)
    assert_allclose(places.coef_, model.coef_, atol=1e-12)
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(table).tolist() == model.predict(table).tolist()
    numbers = [[0, 2, 3, 4], [2, 3, 4, 1], [5, 6, 7, 8]]
    plain = make(penalty(numbers), 0.1).set_params(tol=1e-9).fit(by_hand, y)
    assert_allclose(plain.coef_, model.coef_, atol=1e-12)


@pytest.mark.parametrize("loss", ["squared", "logistic", "poisson", "cox"])
def test_overlapping_solutions_meet_the_conditions_of_the_latent_norm(loss):
    """With z minus the gradient: ``|z_g| <= alpha w_g`` for all groups, with equality for those
    that the coefficients are made of, and ``z'b`` is alpha times the least ``sum_g w_g |v_g|``
    over ways to write ``b = sum_g v_g`` (Jacob et al. 2009)."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(150, 8))
    eta = X[:, 0] + X[:, 1] + X[:, 2] - X[:, 6]
    y = {
        "squared": eta + rng.normal(size=150),
        "logistic": (eta + rng.logistic(size=150) > 0).astype(float),
        "poisson": rng.poisson(np.exp(0.5 * eta)).astype(float),
        "cox": np.column_stack([rng.exponential(np.exp(-eta)), rng.uniform(size=150) < 0.8]),
    }[loss]
    groups, alpha = [[0, 1, 2], [2, 3, 4], [4, 5], [5, 6, 7]], 0.1
    path = taut.fit_path(X, y, loss, penalties.GroupLasso(groups), alphas=[alpha], tol=1e-11)
    assert path.certificates[0].solved
    coef, intercept = path.coefs[:, 0], path.intercepts[0]
    slope = path.loss.slope(y, X @ coef + intercept, np.full(150, 1 / 150))
    z = -X.T @ slope
    bounds = np.array([alpha * np.sqrt(len(group)) for group in groups])
    sizes = np.array([np.linalg.norm(z[group]) for group in groups])
    assert (sizes <= bounds * (1 + 1e-5)).all()
    active = sizes >= bounds * (1 - 1e-5)
    assert 0 < active.sum() < 4
    # On the active groups v_g is a multiple >= 0 of z_g: b is their sum, by non-negative squares.
    directions = np.zeros((8, 4))
    for g, group in enumerate(groups):
        directions[group, g] = z[group] * active[g]
    multiples, left = nnls(directions, coef)
    assert left < 1e-4 * np.linalg.norm(coef)
    assert_allclose(z @ coef, multiples @ (bounds * sizes), rtol=1e-4)


def test_overlapping_factors_in_the_group_lasso(table):
    y = targets(table)["numbers"]
    model = taut.GroupLasso(SHARED, alpha=0.1, tol=1e-9).fit(table, y)
    general = taut.PenalizedRegressor("squared", penalties.GroupLasso(SHARED), alpha=0.1, tol=1e-9)
    general.fit(table, y)
    assert_allclose(model.coef_, general.coef_, atol=1e-6)
    assert_allclose(model.predict(table), general.predict(table), atol=1e-6)


@pytest.mark.parametrize("case", ["two classes", "three classes", "counts", "times"])
def test_the_path_of_overlapping_factors(table, case):
    """Whatever is used along it is a union of groups, in estimators and in fit_path alike."""
    y = targets(table)[case]
    rule = taut.CV(3, n_alphas=10, alpha_min_ratio=0.05)
    model = MODELS[case](penalties.GroupLasso(SHARED), 1.0).set_params(alpha=rule)
    path = model.fit(table, y).path_
    used = (path.coefs != 0).reshape(9, -1, 10).any(axis=1)
    parts = [[0, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8]]
    for features in used.T:
        inside = [part for part in parts if features[part].all()]
        assert set(np.flatnonzero(features)) == set().union(*inside)
    assert not used[:, 0].any()
    assert used[:, -1].any()
    assert path.predict(table).shape[0] == N_ROWS
    assert_allclose(path.at(model.alpha_)[0].T, model.coef_.squeeze(), atol=1e-12)


def test_a_shared_column_is_never_copied_as_a_whole():
    """Sparse rows stay sparse, and the design keeps the matrix it was given."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((200, 50), density=0.05, rng=rng, format="csr")
    y = rng.poisson(np.exp(X[:, [0, 1]].sum(axis=1)))
    groups = [list(range(k, min(k + 10, 50))) for k in range(0, 50, 5)]
    path = taut.fit_path(X, y, "poisson", penalties.GroupLasso(groups), alphas=[0.01], tol=1e-9)
    dense = taut.fit_path(
        X.toarray(), y, "poisson", penalties.GroupLasso(groups), alphas=[0.01], tol=1e-9
    )
    assert path.certificates[0].solved
    assert_allclose(path.coefs, dense.coefs, atol=1e-5)
    design = as_design(X)
    copies = RepeatedColumns(design, np.array([3, 3, 0]))
    coefs, residuals = np.array([1.0, 2.0, -1.0]), rng.normal(size=200)
    copied = X.toarray()[:, [3, 3, 0]]
    assert copies.is_sparse
    assert_allclose(copies.product(coefs), copied @ coefs)
    assert_allclose(copies.cross(residuals), copied.T @ residuals)
    assert_allclose(copies.columns(np.array([2, 0])).toarray(), copied[:, [2, 0]])
    assert_allclose(copies.moments(np.full(200, 1 / 200))[1], copied.std(axis=0))
    assert copies.summed(coefs)[[0, 3]].tolist() == [-1.0, 3.0]


def test_without_a_penalty_only_what_no_group_allows_is_excluded():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = X.sum(axis=1) + rng.normal(size=60)
    penalty = penalties.GroupLasso([[0, 1], [1, 2], [2, 3]], weights=[1.0, 2.0, np.inf])
    path = taut.fit_path(X, y, penalty=penalty, alphas=[0.1, 0.0], tol=1e-10)
    free = taut.LinearRegression().fit(X[:, :3], y)
    assert_allclose(path.coefs[:, 1], [*free.coef_, 0.0], atol=1e-6)
    assert (path.coefs[:3, 0] != 0).all()
    assert path.coefs[3, 0] == 0


@pytest.mark.parametrize("groups", ["categorical", [0, 0, 1, 2], [[0, 1], [2], [3]]])
def test_places_and_labels_beside_text_are_those_of_the_columns(table, groups):
    y = targets(table)["two classes"]
    model = MODELS["two classes"](penalties.GroupLasso(groups), 0.1).fit(table, y)
    names = [["x"], ["z"], ["kind"], ["noise"]]
    if groups != "categorical":
        names = [["x", "z"], ["kind"], ["noise"]]
    named = MODELS["two classes"](penalties.GroupLasso(names), 0.1).fit(table, y)
    assert_allclose(model.coef_, named.coef_, atol=1e-12)
    assert len(model.coef_names_) == 9
    squares = taut.GroupLasso(groups, alpha=0.1).fit(table, targets(table)["numbers"])
    assert (squares.coef_[squares.groups_ == len(names) - 1] == 0).all()


def test_fit_path_reads_tables_as_estimators_do(table):
    y = targets(table)["counts"]
    for groups in ("categorical", SHARED, {"a": ["x", "z"], "kind": "kind", "noise": 3}):
        penalty = penalties.GroupLasso(groups)
        path = taut.fit_path(table, y, "poisson", penalty, alphas=[0.1], tol=1e-9)
        model = taut.PenalizedRegressor("poisson", penalty, alpha=0.1, tol=1e-9).fit(table, y)
        assert path.feature_names.tolist() == model.coef_names_.tolist()
        assert_allclose(path.coefs[:, 0], model.coef_, atol=1e-8)
        assert_allclose(path.predict(table[:5], 0.1), model.predict(table[:5]), rtol=1e-7)
    numbers = table[["x", "z"]]
    named = taut.fit_path(numbers, y, "poisson", penalties.GroupLasso([["z"], ["x"]]))
    places = taut.fit_path(numbers.to_numpy(), y, "poisson", penalties.GroupLasso([[1], [0]]))
    assert_allclose(named.coefs, places.coefs)
    refused(lambda: path.predict(table.drop(columns="kind"), 0.1), "'kind'")
    refused(lambda: taut.fit_path(table, y, penalty=penalties.GroupLasso([["x"]])), "must cover")
    refused(
        lambda: taut.fit_path(table.to_numpy(), y, penalty=penalties.GroupLasso("categorical")),
        "needs a data frame",
    )


def test_what_a_penalty_of_ones_own_calls_groups_is_its_own():
    class Paired(penalties.Penalty):
        def __init__(self, pairs):
            self._set(groups=tuple(pairs))

        def value(self, coef):
            return float(np.sum(np.abs(coef)))

        def prox(self, coef, step):
            return np.sign(coef) * np.maximum(np.abs(coef) - step, 0.0)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = X[:, 0] + rng.normal(size=40)
    own = taut.PenalizedRegressor("squared", Paired([(0, 1), (1, 2)]), alpha=0.1, tol=1e-9)
    lasso = taut.Lasso(alpha=0.1, tol=1e-9).fit(X, y)
    assert_allclose(own.fit(X, y).coef_, lasso.coef_, atol=1e-5)
    path = taut.fit_path(X, y, penalty=own.penalty, alphas=[0.1], tol=1e-9)
    assert_allclose(path.coefs[:, 0], lasso.coef_, atol=1e-5)


def test_the_ridge_beside_groups_has_weights_of_columns(table):
    y = targets(table)["counts"]

    def fitted(ridge):
        penalty = penalties.MCP(groups="categorical") + ridge
        return taut.PenalizedRegressor("poisson", penalty, alpha=0.1, tol=1e-9).fit(table, y)

    plain, heavy = fitted(penalties.L2()), fitted(penalties.L2([3.0, 3.0, 3.0, 3.0]))
    assert_allclose(fitted(penalties.L2(np.ones(4))).coef_, plain.coef_)
    assert np.linalg.norm(heavy.coef_) < np.linalg.norm(plain.coef_)
    refused(lambda: fitted(penalties.L2(np.ones(9))), "for 9 columns, but X has 4", "each column")


@pytest.mark.parametrize("beside", [penalties.L1(), penalties.L2(), penalties.NonNegative()])
def test_sums_with_groups_that_a_fit_lays_out(table, beside):
    shared = [[0, 1, 2], [2, 3, 4], [5]]
    random = np.random.default_rng(0)
    X, y = random.normal(size=(80, 6)), random.normal(size=80)
    columns, labels = penalties.overlapping(shared)
    whole = taut.fit_path(
        X, y, penalty=penalties.GroupLasso(shared) + beside, n_alphas=5, tol=1e-10
    )
    copies = taut.fit_path(
        X[:, columns],
        y,
        penalty=penalties.GroupLasso(labels) + beside,
        alphas=whole.alphas,
        tol=1e-10,
    )
    assert all(certificate.solved for certificate in whole.certificates)
    summed = np.array([copies.coefs[columns == j].sum(axis=0) for j in range(6)])
    assert_allclose(whole.coefs, summed, rtol=0, atol=1e-6)
    response = targets(table)["counts"]
    model = taut.PenalizedRegressor(
        penalty=penalties.GroupLasso("categorical") + beside, alpha=0.05
    )
    assert model.fit(table, response).certificate_.solved


def test_a_ridge_that_differs_within_a_shared_group_is_refused():
    ridge = penalties.L2([1.0, 2.0, 1.0])
    penalty = penalties.GroupLasso([[0, 1], [1, 2]]) + ridge
    with pytest.raises(ValueError, match="a ridge must be the same for all features of a group"):
        taut.fit_path(np.eye(3), np.arange(3.0), penalty=penalty)


def test_a_penalty_alone_knows_no_columns():
    named = penalties.GroupLasso([["a", "b"]])
    for penalty in (named, penalties.SparseGroupLasso("categorical", weights=[1.0])):
        refused(lambda penalty=penalty: penalty.value([1.0, 2.0]), "which fits look up")
        refused(lambda penalty=penalty: penalty.dual_norm([1.0, 2.0]), "which fits look up")
    shared = penalties.GroupLasso([[0, 1], [1, 2]])
    refused(lambda: shared.value([1.0, 2.0, 3.0]), "overlap", "feature 1", "taut.fit_path")
    refused(lambda: shared.prox([1.0, 2.0, 3.0], 1.0), "penalties.overlapping(groups)")
    refused(lambda: taut.fit_path(np.eye(4), np.arange(4.0), penalty=shared), "column 3")
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
