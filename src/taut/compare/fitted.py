"""What the fits on the whole table show: coefficients, paths and certificates, in plain types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from sklearn.pipeline import Pipeline

from taut.compare.evaluate import weights_of
from taut.compare.measure import MEASURES
from taut.compare.study import Study
from taut.compare.technique import Technique
from taut.penalties import Penalty
from taut.solution import Certificate

__all__ = [
    "certificates",
    "columns_needed",
    "columns_used",
    "feature_names",
    "feature_spread",
    "paths",
    "pick_of",
]

_MAX_PATH_FEATURES = 200
_OF_CLASSES = "A line is the norm of a feature's coefficients over the classes."
_EACH = "that class rather than the average one"


def feature_names(pipeline: Pipeline, study: Study) -> list[str]:
    """Names of the features that the technique sees."""
    if len(pipeline) == 1:
        return [f"x{j}" for j in range(study.n_columns)]
    return list(pipeline[0].get_feature_names_out())


def feature_spread(pipeline: Pipeline, study: Study) -> np.ndarray:
    """Standard deviation of every feature: ndarray of shape (n_features,)."""
    X = study.X if len(pipeline) == 1 else pipeline[0].transform(study.X)
    weights = np.ones(study.n_rows) if study.sample_weight is None else study.sample_weight
    weights = weights / weights.sum()
    mean = weights @ X
    if sparse.issparse(X):
        return np.sqrt(np.maximum(weights @ X.power(2) - mean**2, 0.0))
    return np.sqrt(weights @ (X - mean) ** 2)


def coefficients(pipeline: Pipeline, names: Sequence[str], spread: np.ndarray) -> list[dict]:
    """Coefficients of a fitted technique, per unit and per standard deviation of the feature.

    Of more than two classes, each has its own. A network has none that could be read so.
    """
    model = pipeline[-1]
    if hasattr(model, "input_weights_"):
        return []
    coefs = np.atleast_2d(getattr(model, "coef_", 0.0))
    coefs = np.broadcast_to(coefs, (len(coefs), len(names)))
    classes = [{"class": str(c)} for c in model.classes_] if len(coefs) > 1 else [{}]
    return [
        {"feature": name, **of_class, "coefficient": float(b), "standardised": float(b * s)}
        for of_class, coef in zip(classes, coefs, strict=True)
        for name, b, s in zip(names, coef, spread, strict=True)
    ]


def pick_of(
    technique: Technique,
    pipeline: Pipeline,
    names: Sequence[str],
    spread: np.ndarray,
    study: Study,
    code: str,
) -> dict:
    """The pick as fitted on the whole table."""
    model = pipeline[-1]
    alpha = getattr(model, "alpha_", None)
    return {
        "technique": technique.name,
        "label": technique.label,
        "alpha": None if alpha is None else float(alpha),
        "l1_ratio": _l1_ratio(model),
        **_intercepts(model),
        "scale": _scale(model, study),
        "coefficients": coefficients(pipeline, names, spread),
        "code": code,
    }


def _intercepts(model) -> dict[str, object]:
    """The intercept; of more than two classes, those of all of them as well."""
    values = np.ravel(getattr(model, "intercept_", getattr(model, "constant_", 0.0)))
    if len(values) == 1:
        return {"intercept": float(values[0])}
    labels = map(str, model.classes_)
    return {
        "intercept": 0.0,
        "intercepts": dict(zip(labels, map(float, values), strict=True)),
    }


def _scale(model, study: Study) -> str:
    """What a coefficient changes: of two classes, the odds of the second; of more, each its own."""
    label = ""
    if study.task == "classification":
        label = model.classes_[-1] if len(model.classes_) == 2 else _EACH
    return MEASURES[study.task].scale.format(target=study.target, label=label)


def _l1_ratio(model) -> float | None:
    """The share of the L1 penalty, of models that mix two."""
    parameters = model.get_params(deep=False)
    ratio = parameters.get("l1_ratio")
    return None if ratio is None or isinstance(parameters.get("penalty"), Penalty) else float(ratio)


def paths(
    techniques: Sequence[Technique],
    fitted: Mapping[str, Pipeline],
    names: Sequence[str],
    spread: np.ndarray,
    task: str,
) -> list[dict]:
    """One path per family of penalised techniques, fitted on the whole table."""
    families: dict[str, dict] = {}
    for technique in techniques:
        model = fitted[technique.name][-1]
        if technique.family not in families and hasattr(model, "cv_results_"):
            families[technique.family] = _path(technique, model, names, spread, task)
    return list(families.values())


def _path(technique: Technique, model, names: Sequence[str], spread: np.ndarray, task: str) -> dict:
    results, factor = model.cv_results_, MEASURES[task].path_factor
    # Where a fold predicts beyond the largest number, there is nothing to draw.
    drawn = np.isfinite(results.mean) & np.isfinite(results.standard_error)
    coefs = model.path_.coefs[..., drawn]
    remark = technique.remark
    if coefs.ndim > 2:
        coefs = np.linalg.norm(coefs, axis=1)
        remark = f"{remark} {_OF_CLASSES}".lstrip()
    coefs = coefs * spread[:, None]
    # A chart of thousands of lines says nothing: the largest are kept, in the table's order.
    shown = np.sort(np.argsort(-np.abs(coefs).max(axis=1), kind="stable")[:_MAX_PATH_FEATURES])
    return {
        "technique": technique.family,
        "label": technique.label.split(" (")[0],
        "l1_ratio": _l1_ratio(model),
        "remark": remark,
        "alphas": _rounded(model.path_.alphas[drawn]),
        "features": [names[j] for j in shown],
        "coefs": [_rounded(row) for row in coefs[shown]],
        "n_nonzero": np.count_nonzero(coefs, axis=0).tolist(),
        "train_error": _rounded(factor * results.train_errors.mean(axis=1)[drawn]),
        "validation_error": _rounded(factor * results.mean[drawn]),
        "validation_se": _rounded(factor * results.standard_error[drawn]),
        "alpha_min": float(f"{results.alpha_min:.6g}"),
        "alpha_1se": float(f"{results.alpha_1se:.6g}"),
    }


def _rounded(values: np.ndarray) -> list[float]:
    """Six digits: more than a chart shows, and a file of half the size."""
    return [float(f"{value:.6g}") for value in values]


def certificates(techniques: Sequence[Technique], fitted: Mapping[str, Pipeline]) -> list[dict]:
    """The certificate of every technique that has one, fitted on the whole table."""
    found = []
    for technique in techniques:
        model = fitted[technique.name][-1]
        certificate = getattr(model, "certificate_", None)
        if certificate is None:
            continue
        alpha = getattr(model, "alpha_", None)
        found.append(
            {
                "technique": technique.name,
                "label": technique.label,
                "alpha": None if alpha is None else float(alpha),
                "relative_gap": _finite(certificate.relative_gap),
                "kkt": _finite(certificate.kkt),
                "status": certificate.status.name.lower().replace("_", " "),
                "sentence": _sentence(certificate),
                "n_iter": int(certificate.n_iter),
                "tol": float(certificate.tol),
            }
        )
    return found


def _sentence(certificate: Certificate) -> str:
    """What happened, by the name of what was measured where there is no gap."""
    if np.isfinite(certificate.relative_gap):
        return certificate.status.sentence
    return certificate.status.sentence.replace("certificate", "KKT residual")


def _finite(value: float) -> float | None:
    # JSON knows no nan.
    return float(value) if np.isfinite(value) else None


def columns_used(model: Pipeline, study: Study) -> tuple[int, int]:
    """How many columns of the table have a coefficient other than zero, and how many could."""
    if len(model) == 1:
        return int(_features_used(model).sum()), study.n_columns
    return len(columns_needed(model)), len(set(model[0].sources_))


def columns_needed(model: Pipeline) -> set[str]:
    """The columns of a table that predictions depend on."""
    return set(model[0].sources_[_features_used(model)])


def _features_used(model: Pipeline) -> np.ndarray:
    coefs = np.atleast_2d(weights_of(model[-1]))
    return np.broadcast_to(np.any(coefs != 0, axis=0), model[-1].n_features_in_)
