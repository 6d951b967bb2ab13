"""Small made tables, and where the real ones are."""

import os
from pathlib import Path

import numpy as np
import pytest

N_ROWS = 120


def made_table(n_rows=N_ROWS, seed=0):
    """Numbers, a category, gaps and noise; ``y`` depends on two numbers and the category."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n_rows, 4))
    colour = random.choice(["red", "green", "blue"], size=n_rows).astype(object)
    y = 3.0 * x[:, 0] - 2.0 * x[:, 1] + 2.0 * (colour == "red") + random.normal(size=n_rows)
    x[::7, 2] = np.nan
    columns = {f"n{j}": x[:, j] for j in range(4)}
    return {**columns, "colour": colour, "y": y}


def real_table(name):
    """A table of the shared real data, or a skip that says where it was looked for."""
    pl = pytest.importorskip("polars")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("TAUT_DATA", beside))
    path = folder / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"no real data at {path}: set TAUT_DATA")
    return pl.read_csv(path, infer_schema_length=None)
