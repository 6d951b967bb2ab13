"""The problems: what every solver is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.generated import correlated, gaussian, grouped, insurance, text_like
from benchmarks.judge.gap import largest_alpha
from benchmarks.tables import bike_rentals, digits, khan, movie_reviews, riboflavin
from benchmarks.tasks import TASKS

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
    task : str, default "lasso"
        A key of ``TASKS``: what is minimised.
    n_alphas : int, default 100
    alpha_ratio : float, default 100
        The largest alpha, at which all coefficients are zero, over the smallest.
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
    task: str = "lasso"
    n_alphas: int = N_ALPHAS
    alpha_ratio: float = ALPHA_RATIO
    target: float | None = None
    cv_target: float | None = None
    cost_target: float | None = None
    product: bool = False
    quick: bool = False


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
    Problem("riboflavin", "gene expression, 71 x 4,088", riboflavin),
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
    ),
    Problem(
        "logistic",
        "L1 logistic, generated, 1,000 x 5,000",
        lambda: gaussian(1_000, 5_000, 50, "logistic"),
        task="logistic",
        n_alphas=50,
        target=4,
    ),
    Problem(
        "logistic text",
        "L1 logistic, sentences as tf-idf, sparse",
        movie_reviews,
        task="logistic",
        n_alphas=50,
        target=3,
    ),
    Problem(
        "group lasso",
        "generated, 1,000 x 5,000, groups of 10",
        lambda: grouped(1_000, 500, 10),
        task="group_lasso",
        target=3,
    ),
    Problem(
        "multinomial genes",
        "L1 multinomial, gene expression, 63 x 2,308, 4 classes",
        khan,
        task="multinomial",
        n_alphas=50,
        target=3,
        quick=True,
    ),
    Problem(
        "multinomial digits",
        "L1 multinomial, images, 1,797 x 64, 10 classes",
        digits,
        task="multinomial",
        n_alphas=50,
        target=3,
    ),
    Problem(
        "poisson",
        "Poisson elastic net, claims, 600,000 x 60",
        lambda: insurance(600_000, "poisson"),
        task="poisson",
        n_alphas=50,
        target=1,
    ),
    Problem(
        "gamma",
        "Gamma elastic net, amounts, 600,000 x 60",
        lambda: insurance(600_000, "gamma"),
        task="gamma",
        n_alphas=50,
        target=1,
    ),
    Problem(
        "slope",
        "SLOPE, generated, 200 x 5,000",
        lambda: gaussian(200, 5_000, 20),
        task="slope",
        n_alphas=50,
        target=1,
    ),
    Problem(
        "cox",
        "L1 Cox, generated, 200 x 5,000",
        lambda: gaussian(200, 5_000, 20, "cox"),
        task="cox",
        n_alphas=50,
        # Further down the fit is all but saturated.
        alpha_ratio=20,
        target=2,
    ),
)


def strengths(X, y, task="lasso", n_alphas=N_ALPHAS, alpha_ratio=ALPHA_RATIO):
    """The alphas that every solver is given, and those only."""
    alpha_max = largest_alpha(TASKS[task], X, y)
    return np.geomspace(alpha_max, alpha_max / alpha_ratio, n_alphas)


def folds(n_samples):
    """The fold of each row.

    Drawn as adelie draws its own from the seed 0, since it takes none; the others take these.
    """
    order = np.random.RandomState(0).choice(n_samples, n_samples, replace=False)
    fold = np.empty(n_samples, dtype=np.int32)
    for k, rows in enumerate(np.array_split(order, N_FOLDS)):
        fold[rows] = k
    return fold
