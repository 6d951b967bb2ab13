"""Fits without penalty by statsmodels and lifelines, made by `frozen/unpenalised.py`."""

import json
from pathlib import Path

import numpy as np
import pytest

import taut

FOLDER = Path(__file__).parent / "frozen"
FROZEN = json.loads((FOLDER / "unpenalised.json").read_text())
DATA = json.loads((FOLDER / "glmnet.json").read_text())
X = np.array(DATA["x"])[:, :3]
WEIGHTS = np.array(DATA["weights"], dtype=float)
AMOUNTS = np.exp(np.array(DATA["targets"])[:, 0])

CASES = {
    "logistic": ("logistic", DATA["binary"], {"sample_weight": WEIGHTS}),
    "poisson": ("poisson", DATA["counts"], {"offset": np.array(DATA["offset"])}),
    "gamma": ("gamma", AMOUNTS, {"sample_weight": WEIGHTS}),
    "tweedie": ("tweedie", AMOUNTS, {}),
    "cox_efron": (taut.losses.Cox("efron"), np.column_stack([DATA["times"], DATA["events"]]), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_without_penalty(name):
    loss, y, options = CASES[name]
    path = taut.fit_path(X, np.asarray(y, dtype=float), loss, alphas=[0.0], tol=1e-12, **options)
    expected = np.array(FROZEN[name])
    np.testing.assert_allclose(path.coefs[:, 0], expected[-3:], atol=1e-6)
    if len(expected) == 4:
        assert path.intercepts[0] == pytest.approx(expected[0], abs=1e-6)
