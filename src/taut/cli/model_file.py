"""Model files: skops, not pickle, so that opening one runs nothing that it brings along."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.pipeline import Pipeline

from taut.compare.techniques import TECHNIQUES
from taut.designs.encoder import TableEncoder
from taut.designs.from_frame import TableError

__all__ = ["SavedModel", "load_model", "save_model"]

_FORMAT = "taut model 1"


class SavedModel(NamedTuple):
    """A fitted pipeline, the name of what it predicts, and the technique."""

    pipeline: Pipeline
    target: str
    technique: str


def save_model(path: Path, pipeline: Pipeline, target: str, technique: str) -> None:
    """Write a fitted pipeline, reduced to what predicting needs.

    Parameters
    ----------
    path : Path
        Replaced as a whole, or left as it was.
    pipeline : Pipeline
        A table encoder and a fitted technique.
    target, technique : str
    """
    dumps, _, _ = _skops()
    steps = [*pipeline.steps[:-1], ("technique", _reduced(pipeline[-1]))]
    content = {
        "format": _FORMAT,
        "target": target,
        "technique": technique,
        "pipeline": Pipeline(steps),
    }
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(dumps(content, compression=zipfile.ZIP_DEFLATED))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_model(path: str | Path) -> SavedModel:
    """Read a model that `save_model` wrote, and nothing else.

    Raises
    ------
    TableError
        If the file is missing, no model of taut, or holds a type that no model of taut has.
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(f"there is no model file {str(path)!r}")
    if not zipfile.is_zipfile(path):
        raise TableError(f"{str(path)!r} is no model file: save one with `taut fit --model FILE`")
    _, load, get_untrusted_types = _skops()
    try:
        foreign = set(get_untrusted_types(file=path)) - _trusted()
        if foreign:
            raise TableError(
                f"{str(path)!r} is refused: it holds {', '.join(sorted(foreign))}, which no model "
                "of taut does. Use it only in the program that wrote it, if you trust that"
            )
        content = load(path, trusted=sorted(_trusted()))
    except TableError:
        raise
    except Exception as error:
        # A damaged archive can fail anywhere inside skops; whatever it was, the file is not ours.
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        raise TableError(f"{str(path)!r} is damaged or no model of taut ({reason})") from error
    return _checked(path, content)


def _checked(path: Path, content) -> SavedModel:
    """Trusted types in a wrong place are refused as well."""
    known = isinstance(content, dict) and content.get("format") == _FORMAT
    pipeline = content.get("pipeline") if known else None
    if (
        not isinstance(pipeline, Pipeline)
        or len(pipeline) != 2
        or type(pipeline[0]) is not TableEncoder
        or type(pipeline[1]) not in _technique_types()
        or not isinstance(content.get("target"), str)
    ):
        raise TableError(f"{str(path)!r} is no model of this version of taut: fit it again")
    return SavedModel(pipeline, content["target"], str(content.get("technique")))


def _reduced(model):
    """A copy with alpha fixed at the chosen value, and without path, folds and certificates."""
    parameters = model.get_params(deep=False)
    if "alpha" in parameters and hasattr(model, "alpha_"):
        parameters["alpha"] = float(model.alpha_)
    copy = type(model)(**parameters)
    for name, value in vars(model).items():
        if name.endswith("_") and isinstance(value, (np.ndarray, np.generic, int, float)):
            setattr(copy, name, value)
    return copy


def _technique_types() -> set[type]:
    return {type(technique.make(None, 1.0)) for technique in TECHNIQUES}


def _trusted() -> set[str]:
    kinds = (_technique_types() | {TableEncoder}) - {DummyRegressor}
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in kinds}
    return names | {"numpy.dtype"}  # of the arrays of text


def _skops():
    try:
        from skops.io import dumps, get_untrusted_types, load
    except ImportError as error:
        raise ImportError(
            "saving and loading models needs the extra 'compare': pip install \"taut[compare]\""
        ) from error
    return dumps, load, get_untrusted_types
