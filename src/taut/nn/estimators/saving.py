"""Fitted models in files that hold tensors and JSON, and no code.

The file is PyTorch's own container, read with ``weights_only=True``: its reader makes tensors,
numbers, texts, lists and dicts, and nothing else. Tensors are stored as those of the CPU, so that
a model trained on a GPU can be read anywhere.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from taut.nn.estimators.models import ImageClassifier, NeuralClassifier, NeuralRegressor
from taut.nn.prox.config import as_config, from_config
from taut.nn.prox.layouts import Layout
from taut.nn.prox.strengths import Annealed
from taut.nn.training.averaging import EMA, SWA
from taut.nn.training.early_stopping import EarlyStopping
from taut.nn.training.mixing import CutMix, Mixup
from taut.penalties import Penalty
from taut.validation import shown

__all__ = ["as_bytes", "from_bytes", "load", "save"]

_FORMAT = 1
_ESTIMATORS = {kind.__name__: kind for kind in (ImageClassifier, NeuralClassifier, NeuralRegressor)}
_SETTINGS = {kind.__name__: kind for kind in (EMA, SWA, EarlyStopping, Mixup, CutMix, Annealed)}


def save(model, path) -> None:
    """Write a fitted estimator to a file.

    Parameters
    ----------
    model : ImageClassifier, NeuralClassifier or NeuralRegressor
    path : str or path-like

    Raises
    ------
    TypeError
        ``model`` is none of these, or ``path`` is no path.
    ValueError
        The labels of its classes are neither numbers nor text.
    OSError
        There is no such folder, ``path`` is one, or the file cannot be written.
    sklearn.exceptions.NotFittedError
        ``model`` has not been fitted.

    Warns
    -----
    UserWarning
        Parameters that only matter to further training, such as an augmentation or a penalty of the
        user's own, are objects that cannot be written down without code: the model that is read has
        their defaults.
    """
    target = _checked_path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path {str(path)!r} is in a folder that does not exist: make {str(target.parent)!r} "
            "first"
        )
    content, left_out = as_bytes(model)
    if left_out:
        warnings.warn(
            f"not saved: {', '.join(left_out)}, which only matter to further training; set them "
            "again after loading, with set_params",
            UserWarning,
            stacklevel=2,
        )
    # A file that is half written must not take the place of a whole one.
    partial = target.with_name(target.name + ".part")
    try:
        partial.write_bytes(content)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def load(path, module: nn.Module | None = None):
    """Read what `save` wrote; it predicts on the CPU, and trains on wherever it is told to.

    Parameters
    ----------
    path : str or path-like
    module : torch.nn.Module, default None
        For a model with a network of the user's own: one of the same layers, whose weights are
        overwritten.

    Returns
    -------
    estimator

    Raises
    ------
    TypeError
        ``path`` is no path.
    OSError
        There is no such file, or it cannot be read.
    ValueError
        The file holds something else, has changed since it was written, or has a network that
        ``module`` does not fit.
    """
    source = _checked_path(path)
    if not source.exists():
        raise FileNotFoundError(f"path {str(path)!r} does not exist: pass a file that save() wrote")
    return _model(source.read_bytes(), str(path), module)


def _checked_path(path) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be text or a path, got {shown(path)}: pass 'model.taut', say")
    if Path(path).is_dir():
        raise IsADirectoryError(
            f"path {str(path)!r} is a folder: add the name of a file, such as 'model.taut'"
        )
    return Path(path)


def as_bytes(model) -> tuple[bytes, list[str]]:
    """The contents of the file that `save` writes, and the parameters that are not in it.

    Raises as `save` does.
    """
    if type(model).__name__ not in _ESTIMATORS:
        names = ", ".join(_ESTIMATORS)
        raise TypeError(f"model must be one of {names}, got {type(model).__name__}")
    check_is_fitted(model, "module_")
    parameters, left_out = _written_parameters(model)
    description = {
        "format": _FORMAT,
        "estimator": type(model).__name__,
        "parameters": parameters,
        "fitted": {name: _written_fitted(name, value) for name, value in _fitted(model).items()},
        "own_module": model.module is not None,
    }
    state = {name: tensor.cpu() for name, tensor in model.module_.state_dict().items()}
    file = io.BytesIO()
    torch.save({"description": json.dumps(description), "state": state}, file)
    return file.getvalue(), left_out


def from_bytes(content: bytes, name: str):
    """The estimator that `as_bytes` wrote; ``name`` is for errors, which are those of `load`."""
    return _model(content, name, None)


def _model(content, path, module):
    description, state = _read(content, path)
    try:
        model = _described(description)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_model(path, f"its description is broken: {error!r}") from error
    if description["own_module"] and not isinstance(module, nn.Module):
        raise ValueError(
            f"module must be given for {path!r}, which has a network of its own: a file holds "
            "no code, pass a torch.nn.Module of the same layers"
        )
    if description["own_module"]:
        model.module = module
    model.module_ = model._new_module()
    try:
        model.module_.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(
            f"module does not fit the weights in {path!r}: "
            f"{str(error).splitlines()[-1].strip().rstrip('.')}. Pass a network of the same layers"
        ) from error
    model.module_.eval()
    return model


def _described(description):
    model = _ESTIMATORS[description["estimator"]](
        **{name: _read_back(value) for name, value in description["parameters"].items()}
    )
    for name, value in description["fitted"].items():
        if not _is_fitted(name):
            raise ValueError(f"{name!r} is no attribute of a fitted model")
        setattr(model, name, _read_back(value))
    return model


def _read(content, path):
    try:
        _check_sums(content)
        stored = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(stored, dict) or not {"description", "state"} <= stored.keys():
            raise ValueError("it has no description")
        description = json.loads(stored["description"])
        known = description["format"] == _FORMAT and description["estimator"] in _ESTIMATORS
        state = stored["state"]
    except pickle.UnpicklingError as error:
        # What torch advises here, to read it all the same, would run what the file holds.
        raise _no_model(path, "it holds objects that could run code") from error
    except Exception as error:  # whatever a reader says of bytes that are none of its own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise _no_model(path, reason[:200]) from error
    if not known:
        raise ValueError(
            f"{path!r} holds format {description['format']} of {description['estimator']}, "
            "which this version does not know: update taut"
        )
    return description, state


def _check_sums(content):
    """torch reads weights whose bytes have changed since they were written, and says nothing."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        changed = archive.testzip()
    if changed:
        raise ValueError(f"{changed} has changed since it was written")


