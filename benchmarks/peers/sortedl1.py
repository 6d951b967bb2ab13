from sortedl1 import Slope

from benchmarks.tasks import TASKS


def slope(X, y, alphas, tol):
    sequence = TASKS["slope"].penalty.sequence(X.shape[1])
    model = Slope(lam=sequence, tol=tol, max_iter=10_000_000)
    # A path is not cut short, however well it fits.
    whole = {"tol_dev_change": 0.0, "tol_dev_ratio": 1.0, "max_clusters": 10 * X.shape[1]}
    found = model.path(X, y, alphas=alphas, **whole)
    return found.coefs[:, 0], found.intercepts[0]
