"""``hessian_gram`` of every smooth loss is the derivative of its slopes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut.losses import Cox, Gamma, Logistic, Multinomial, Poisson, Squared, Tweedie

N_SAMPLES, N_COLUMNS = 30, 4
RANDOM = np.random.default_rng(0)
TIME = np.round(RANDOM.exponential(size=N_SAMPLES), 1) + 0.1
EVENT = (RANDOM.random(N_SAMPLES) < 0.6).astype(float)
AMOUNT = RANDOM.gamma(2.0, size=N_SAMPLES)
SURVIVAL = {
    "plain": np.column_stack([TIME, EVENT]),
    "late entry": np.column_stack([TIME, EVENT, TIME * RANDOM.uniform(0, 0.9, N_SAMPLES)]),
    "strata": np.column_stack([TIME, EVENT, np.full(N_SAMPLES, -np.inf), np.arange(N_SAMPLES) % 3]),
}
CASES = {
    "squared": (Squared(), AMOUNT),
    "squared, two targets": (Squared(), RANDOM.normal(size=(N_SAMPLES, 2))),
    "logistic": (Logistic(), EVENT),
    "poisson": (Poisson(), np.floor(AMOUNT)),
    "gamma": (Gamma(), AMOUNT),
    "tweedie": (Tweedie(1.5), AMOUNT),
    "multinomial": (Multinomial(), np.arange(N_SAMPLES) % 3),
    **{f"cox efron, {name}": (Cox("efron"), y) for name, y in SURVIVAL.items()},
    **{f"cox breslow, {name}": (Cox("breslow"), y) for name, y in SURVIVAL.items()},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("convert", [np.asfortranarray, sparse.csc_array])
def test_the_hessian_is_that_of_the_slopes(case, convert):
    loss, y = CASES[case]
    y = loss.check_response(y)
    random = np.random.default_rng(1)
    matrix = random.normal(size=(N_SAMPLES, N_COLUMNS))
    v = random.uniform(0.5, 1.5, N_SAMPLES)
    v[2] = 0.0
    shape = y.shape if isinstance(loss, Squared | Multinomial) else (N_SAMPLES,)
    eta = random.normal(size=shape)
    columns = np.eye(N_COLUMNS * int(np.prod(shape[1:], dtype=int)))
    step, expected = 1e-5, []
    for column in columns:
        along = step * (matrix @ column.reshape(N_COLUMNS, *shape[1:]))
        change = loss.slope(y, eta + along, v) - loss.slope(y, eta - along, v)
        expected.append((matrix.T @ change / (2 * step)).ravel())
    converted = convert(matrix)
    found = loss.hessian_gram(y, eta, v, converted, converted)
    assert_allclose(found, np.array(expected).T, rtol=0, atol=2e-7)
    part = loss.hessian_gram(y, eta, v, converted, converted[:, 1:])
    skipped = len(columns) // N_COLUMNS
    assert_allclose(part, found[:, skipped:], rtol=0, atol=1e-12)
