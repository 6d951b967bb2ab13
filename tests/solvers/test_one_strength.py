"""One small strength, fitted as users fit it, ends where a path ends."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

import taut
from taut.penalties import L1, MCP, SCAD
from taut.solution import Status


def responses(X):
    """Of every kind, to the first features."""
    random = np.random.default_rng(7)
    eta = X[:, :5] @ [1.0, -1.0, 0.5, 0.5, -0.5]
    n_samples = len(X)
    amounts = np.exp(0.5 * eta) * random.gamma(2.0, size=n_samples)
    return {
        "logistic": (eta + random.logistic(size=n_samples) > 0) * 1.0,
        "poisson": random.poisson(np.exp(np.clip(eta, -5, 4))) * 1.0,
        "gamma": amounts,
        "tweedie": amounts * (random.uniform(size=n_samples) < 0.8),
        "cox": np.column_stack([random.exponential(size=n_samples) * np.exp(-eta), eta < 1]),
        "multinomial": np.digitize(eta + random.logistic(size=n_samples), [-1.0, 1.0]) * 1.0,
    }


@pytest.mark.parametrize("shape", [(200, 120), (60, 200)])
@pytest.mark.parametrize("ratio", [0.1, 1e-2, 1e-3])
@pytest.mark.parametrize("loss", responses(np.zeros((2, 5))))
def test_one_small_strength_of_any_loss_is_the_end_of_a_path(loss, ratio, shape):
    X = np.random.default_rng(8).normal(size=shape)
    y = responses(X)[loss]
    path = taut.fit_path(X, y, loss, n_alphas=20, alpha_min_ratio=ratio)
    one = taut.fit_path(X, y, loss, alphas=path.alphas[-1:])
    assert one.certificates[0].solved
    assert one.certificates[0].n_iter < 300
    # Penalties compare where minimisers need not be unique.
    sizes = [np.abs(fitted.coefs[..., -1]).sum() for fitted in (one, path)]
    assert_allclose(*sizes, rtol=0.02)


@pytest.mark.parametrize("C", [10.0, 100.0])
def test_a_classifier_of_digits_is_solved_with_default_settings(C):
    X, y = load_digits(return_X_y=True)
    fitted = taut.LogisticRegression(C=C, l1_ratio=1).fit(StandardScaler().fit_transform(X), y)
    assert fitted.certificate_.solved
    assert fitted.certificate_.n_iter < 300


@pytest.mark.filterwarnings("ignore::taut.solution.ConvergenceWarning")
@pytest.mark.parametrize("kind", [MCP, SCAD])
@pytest.mark.parametrize("groups", [None, np.arange(200) // 4], ids=["entries", "groups"])
@pytest.mark.parametrize("loss", ["gamma", "poisson", "tweedie", "cox", "logistic"])
def test_a_folded_penalty_ends_in_a_solution_or_says_that_there_is_none(loss, groups, kind):
    X = np.random.default_rng(9).normal(size=(60, 200))
    y = responses(X)[loss]
    largest = taut.fit_path(X, y, loss, L1(), n_alphas=1).alphas[0]
    for ratio in (0.5, 0.2, 0.05):
        path = taut.fit_path(X, y, loss, kind(groups=groups), alphas=[ratio * largest])
        certificate = path.certificates[0]
        assert certificate.status in (Status.SOLVED, Status.UNBOUNDED), (ratio, certificate)
        assert not (loss == "gamma" and certificate.status is Status.UNBOUNDED)
