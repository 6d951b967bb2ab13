"""What a fit takes beside X, by the peak that the operating system saw (C++ is in it)."""

import pytest

from .fits import SANITIZED
from .script import run_script

pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(SANITIZED, reason="the sanitizers' own memory drowns the core's")

SETUP = """
import resource, sys
import numpy as np
import taut
from scipy import sparse

UNIT = 1 if sys.platform == "darwin" else 1024

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT

random = np.random.default_rng(0)

def fit(X, **options):
    rows = np.asarray(X[:, [0]].todense() if sparse.issparse(X) else X[:, [0]], dtype=np.float64)
    y = 50.0 * rows[:, 0] + random.normal(size=X.shape[0])
    before = peak()
    taut.fit_path(X, y, n_alphas=10, alpha_min_ratio=0.3, **options)
    return peak() - before

# BLAS and the imports take their memory once; they must not be counted.
fit(np.asfortranarray(random.normal(size=(300, 100))))
fit(np.asfortranarray(random.normal(size=(100, 300))))
"""
SHAPES = {"tall": "(40_000, 300)", "wide": "(600, 20_000)"}


def extra(shape, make):
    """Bytes at the peak of a fit beyond those before it, over the bytes of X."""
    script = f"{SETUP}\nX = {make.format(shape=SHAPES[shape])}\nprint(fit(X) / X.nbytes)"
    return float(run_script(script))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "make",
    [
        "random.standard_normal({shape}[::-1]).T",
        "random.standard_normal({shape})",
    ],
    ids=["F", "C"],
)
def test_float64_is_not_copied(shape, make):
    assert extra(shape, make) < 0.3


@pytest.mark.parametrize("shape", SHAPES)
def test_float32_is_not_widened_as_a_whole(shape):
    # A float64 copy would take twice the bytes of X.
    assert extra(shape, "random.standard_normal({shape}[::-1], dtype=np.float32).T") < 1.0


def test_sparse_matrices_are_not_filled_in():
    script = f"""{SETUP}
places = random.integers(20_000, size=600_000), random.integers(30_000, size=600_000)
X = sparse.coo_array((random.normal(size=600_000), places), shape=(20_000, 30_000)).tocsc()
print(fit(X) / (8 * X.shape[0] * X.shape[1]), fit(X, standardize=True) / (8 * X.shape[0]))
"""
    share_of_dense, columns_more = map(float, run_script(script).split())
    assert share_of_dense < 0.02
    assert columns_more < 300


def test_fits_give_back_what_they_took():
    script = f"""{SETUP}
X = random.standard_normal((80, 500))
for _ in range(20):
    fit(X)
print(sum(fit(X) for _ in range(200)))
"""
    assert float(run_script(script)) < 4e6
