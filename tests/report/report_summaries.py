"""Summaries for the report's tests, computed with scikit-learn and NumPy alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import stats
from sklearn.datasets import load_diabetes
from sklearn.linear_model import enet_path, lasso_path
from sklearn.model_selection import KFold

Path = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _lasso(X, y, alphas):
    return lasso_path(X, y, alphas=alphas)[1]


def _elastic_net(X, y, alphas):
    return enet_path(X, y, l1_ratio=0.5, alphas=alphas)[1]


def _ridge(X, y, alphas):
    U, singular, Vt = np.linalg.svd(X, full_matrices=False)
    shrunk = singular[:, None] / (singular[:, None] ** 2 + len(y) * alphas)
    return Vt.T @ (shrunk * (U.T @ y)[:, None])


FAMILIES = {
    "ridge": ("Ridge", _ridge, 2),
    "lasso": ("Lasso", _lasso, 4),
    "elastic-net": ("Elastic net", _elastic_net, 6),
}


def diabetes_summary() -> dict:
    """Nested cross-validation on the diabetes data, every number computed."""
    return copy.deepcopy(_diabetes())


@cache
def _diabetes() -> dict:
    data = load_diabetes(scaled=False)
    names = [str(name) for name in data.feature_names]
    return _summary(data.data, data.target.astype(float), names)


def wide_summary(n_features: int = 500, n_alphas: int = 100) -> dict:
    """The diabetes summary with the ridge and lasso-like paths of a table of many columns."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, n_features))
    y = X[:, :12] @ rng.normal(0, 3, 12) + rng.normal(0, 2, 120)
    names = [f"gene expression level of probe {j:04d}" for j in range(n_features)]
    summary = diabetes_summary()
    summary["table"].update(rows=120, columns=n_features + 1, features=n_features)
    alphas = np.geomspace(20, 0.02, n_alphas)
    ridge = _family("ridge", "Ridge", _ridge, X, y, names, alphas, 3)
    thresholds = [np.sign(c) * np.maximum(np.abs(c) - 0.03, 0) for c in np.array(ridge["coefs"])]
    lasso = {
        **ridge,
        "technique": "lasso",
        "label": "Lasso",
        "coefs": np.array(thresholds).tolist(),
    }
    lasso["n_nonzero"] = [int(n) for n in np.count_nonzero(thresholds, axis=0)]
    # As a comparison does: not all features are in the paths, but all are counted.
    for path in (ridge, lasso):
        path.update(features=names[:200], coefs=path["coefs"][:200])
    summary["paths"] = [ridge, lasso, *({**lasso, "label": f"Variant {k}"} for k in range(4))]
    last = np.array(thresholds)[:, -1]
    summary["pick"]["coefficients"] = [
        {"feature": name, "coefficient": float(c) / 3, "standardised": float(c)}
        for name, c in zip(names, last, strict=True)
    ]
    return summary


def hostile_summary() -> dict:
    """Markup wherever a user's table can put text."""
    summary = diabetes_summary()
    attack = (
        "</script><script>window.attacked = true</script><img src=x onerror='window.attacked=1'>"
    )
    summary["table"]["source"] = summary["table"]["target"] = attack
    summary["metric"]["unit"] = attack
    summary["table"]["notes"].append({"level": "info", "text": attack, "columns": [attack, "<!--"]})
    for key in ("label", "sentence", "detail"):
        summary["verdict"][key] = attack
    summary["pick"]["coefficients"][0]["feature"] = attack
    summary["pick"]["code"] = f"# {attack}"
    summary["leaderboard"][0]["label"] = attack
    for path in summary["paths"]:
        path["features"][0] = attack
        path["label"] = attack
    return summary


def null_summary() -> dict:
    """The null model won: no coefficients, no paths, no certificates."""
    summary = diabetes_summary()
    for row in summary["leaderboard"]:
        row["picked"] = row["technique"] == "null"
    summary["verdict"].update(technique="null", label="Null model", sentence="Nothing helps.")
    summary["pick"].update(technique="null", label="Null model", alpha=None, coefficients=[])
    summary["paths"] = []
    summary["certificates"] = []
    summary["table"]["notes"] = []
    return summary


