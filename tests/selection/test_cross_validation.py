"""Cross-validation is what refitting on the rows of each fold gives, whatever the folds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import linear_model as reference
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

import taut
from taut.penalties import L1, L2, ElasticNet, NonNegative
from taut.selection import CV, CVResults, as_splits, cross_validate
from taut.selection.cross_validation import Folds
from taut.solvers import Controls, Grid, threads

from .problems import posed, regression, weights_for

N = 60
ALPHAS = np.array([1.0, 0.3, 0.1, 0.03, 0.01])
X, Y = regression(N)
GROUPS = np.random.default_rng(2).integers(0, 7, N)


def repeated_rows():
    """Training rows drawn with replacement, tested on those never drawn."""
    random = np.random.default_rng(3)
    for _ in range(4):
        train = random.integers(0, N, N)
        yield train, np.setdiff1d(np.arange(N), train)


FOLDS = {
    "a number": 5,
    "contiguous": KFold(4),
    "shuffled": KFold(5, shuffle=True, random_state=0),
    "groups": GroupKFold(3),
    "time": TimeSeriesSplit(4),
    "rows drawn twice": list(repeated_rows()),
    "masks": [(np.arange(N) % 3 > 0, np.arange(N) % 3 == 0)],
    "from the end": [(np.arange(-N, -10), np.arange(-10, 0))],
    "a generator": repeated_rows,
}
PENALTIES = {"l1": L1(), "elastic net": ElasticNet(), "l2": L2(), "bounds": L1() + NonNegative()}
folds = pytest.mark.parametrize("name", FOLDS)


def splits(name):
    chosen = FOLDS[name]
    groups = GROUPS if name == "groups" else None
    return as_splits(chosen() if callable(chosen) else chosen, N, None, Y, groups)


def refitted(penalty, pairs, weights, **options):
    """Errors (n_alphas, n_folds) on held-out and training rows of fits on the rows themselves."""
    out = np.empty((2, len(ALPHAS), len(pairs)))
    for k, (train, test) in enumerate(pairs):
        path = taut.fit_path(
            X[train],
            Y[train],
            penalty=penalty,
            alphas=ALPHAS,
            sample_weight=weights[train],
            tol=1e-12,
            **options,
        )
        for side, rows in zip(out, (test, train), strict=True):
            squares = (Y[rows, None] - path.predict(X[rows])) ** 2
            side[:, k] = np.average(squares, axis=0, weights=weights[rows])
    return out


@folds
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", [{}, {"standardize": True}, {"fit_intercept": False}], ids=str)
def test_errors_are_those_of_refits_on_the_rows(name, penalty, weighted, options):
    weights, pairs = weights_for(N) if weighted else np.ones(N), splits(name)
    problem = posed(X, Y, PENALTIES[penalty], weights, **options)
    results = cross_validate([problem], ALPHAS, pairs, Controls(1e-12))
    errors, train_errors = refitted(PENALTIES[penalty], pairs, weights, **options)
    assert_allclose(results.errors, errors, rtol=1e-8)
    assert_allclose(results.train_errors, train_errors, rtol=1e-8)


@pytest.mark.parametrize("cores", [1, 2])
def test_folds_that_pass_over_x_together_are_those_fitted_row_by_row(cores, monkeypatch):
    monkeypatch.setattr(threads, "how_many", lambda n_entries: cores)
    monkeypatch.setattr(threads, "_WORTH", 0)
    X, y = regression(50, 400)
    problem, alphas = posed(X, y), np.geomspace(3.0, 0.1, 30)
    pairs = as_splits(7, len(y), None, y)
    assert Folds([problem], pairs).seats > 1
    results = cross_validate([problem], alphas, pairs, Controls(1e-12))
    for k, (train, test) in enumerate(pairs):
        path = taut.fit_path(X[train], y[train], alphas=alphas, tol=1e-12)
        for found, rows in ((results.errors, test), (results.train_errors, train)):
            expected = np.mean((y[rows, None] - path.predict(X[rows])) ** 2, axis=0)
            assert_allclose(found[:, k], expected, rtol=1e-8)


@folds
def test_errors_are_those_of_scikit_learn(name):
    pairs = splits(name)
    results = cross_validate([posed(X, Y)], ALPHAS, pairs, Controls(1e-12))
    for a, alpha in enumerate(ALPHAS):
        for k, (train, test) in enumerate(pairs):
            model = reference.Lasso(alpha, tol=1e-14, max_iter=10**6).fit(X[train], Y[train])
            for found, rows in ((results.errors, test), (results.train_errors, train)):
                expected = np.mean((Y[rows] - model.predict(X[rows])) ** 2)
                assert found[a, k] == pytest.approx(expected, rel=1e-7)


def test_folds_of_weights_count_by_their_weight():
    weights, pairs = weights_for(N), splits("contiguous")
    results = cross_validate([posed(X, Y, sample_weight=weights)], ALPHAS, pairs, Controls())
    share = [weights[test].sum() for _, test in pairs]
    assert_allclose(results.mean, np.average(results.errors, axis=1, weights=share), rtol=1e-12)
    equal = cross_validate([posed(X, Y, sample_weight=np.full(N, 3.0))], ALPHAS, pairs, Controls())
    assert equal.fold_weights is None


def test_targets_share_the_mean_of_their_errors():
    problem, pairs = posed(X, Y), splits("contiguous")
    other = problem.for_response(Y[::-1])
    both = cross_validate([problem, other], ALPHAS, pairs, Controls(1e-12))
    alone = [cross_validate([p], ALPHAS, pairs, Controls(1e-12)) for p in (problem, other)]
    assert_allclose(both.errors, np.mean([a.errors for a in alone], axis=0), rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 8), st.booleans())
def test_one_standard_error_is_never_a_weaker_penalty(seed, n_alphas, n_folds, weighted):
    random = np.random.default_rng(seed)
    alphas = np.sort(random.uniform(0.1, 1.0, n_alphas))[::-1]
    errors = random.integers(1, 6, size=(n_alphas, n_folds)).astype(float)
    shares = random.uniform(0.1, 1.0, n_folds) if weighted else None
    results = CVResults(alphas, errors, errors, shares)
    assert results.alpha_1se >= results.alpha_min
    best = results.index_min
    limit = results.mean[best] + results.standard_error[best]
    assert results.mean[best] == results.mean.min()
    assert results.mean[results.index_1se] <= limit
    assert np.all(results.mean[: results.index_1se] > limit)


def test_the_standard_error_by_hand():
    errors = np.array([[1.0, 2.0, 6.0], [2.0, 2.0, 2.0]])
    results = CVResults(np.array([1.0, 0.1]), errors, errors)
    assert_allclose(results.mean, [3.0, 2.0])
    assert_allclose(results.standard_error, [np.std([1, 2, 6], ddof=1) / np.sqrt(3), 0.0])
    uneven = CVResults(np.array([1.0, 0.1]), errors, errors, np.array([1.0, 1.0, 2.0]))
    assert_allclose(uneven.mean, [15 / 4, 2.0])
    squares = (errors[0] - 15 / 4) ** 2
    assert uneven.standard_error[0] == pytest.approx(np.sqrt(squares @ [1, 1, 2] / 4 / 2))
    assert CVResults(np.ones(1), errors[:1, :1], errors[:1, :1]).standard_error == 0.0


def test_errors_beyond_the_largest_number_are_of_no_known_spread():
    errors = np.array([[1.0, 3.0], [1.0, np.inf], [1e200, 1.0]])
    results = CVResults(np.array([1.0, 0.5, 0.1]), errors, errors)
    with np.errstate(all="raise"):
        assert results.standard_error.tolist() == [1.0, np.inf, np.inf]
        assert results.alpha_min == results.alpha_1se == 1.0


def test_equal_errors_choose_the_strongest_penalty():
    flat = np.ones((4, 3))
    results = CVResults(np.array([4.0, 3.0, 2.0, 1.0]), flat, flat)
    assert results.alpha_min == results.alpha_1se == 4.0


@pytest.mark.parametrize("rule", ["min", "1se"])
def test_the_rule_chooses_on_the_path_of_all_rows(rule):
    choice = CV(FOLDS["shuffled"], rule).choose([posed(X, Y)], Grid(ALPHAS), Controls(1e-12))
    whole = taut.fit_path(X, Y, alphas=ALPHAS, tol=1e-12)
    assert_allclose(choice.solved[0].coefs, whole.coefs, atol=1e-10)
    index = choice.results.index_min if rule == "min" else choice.results.index_1se
    assert choice.index == index


def test_a_seed_shuffles_the_rows():
    ordered, shuffled, again = (as_splits(4, N, seed) for seed in (None, 0, 0))
    assert np.array_equal(ordered[0][1], np.arange(15))
    assert not np.array_equal(shuffled[0][1], np.arange(15))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(shuffled, again, strict=True))
    assert np.array_equal(np.sort(np.concatenate([test for _, test in shuffled])), np.arange(N))


def test_the_drop_in_gives_scikit_learns_curve():
    theirs = reference.LassoCV(cv=KFold(4), alphas=ALPHAS, tol=1e-12, max_iter=10**6).fit(X, Y)
    ours = taut.LassoCV(cv=KFold(4), alphas=ALPHAS, tol=1e-12).fit(X, Y)
    assert_allclose(ours.mse_path_, theirs.mse_path_, rtol=1e-6)
    assert ours.alpha_ == theirs.alpha_
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (1, "folds must be between 2 and the number of rows, 60, got 1"),
        (61, "got 61"),
        (True, "folds must be a number"),
        (2.5, "folds must be a number"),
        ("five", "got 'five'"),
        ([], "at least one pair"),
        ([([], [1, 2])], "empty part"),
        ([([1, 2], np.zeros(N, dtype=bool))], "empty part"),
        ([([1, 2], [60])], "got an index of 60"),
        ([([1, 2], [-61])], "index"),
    ],
    ids=str,
)
def test_bad_folds_are_named(bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        as_splits(bad, N)


def test_a_fold_without_weight_is_named():
    weights = np.ones(N)
    weights[15:30] = 0.0
    with pytest.raises(ValueError, match="fold 1 has a part"):
        cross_validate(
            [posed(X, Y, sample_weight=weights)], ALPHAS, splits("contiguous"), Controls()
        )


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match=r"rule must be one of .* got '2se'"):
        CV(rule="2se")


def test_the_repr_counts_pairs_of_rows():
    rule = CV(list(repeated_rows()), rule="1se")
    assert repr(rule) == "CV(folds=<4 pairs of rows>, rule='1se', random_state=None)"
    assert repr(CV(KFold(4))).startswith("CV(folds=KFold(n_splits=4, ")


@pytest.mark.parametrize("loss", ["logistic", "multinomial"])
def test_a_class_that_a_fold_has_none_of_is_refused(loss):
    X, y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) == 0
    model = taut.PenalizedClassifier(loss, L1(), alpha=CV())
    with (
        pytest.warns(UserWarning, match="populated"),
        pytest.raises(ValueError, match="every class"),
    ):
        model.fit(X, y)


def test_folds_have_equal_shares_of_events():
    random = np.random.default_rng(0)
    X, time = random.normal(size=(60, 3)), random.exponential(size=60)
    event = np.arange(60) < 15  # as in a table that is sorted by them
    model = taut.CoxRegression(CV(folds=3, n_alphas=5)).fit(X, (time, event))
    parts = [np.r_[5 * k : 5 * k + 5, 15 + 15 * k : 30 + 15 * k] for k in range(3)]
    folds = [(np.setdiff1d(np.arange(60), part), part) for part in parts]
    by_hand = taut.CoxRegression(CV(folds, n_alphas=5)).fit(X, (time, event))
    assert_allclose(model.cv_results_.errors, by_hand.cv_results_.errors, rtol=1e-12)
    assert (model.cv_results_.errors > 0).all()
    with (
        pytest.warns(UserWarning, match="populated"),
        pytest.raises(ValueError, match="cv must leave events to train on"),
    ):
        taut.CoxRegression(CV(folds=3)).fit(X, (time, np.arange(60) < 1))
