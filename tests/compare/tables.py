"""Small made tables, and the real ones."""

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


def real_table(folder, name):
    """A table of the real data in ``folder`` (the fixture ``data_folder``), or a skip."""
    pl = pytest.importorskip("polars")
    path = folder / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"no real table {path}")
    return pl.read_csv(path, infer_schema_length=None)
