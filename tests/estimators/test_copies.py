"""How much memory a fit takes beside X: nothing of the size of X where it is F-ordered float64."""

import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
import taut

random = np.random.default_rng(0)
X = np.empty({shape}, order="F", dtype={dtype!r})
for column in X.T:
    column[:] = random.normal(size=len(column))
y = X[:, :5].sum(axis=1) + random.normal(size=len(X))
model = {model}
model.fit(X[:300, :20].copy(order="F"), y[:300].astype(float))

def resident(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))

open("/proc/self/clear_refs", "w").write("5")  # peak := now
before = resident("VmRSS")
model.fit(X, y.astype(float))
print((resident("VmHWM") - before) / (8 * X.size))
"""
MODELS = {
    "least squares": "taut.LinearRegression()",
    "ridge": "taut.Ridge()",
    "leave-one-out": "taut.RidgeCV()",
    "non-negative least squares": "taut.LinearRegression(positive=True)",
    "non-negative ridge": "taut.Ridge(positive=True)",
    "lasso": "taut.Lasso(alpha=0.5)",
}


def copies(model, shape, dtype="float64"):
    script = SCRIPT.format(model=model, shape=shape, dtype=dtype)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    if "clear_refs" in run.stderr:
        pytest.skip("the system does not measure peaks of memory")
    assert run.returncode == 0, run.stderr
    return float(run.stdout)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("model", MODELS)
def test_tall_systems_are_read_where_they_lie(model, dtype):
    # In float32 blocks are widened to be multiplied, and rows of a few numbers come on top. A BLAS
    # library's threads keep some 30 MB for themselves, which must not count.
    n_samples = 160_000 if model == "leave-one-out" else 40_000
    assert copies(MODELS[model], (n_samples, 150), dtype) < (0.6 if dtype == "float64" else 1.2)


@pytest.mark.parametrize("model", ["least squares", "ridge", "leave-one-out"])
def test_wide_systems_are_read_where_they_lie(model):
    assert copies(MODELS[model], (200, 30_000)) < 0.5


@pytest.mark.parametrize("model", ["non-negative least squares", "lasso"])
def test_a_working_set_takes_one_copy_at_most(model):
    model = MODELS[model].replace("0.5", "1e-3")
    assert copies(model, (200, 30_000)) < 1.3


def test_descent_sweeps_over_columns_where_they_lie():
    assert copies(MODELS["lasso"].replace("0.5", "0.02"), (2000, 4000)) < 0.6