def _standardise(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def _family(technique, label, path: Path, X, y, names, alphas, folds=5) -> dict:
    """Whole-table path and its cross-validated errors, as the summary holds them."""
    centred = y - y.mean()
    coefs = path(_standardise(X), centred, alphas)
    validation, train = _errors(path, X, y, alphas, folds)
    mean, se = validation.mean(axis=1), validation.std(axis=1, ddof=1) / np.sqrt(folds)
    best = int(mean.argmin())
    one_se = int(np.flatnonzero(mean <= mean[best] + se[best])[0])
    return {
        "technique": technique,
        "label": label,
        "l1_ratio": 0.5 if technique == "elastic-net" else None,
        "remark": "Half of each." if technique == "elastic-net" else "",
        "alphas": alphas.tolist(),
        "features": names,
        "coefs": coefs.tolist(),
        "n_nonzero": [int(n) for n in np.count_nonzero(coefs, axis=0)],
        "train_error": train.mean(axis=1).tolist(),
        "validation_error": mean.tolist(),
        "validation_se": se.tolist(),
        "alpha_min": float(alphas[best]),
        "alpha_1se": float(alphas[one_se]),
    }


def _errors(path: Path, X, y, alphas, folds):
    validation, train = [], []
    for inside, outside in KFold(folds, shuffle=True, random_state=1).split(X):
        centre, scale = X[inside].mean(axis=0), X[inside].std(axis=0)
        coefs = path((X[inside] - centre) / scale, y[inside] - y[inside].mean(), alphas)
        for rows, errors in ((inside, train), (outside, validation)):
            predicted = y[inside].mean() + (X[rows] - centre) / scale @ coefs
            errors.append(((y[rows, None] - predicted) ** 2).mean(axis=0))
    return np.array(validation).T, np.array(train).T


def _alphas(technique, X, y, n_alphas=80):
    largest = np.abs(_standardise(X).T @ (y - y.mean())).max() / len(y)
    if technique == "ridge":
        return np.geomspace(100, 1e-3, n_alphas)
    return np.geomspace(
        largest * (2 if technique == "elastic-net" else 1), 1e-3 * largest, n_alphas
    )


def _scores(X, y, names, folds) -> dict[str, list[tuple[float, int]]]:
    """RMSE and features used of every technique in every outer fold."""
    scores: dict[str, list[tuple[float, int]]] = {"null": [], "least-squares": []}
    for inside, outside in folds:
        centre, scale, mean = X[inside].mean(axis=0), X[inside].std(axis=0), y[inside].mean()
        Z, target = (X[inside] - centre) / scale, y[inside] - mean
        fits = {"null": np.zeros(X.shape[1]), "least-squares": np.linalg.lstsq(Z, target)[0]}
        for technique, (label, path, _) in FAMILIES.items():
            alphas = _alphas(technique, X[inside], y[inside])
            family = _family(technique, label, path, X[inside], y[inside], names, alphas)
            for rule in ("min", "1se"):
                chosen = family["alphas"].index(family[f"alpha_{rule}"])
                fits[f"{technique}-{rule}"] = np.array(family["coefs"])[:, chosen]
        for name, coef in fits.items():
            residual = y[outside] - mean - (X[outside] - centre) / scale @ coef
            rmse = float(np.sqrt(np.mean(residual**2)))
            scores.setdefault(name, []).append((rmse, int(np.count_nonzero(coef))))
    return scores


def _labels() -> dict[str, tuple[str, int]]:
    labels = {"null": ("Null model", 0), "least-squares": ("Least squares", 1)}
    for technique, (label, _, rank) in FAMILIES.items():
        labels[f"{technique}-1se"] = (f"{label} (1-SE)", rank)
        labels[f"{technique}-min"] = (f"{label} (min)", rank + 1)
    return labels


def _leaderboard(scores, n_features) -> list[dict]:
    labels = _labels()
    ordered = sorted(scores, key=lambda name: np.mean([s for s, _ in scores[name]]))
    best = np.array([s for s, _ in scores[ordered[0]]])
    rows = []
    for name in ordered:
        fold_scores = np.array([s for s, _ in scores[name]])
        differences = fold_scores - best
        folds = len(differences)
        spread = np.sqrt((1 / folds + 1 / (folds - 1)) * differences.var(ddof=1))
        half = float(stats.t.ppf(0.975, folds - 1) * spread)
        difference = float(differences.mean())
        rows.append(
            {
                "technique": name,
                "label": labels[name][0],
                "complexity": labels[name][1],
                "score": float(fold_scores.mean()),
                "score_std": float(fold_scores.std(ddof=1)),
                "fold_scores": fold_scores.tolist(),
                "difference": difference,
                "difference_low": difference - half,
                "difference_high": difference + half,
                "detectably_worse": difference - half > 0,
                "features_used": float(np.mean([used for _, used in scores[name]])),
                "features_total": n_features,
                "fit_seconds": 0.0031 * (1 + labels[name][1]),
                "best": name == ordered[0],
                "picked": False,
            }
        )
    level = [row for row in rows if not row["detectably_worse"]]
    min(level, key=lambda row: row["complexity"])["picked"] = True
    return rows


def _summary(X, y, names) -> dict:
    folds = list(KFold(5, shuffle=True, random_state=0).split(X))
    leaderboard = _leaderboard(_scores(X, y, names, folds), len(names))
    paths = [
        _family(technique, label, path, X, y, names, _alphas(technique, X, y))
        for technique, (label, path, _) in FAMILIES.items()
    ]
    lasso = paths[1]
    chosen = lasso["alphas"].index(lasso["alpha_1se"])
    for row in leaderboard:
        row["picked"] = row["technique"] == "lasso-1se"
    return {
        "taut_version": "0.1.0",
        "created": "2026-01-31T12:00:00",
        "table": {
            "source": "diabetes (scikit-learn)",
            "rows": len(y),
            "columns": len(names) + 1,
            "target": "progression",
            "features": len(names),
            "notes": [
                {"level": "info", "text": "Encoded as 0 and 1.", "columns": ["sex"]},
                {
                    "level": "warning",
                    "text": "Two columns are nearly copies of each other: their coefficients "
                    "cannot be told apart.",
                    "columns": ["s1", "s2"],
                },
            ],
        },
        "task": "regression",
        "metric": {
            "name": "RMSE",
            "long_name": "root mean squared error",
            "unit": "progression",
            "lower_is_better": True,
        },
        "settings": {
            "seed": 0,
            "outer_folds": 5,
            "outer_repeats": 1,
            "inner_folds": 5,
            "fold_kind": "shuffled",
            "confidence": 0.95,
            "quick": False,
        },
        "verdict": {
            "technique": "lasso-1se",
            "label": "Lasso (1-SE)",
            "sentence": "A short model does it: the lasso predicts progression as well as "
            "anything tried, from fewer features.",
            "detail": "Its typical error is 56 where always answering the average errs by 77; "
            "none of the larger models is detectably better on these 442 rows.",
        },
        "leaderboard": leaderboard,
        "pick": {
            "technique": "lasso-1se",
            "label": "Lasso (1-SE)",
            "alpha": lasso["alpha_1se"],
            "l1_ratio": None,
            "intercept": float(y.mean()),
            "scale": "progression",
            "coefficients": [
                {
                    "feature": name,
                    "coefficient": coefs[chosen] / float(X[:, j].std()),
                    "standardised": coefs[chosen],
                }
                for j, (name, coefs) in enumerate(zip(names, lasso["coefs"], strict=True))
            ],
            "code": "import taut\nfrom taut import datasets\n\n"
            "X, y = datasets.load_diabetes()\n"
            'model = taut.Lasso(alpha=taut.CV(folds=5, rule="1se"), standardize=True)\n'
            "model.fit(X, y)\nprint(model.alpha_, model.coef_)\n",
        },
        "paths": paths,
        "certificates": [
            _certificate("ridge-min", "Ridge (min)", paths[0]["alpha_min"], 2.1e-16, "solved"),
            _certificate("lasso-1se", "Lasso (1-SE)", lasso["alpha_1se"], 3.4e-12, "solved"),
            _certificate("lasso-min", "Lasso (min)", lasso["alpha_min"], 4e-4, "max_iter"),
        ],
    }


def _certificate(technique, label, alpha, gap, status) -> dict:
    solved = status == "solved"
    return {
        "technique": technique,
        "label": label,
        "alpha": alpha,
        "relative_gap": gap,
        "kkt": gap / 3,
        "status": status,
        "sentence": "The certificate reached the tolerance."
        if solved
        else "The iterations ran out before the certificate reached the tolerance: raise max_iter.",
        "n_iter": 12 if solved else 1000,
        "tol": 1e-6,
    }
