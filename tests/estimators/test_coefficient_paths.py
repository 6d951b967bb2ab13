"""``Lasso.path`` and its like against scikit-learn's."""

import numpy as np
import pytest
from scipy import sparse
from sklearn import linear_model as reference
from tests.estimators.samples import regression, thinned, weights

import taut

NAMES = ["Lasso", "ElasticNet", "LassoCV", "ElasticNetCV"]
X, y = regression()
TIGHT = {"tol": 1e-12, "max_iter": 100_000}
ALPHAS = [0.01, 1.0, 0.1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"alphas": ALPHAS},
        {"eps": 0.1, "positive": True},
        {"alphas": ALPHAS, "precompute": True, "Xy": X.T @ y, "copy_X": False},
        {"alphas": ALPHAS, "coef_init": np.ones(12), "selection": "random", "random_state": 0},
    ],
    ids=["automatic", "alphas", "positive", "precomputed", "start"],
)
@pytest.mark.parametrize("name", NAMES)
def test_as_scikit_learn_has_it(name, options):
    theirs = getattr(reference, name).path(X, y, return_n_iter=True, **options, **TIGHT)
    ours = getattr(taut, name).path(X, y, return_n_iter=True, **options, **TIGHT)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-6)
    assert ours[2].shape == theirs[2].shape
    assert ours[2].max() < 1e-10
    assert len(ours[3]) == len(theirs[3])
    assert all(isinstance(n_iter, int) for n_iter in ours[3])


@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
def test_mixtures_of_lasso_and_ridge(l1_ratio):
    options = {"l1_ratio": l1_ratio, "alphas": ALPHAS, **TIGHT}
    _, theirs, _ = reference.ElasticNet.path(X, y, **options)
    for cls in (taut.Lasso, taut.ElasticNet, taut.ElasticNetCV):
        np.testing.assert_allclose(cls.path(X, y, **options)[1], theirs, atol=1e-6)


def test_what_x_and_y_may_be():
    thin = thinned(X)
    _, expected, gaps = reference.Lasso.path(thin, y[:, None], alphas=ALPHAS, **TIGHT)
    assert expected.shape == (1, 12, 3)
    for matrix in (thin, sparse.csr_array(thin), thin.tolist()):
        for column in (y[:, None], y[:, None].tolist()):
            _, coefs, dual_gaps = taut.Lasso.path(matrix, column, alphas=ALPHAS, **TIGHT)
            assert dual_gaps.shape == gaps.shape
            np.testing.assert_allclose(coefs, expected, atol=1e-6)


def test_numbers_of_alphas_and_weights():
    assert len(taut.Lasso.path(X, y, alphas=7)[0]) == 7
    assert len(taut.Lasso.path(X, y, n_alphas=7)[0]) == 7
    assert len(taut.LassoCV.path(X, y, n_alphas=7, alphas=None)[0]) == 7
    rows = weights() > 0
    _, weighted, _ = taut.Lasso.path(X, y, alphas=ALPHAS, sample_weight=rows.astype(float))
    _, dropped, _ = taut.Lasso.path(X[rows], y[rows], alphas=ALPHAS)
    np.testing.assert_allclose(weighted, dropped, atol=1e-9)


def test_several_targets_share_their_features():
    targets = np.c_[y, y + X[:, 0], X[:, 1] - y]
    for l1_ratio in (1.0, 0.3):
        options = {"l1_ratio": l1_ratio, "alphas": [1.0, 0.1, 0.01], "tol": 1e-12}
        expected = reference.enet_path(X, targets, max_iter=100_000, **options)
        found = taut.ElasticNet.path(X, targets, **options)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-6)
        assert found[2].max() < 1e-10
    single = taut.Lasso.path(X, targets[:, :1], alphas=[0.1])[1]
    np.testing.assert_allclose(single[0], taut.Lasso.path(X, y, alphas=[0.1])[1], atol=1e-9)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"y": np.c_[y, y], "positive": True}, ValueError, "positive must be False for joint"),
        ({"alpha": 0.1}, TypeError, "unexpected argument alpha=0.1: leave it out"),
        ({"eps": 1.5}, ValueError, "eps must be below 1, got 1.5"),
        ({"alphas": [-1.0]}, ValueError, r"alphas\[0\] must be .* got -1.0"),
        ({"l1_ratio": 2}, ValueError, "l1_ratio must lie in .* got 2"),
        ({"tol": -1.0}, ValueError, "tol must be finite and >= 0, got -1.0"),
        ({"selection": "best"}, ValueError, "selection must be .* got 'best'"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        taut.ElasticNet.path(**{"X": X, "y": y, **options})
