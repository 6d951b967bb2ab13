"""Model files: skops, not pickle, so that opening one runs nothing that it brings along."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from taut.cli.network_file import is_network, network_bytes, read_network
from taut.compare.measure import MEASURES
from taut.compare.techniques import Training, choose
from taut.designs.encoder import TableEncoder
from taut.designs.from_frame import TableError
from taut.penalties import Penalty
from taut.report.files import replace_file

__all__ = ["SavedModel", "load_model", "save_model"]

_FORMAT = "taut model 1"
_DIGEST = "taut.sha256"
# Beside the pipeline, which then holds the encoder alone: skops has no networks.
_NETWORK = "taut.network"


class SavedModel(NamedTuple):
    """A fitted pipeline, the name of what it predicts, and the technique."""

    pipeline: Pipeline
    target: str
    technique: str


def save_model(path: Path, pipeline: Pipeline, target: str, technique: str) -> None:
    """Write a fitted pipeline, reduced to what predicting needs.

    A SHA-256 digest of all else lies in the archive: it shows damage, and numbers that were
    changed without it. It is no signature: who forges a model can forge its digest too.

    Parameters
    ----------
    path : Path
        Replaced as a whole, or left as it was.
    pipeline : Pipeline
        A table encoder and a fitted technique.
    target, technique : str
    """
    dumps, _, _ = _skops()
    steps, model = pipeline.steps[:-1], pipeline[-1]
    if not is_network(model):
        steps = [*steps, ("technique", _reduced(model))]
    content = {
        "format": _FORMAT,
        "target": target,
        "technique": technique,
        "pipeline": Pipeline(steps),
    }
    payload = io.BytesIO(dumps(content, compression=zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(payload, "a", zipfile.ZIP_DEFLATED) as archive:
        if is_network(model):
            archive.writestr(_NETWORK, network_bytes(model))
        archive.writestr(_DIGEST, _digest(archive))
    replace_file(path, payload.getvalue())


def load_model(path: str | Path) -> SavedModel:
    """Read a model that `save_model` wrote, and nothing else.

    The digest is compared, which finds damage and careless changes; a forger can make a new one,
    and so a model is as trustworthy as where it comes from. What a forged model can do is predict
    wrongly: only the types of taut's models are loaded, and none runs code of the file's.

    Raises
    ------
    TableError
        If the file is missing, no model of taut, was changed since it was saved, or holds a type
        that no model of taut has.
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(f"there is no model file {str(path)!r}")
    if not zipfile.is_zipfile(path):
        raise TableError(f"{str(path)!r} is no model file: save one with `taut fit --model FILE`")
    _, load, get_untrusted_types = _skops()
    try:
        if _is_of_torch(path):
            raise TableError(
                f"{str(path)!r} is a network without its table, as save() writes it: read it with "
                "taut.nn.load, or save one with `taut fit --model FILE`"
            )
        foreign = set(get_untrusted_types(file=path)) - _trusted()
        if foreign:
            raise TableError(
                f"{str(path)!r} is refused: it holds {', '.join(sorted(foreign))}, which no model "
                "of taut does. Use it only in the program that wrote it, if you trust that"
            )
        _check_digest(path)
        content = load(path, trusted=sorted(_trusted()))
        if _has_network(path):
            content = _with_network(content, path)
    except TableError:
        raise
    except Exception as error:
        # A damaged archive can fail anywhere inside skops; whatever it was, the file is not ours.
        reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        raise TableError(f"{str(path)!r} is damaged or no model of taut ({reason})") from error
    return _checked(path, content)


def _is_of_torch(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/data.pkl") for name in archive.namelist())


def _digest(archive: zipfile.ZipFile) -> str:
    """SHA-256 over names and contents of all members but the digest itself, in hexadecimal."""
    found = hashlib.sha256()
    for name in sorted(archive.namelist()):
        if name != _DIGEST:
            for part in (name.encode(), archive.read(name)):
                # Lengths first, so that no letter can move from one part into the next.
                found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def _check_digest(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if _DIGEST not in archive.namelist():
            raise _foreign(path)
        if archive.read(_DIGEST) != _digest(archive).encode():
            raise TableError(
                f"{str(path)!r} is refused: it was changed or damaged after it was saved (its "
                "contents do not have the SHA-256 digest in it). Fit it again, or fetch it anew"
            )


def _has_network(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return _NETWORK in archive.namelist()


def _with_network(content: dict, path: Path) -> dict:
    """The pipeline, completed by the network that lies beside it."""
    with zipfile.ZipFile(path) as archive:
        network = read_network(archive.read(_NETWORK), str(path))
    steps = [*content["pipeline"].steps, ("technique", network)]
    return content | {"pipeline": Pipeline(steps)}


def _foreign(path: Path) -> TableError:
    return TableError(f"{str(path)!r} is no model of this version of taut: fit it again")


def _checked(path: Path, content) -> SavedModel:
    """Trusted types in a wrong place are refused as well."""
    known = isinstance(content, dict) and content.get("format") == _FORMAT
    pipeline = content.get("pipeline") if known else None
    if (
        not isinstance(pipeline, Pipeline)
        or len(pipeline) != 2
        or type(pipeline[0]) is not TableEncoder
        or not (is_network(pipeline[1]) or type(pipeline[1]) in _technique_types())
        or not isinstance(content.get("target"), str)
    ):
        raise _foreign(path)
    return SavedModel(pipeline, content["target"], str(content.get("technique")))


def _reduced(model):
    """A copy with alpha fixed at the chosen value, and without path, folds and certificates."""
    parameters = model.get_params(deep=False)
    if isinstance(parameters.get("initial"), BaseEstimator):
        parameters["initial"] = None  # what it was needed for is done
    for name in ("alpha", "C"):
        if name in parameters and hasattr(model, f"{name}_"):
            parameters[name] = float(getattr(model, f"{name}_"))
    copy = type(model)(**parameters)
    for name, value in vars(model).items():
        kept = name.endswith("_") or name == "_strategy"  # which DummyClassifier predicts by
        if kept and isinstance(value, (np.ndarray, np.generic, int, float, str)):
            setattr(copy, name, value)
    return copy


def _technique_types() -> set[type]:
    return {type(model) for model in _made()}


def _made() -> list:
    """One unfitted estimator of every technique, for every task."""
    some = Training(2, groups=[0])
    return [technique.make(some) for task in MEASURES for technique in choose(None, task)]


def _trusted() -> set[str]:
    parameters = [value for model in _made() for value in model.get_params(deep=False).values()]
    penalties = {type(value) for value in parameters if isinstance(value, Penalty)}
    kinds = (_technique_types() | penalties | {TableEncoder}) - {DummyClassifier, DummyRegressor}
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
