"""The problems: what every solver is given, generated or read from real tables."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

N_ALPHAS = 100
ALPHA_RATIO = 100.0
N_FOLDS = 5


@dataclass(frozen=True)
class Problem:
    """One problem of the benchmark.

    Parameters
    ----------
    name : str
    title : str
    build : callable
        Returns X, of shape (n_samples, n_features), dense or sparse, and y.
    target : float, default None
        The path should be at least so many times faster than that of the fastest peer.
    cv_target : float, default None
        The same for cross-validation with refit, which is timed where this is given.
    cost_target : float, default None
        Cross-validation should cost at most so many times one path.
    product : bool, default False
        Also time NumPy's ``X.T @ X``, which a tall path should hardly exceed.
    quick : bool, default False
        Part of the quick benchmark.
    """

    name: str
    title: str
    build: Callable
    target: float | None = None
    cv_target: float | None = None
    cost_target: float | None = None
    product: bool = False
    quick: bool = False


def _response(X, rng, n_active, noise=0.5):
    """A sparse linear signal of unit variance, and noise."""
    active = rng.choice(X.shape[1], n_active, replace=False)
    signal = X[:, active] @ rng.standard_normal(n_active)
    return signal / signal.std() + noise * rng.standard_normal(X.shape[0])


def gaussian(n_samples, n_features, n_active, seed=0):
    """Independent Gaussian columns."""
    rng = np.random.default_rng(seed)
    # Column by column in memory, as most peers want it: nobody pays for a copy.
    X = rng.standard_normal((n_features, n_samples)).T
    return X, _response(X, rng, n_active)


def correlated(n_samples, n_features, n_active, rho, seed=0):
    """Columns correlated as rho^|i - j|."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_features, n_samples)).T
    for j in range(1, n_features):
        X[:, j] = rho * X[:, j - 1] + np.sqrt(1 - rho**2) * X[:, j]
    return X, _response(X, rng, n_active)


def text_like(n_samples, n_features, words=100, n_active=200, seed=0):
    """Term counts with Zipf's frequencies, as tf-idf with rows of norm one."""
    from sklearn.feature_extraction.text import TfidfTransformer

    rng = np.random.default_rng(seed)
    frequency = 1 / np.arange(10, n_features + 10)
    terms = rng.choice(n_features, (n_samples, words), p=frequency / frequency.sum())
    rows = np.repeat(np.arange(n_samples), words)
    counts = sp.csr_matrix((np.ones(terms.size), (rows, terms.ravel())), (n_samples, n_features))
    X = TfidfTransformer().fit_transform(counts).tocsc()
    used = np.flatnonzero(np.diff(X.indptr) > 20)
    active = rng.choice(used, n_active, replace=False)
    signal = X[:, active] @ rng.standard_normal(n_active)
    return X, signal / signal.std() + 0.5 * rng.standard_normal(n_samples)


def data_folder() -> Path:
    folder = os.environ.get("TAUT_DATA")
    return Path(folder) if folder else Path(__file__).parents[2] / "shared" / "data"


def riboflavin():
    """Gene expression, 71 x 4,088 (Buehlmann et al. 2014)."""
    with np.load(data_folder() / "riboflavin" / "riboflavin.npz") as file:
        return np.asfortranarray(file["x"]), file["y"]


def movie_reviews():
    """Words and pairs of words of 10,662 sentences (Pang and Lee 2005); y is the label, 0 or 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    source = data_folder() / "rt_polarity" / "rt_polarity.tsv.gz"
    with gzip.open(source, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t", 1) for line in file][1:]
    X = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit_transform([text for _, text in rows])
    return X.tocsc(), np.array([float(label) for label, _ in rows])


def bike_rentals():
    """Hourly rentals, with all products of two columns, standardised; y is the log of the count."""
    from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, scale

    with gzip.open(data_folder() / "bike_sharing" / "hour.csv.gz", "rt") as file:
        table = np.genfromtxt(file, delimiter=",", names=True, dtype=None, encoding="utf-8")
    kinds = [table[c] for c in ("season", "yr", "hr", "holiday", "weekday", "weathersit")]
    numbers = [table[c] for c in ("temp", "atemp", "hum", "windspeed")]
    kinds = OneHotEncoder(sparse_output=False).fit_transform(np.column_stack(kinds))
    X = np.column_stack([*numbers, kinds])
    X = PolynomialFeatures(2, include_bias=False).fit_transform(X)
    return np.asfortranarray(scale(X[:, np.ptp(X, axis=0) > 0])), np.log(table["cnt"])


PROBLEMS = (
    Problem(
        "wide",
        "generated, 200 x 10,000",
        lambda: gaussian(200, 10_000, 20),
        target=20,
        quick=True,
    ),
    Problem("mid", "generated, 2,000 x 4,000", lambda: gaussian(2_000, 4_000, 400), target=8),
    Problem(
        "tall",
        "generated, 100,000 x 300",
        lambda: gaussian(100_000, 300, 50),
        target=1,
        product=True,
        quick=True,
    ),
    Problem(
        "correlated",
        "generated, 1,000 x 5,000, rho = 0.95",
        lambda: correlated(1_000, 5_000, 50, 0.95),
    ),
    Problem(
        "text",
        "generated, sparse 10,000 x 50,000",
        lambda: text_like(10_000, 50_000),
        target=3,
        quick=True,
    ),
    Problem("riboflavin", "gene expression, 71 x 4,088", riboflavin, quick=True),
    Problem("movie reviews", "sentences as tf-idf, sparse", movie_reviews),
    Problem("bike rentals", "hourly table, all products", bike_rentals),
    Problem(
        "cv wide",
        "generated, 500 x 5,000",
        lambda: gaussian(500, 5_000, 30),
        cv_target=5,
        cost_target=2.5,
    ),
    Problem(
        "cv tall",
        "generated, 50,000 x 300",
        lambda: gaussian(50_000, 300, 50),
        cv_target=10,
        cost_target=1.5,
        quick=True,
    ),
)


def strengths(X, y):
    """The alphas that every solver is given, and those only."""
    response = y - y.mean()
    # X'(y - mean) needs no centred copy of X.
    alpha_max = np.max(np.abs(X.T @ response)) / len(y)
    return np.geomspace(alpha_max, alpha_max / ALPHA_RATIO, N_ALPHAS)


def folds(n_samples):
    """The fold of each row.

    Drawn as adelie draws its own from the seed 0, since it takes none; the others take these.
    """
    order = np.random.RandomState(0).choice(n_samples, n_samples, replace=False)
    fold = np.empty(n_samples, dtype=np.int32)
    for k, rows in enumerate(np.array_split(order, N_FOLDS)):
        fold[rows] = k
    return fold