def _no_model(path, reason):
    return ValueError(
        f"{path!r} is no model saved by taut.nn ({reason}): pass a file that save() wrote"
    )


def _fitted(model) -> dict[str, object]:
    return {name: value for name, value in vars(model).items() if _is_fitted(name)}


def _is_fitted(name):
    public = name.endswith("_") and not name.startswith("_") and name != "module_"
    return public or name in ("_flat", "_seed", "_calls")


def _written_fitted(name, value):
    try:
        return _written(value)
    except TypeError as error:
        raise ValueError(
            f"model cannot be saved, since {error} in {name}: fit it with labels that are numbers "
            "or text"
        ) from error


def _written_parameters(model):
    """Parameters in plain types, and the names of those that have none."""
    written, left_out = {}, []
    for name, value in model.get_params(deep=False).items():
        if name == "module":
            continue
        try:
            written[name] = _written(value)
        except TypeError:
            left_out.append(name)
    return written, left_out


def _written(value):
    """In plain JSON types; whatever has none is refused.

    Raises
    ------
    TypeError
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufOU":
        kind = "text" if value.dtype.kind in "OU" else value.dtype.str
        if kind == "text" and not all(isinstance(v, str) for v in value.tolist()):
            raise TypeError(f"an array of {value.dtype} cannot be written down")
        return {"array": value.tolist(), "dtype": "object" if value.dtype.kind == "O" else kind}
    if type(value).__name__ in _SETTINGS and dataclasses.is_dataclass(value):
        fields = {f.name: _written(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"settings": type(value).__name__, "fields": fields}
    if isinstance(value, Penalty | Layout):
        return {"penalty": as_config(value)}
    if isinstance(value, tuple):
        return {"tuple": [_written(item) for item in value]}
    if isinstance(value, dict):
        pairs = [[_written(key), _written(item)] for key, item in value.items()]
        return {"pairs": pairs}
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, np.generic):
        return _written(value.item())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _read_back(value):
    if isinstance(value, list):
        return [_read_back(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        dtype = {"text": np.str_, "object": object}.get(value["dtype"], value["dtype"])
        return np.array(value["array"], dtype=dtype)
    if "settings" in value:
        fields = {name: _read_back(item) for name, item in value["fields"].items()}
        return _SETTINGS[value["settings"]](**fields)
    if "penalty" in value:
        return from_config(value["penalty"])
    if "tuple" in value:
        return tuple(_read_back(item) for item in value["tuple"])
    return {_read_back(key): _read_back(item) for key, item in value["pairs"]}
