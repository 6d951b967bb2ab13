"""A fit that fails leaves the model as it was."""

import numpy as np
import pytest
from scipy import sparse

import taut

RNG = np.random.default_rng(0)
X = RNG.standard_normal((50, 6))
Y = X[:, 0] + 0.1 * RNG.standard_normal(50)
MODELS = [taut.LinearRegression(), taut.Ridge(), taut.Lasso(0.1), taut.LassoCV()]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_refused_refit_leaves_the_model(model):
    predictions = model.fit(X, Y).predict(X)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X[:, :3], Y, sample_weight=-np.ones(50))
    assert np.array_equal(model.predict(X), predictions)


def test_a_first_fit_that_is_refused_leaves_nothing():
    model = taut.Lasso(0.1)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, Y, sample_weight=-np.ones(50))
    assert not [name for name in vars(model) if name.endswith("_")]


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
def test_a_broken_sparse_matrix_is_refused(kind):
    for spoil in ("indices", "indptr"):
        broken = kind(X)
        getattr(broken, spoil)[3] = 10**6
        with pytest.raises(ValueError, match=r"sound sparse matrix|sparse"):
            taut.Lasso(0.1).fit(broken, Y)


def test_narrow_floats_are_numbers_like_others(recwarn):
    taut.Lasso(np.float32(0.1)).fit(X, Y)
    assert not recwarn.list
    with pytest.raises(ValueError, match="alpha must be finite"):
        taut.Lasso(np.float32("inf")).fit(X, Y)


def test_a_bounded_ridge_on_very_many_features():
    wide = RNG.standard_normal((30, 11_000))
    model = taut.Ridge(alpha=1e4, positive=True).fit(wide, wide[:, 0])
    assert model.certificate_.solved
    assert model.coef_.min() >= 0


@pytest.mark.parametrize("shape", [(200, 300), (60, 8)])
@pytest.mark.parametrize("model", [taut.Lasso, taut.ElasticNet])
@pytest.mark.filterwarnings("ignore::taut.ConvergenceWarning")
def test_a_warm_start_goes_on_where_the_last_fit_ended(model, shape):
    random = np.random.default_rng(0)
    X = random.normal(size=shape)
    y = X[:, :5].sum(axis=1) + random.normal(size=len(X))
    one_step = model(alpha=0.05, warm_start=True, max_iter=1)
    gaps = [one_step.fit(X, y).dual_gap_ for _ in range(100)]
    solved = model(alpha=0.05).fit(X, y)
    assert gaps[-1] <= 1e-6 * np.var(y)
    np.testing.assert_allclose(one_step.coef_, solved.coef_, atol=1e-3)
    again = solved.set_params(warm_start=True).fit(X, y)
    assert again.n_iter_ <= 1
