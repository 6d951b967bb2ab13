"""Coefficients of R's glmnet, made by `frozen/glmnet.R` at a threshold of 1e-14.

glmnet stops its coordinate descent on the change of the deviance, so that its coefficients hold to
about the root of that threshold.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import taut
from taut.penalties import ElasticNet, MultiTask

FROZEN = json.loads((Path(__file__).parent / "frozen" / "glmnet.json").read_text())
X = np.array(FROZEN["x"])
DATA = {
    name: np.array(FROZEN[name], dtype=float)
    for name in ("binary", "counts", "classes", "targets", "weights", "offset")
}
SURVIVAL = np.column_stack([FROZEN["times"], FROZEN["events"]]).astype(float)
EXACT = {"tol": 1e-13, "max_iter": 10_000}
CLOSE = {"multinomial": 1e-5}  # the others to 2e-6

CASES = {
    "binomial_lasso": ("logistic", DATA["binary"], ElasticNet(1.0), {"standardize": True}),
    "binomial_weighted_mixture": (
        *("logistic", DATA["binary"], ElasticNet(0.5)),
        {"sample_weight": DATA["weights"]},
    ),
    "poisson_lasso": ("poisson", DATA["counts"], ElasticNet(1.0), {"standardize": True}),
    "poisson_offset_mixture": (
        *("poisson", DATA["counts"], ElasticNet(0.3)),
        {"standardize": True, "offset": DATA["offset"]},
    ),
    "cox_lasso": (
        *(taut.losses.Cox("breslow"), SURVIVAL, ElasticNet(1.0)),
        {"standardize": True},
    ),
    "cox_weighted_mixture": (
        *(taut.losses.Cox("breslow"), SURVIVAL, ElasticNet(0.5)),
        {"standardize": True, "sample_weight": DATA["weights"]},
    ),
    "multinomial_lasso": ("multinomial", DATA["classes"], ElasticNet(1.0), {"standardize": True}),
    "multinomial_mixture": (
        *("multinomial", DATA["classes"], ElasticNet(0.5)),
        {"standardize": True},
    ),
    "multinomial_grouped": ("multinomial", DATA["classes"], MultiTask(), {"standardize": True}),
    "mgaussian_lasso": ("squared", DATA["targets"], MultiTask(), {"standardize": True}),
}


@pytest.mark.parametrize("name", CASES)
def test_coefficients_of_glmnet(name):
    loss, y, penalty, options = CASES[name]
    atol = CLOSE.get(loss, 2e-6) if isinstance(loss, str) else 2e-6
    frozen = FROZEN[name]
    path = taut.fit_path(X, y, loss, penalty, alphas=frozen["lambda"], **options, **EXACT)
    expected = np.array(frozen["coef"])  # (n_outputs, n_alphas, intercept and n_features)
    coefs = path.coefs.reshape(X.shape[1], -1, len(path.alphas)).transpose(1, 2, 0)
    intercepts = path.intercepts.reshape(-1, len(path.alphas))
    if len(expected) > 2:  # of classes only the differences count
        intercepts = intercepts - intercepts.mean(axis=0)
        expected[:, :, 0] -= expected[:, :, 0].mean(axis=0)
    has_intercept = expected.shape[-1] == X.shape[1] + 1
    np.testing.assert_allclose(coefs, expected[:, :, has_intercept:], atol=atol)
    assert np.array_equal(coefs != 0, np.abs(expected[:, :, has_intercept:]) > 1e-9)
    if has_intercept:
        np.testing.assert_allclose(intercepts, expected[:, :, 0], atol=atol)
