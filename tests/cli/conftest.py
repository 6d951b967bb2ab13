"""The command as a function, and a small table on disk."""

import os

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from taut.cli.app import app


@pytest.fixture
def taut_command():
    """Run the command in process: ``taut_command("compare", ...)`` gives click's result."""

    def run(*arguments):
        return CliRunner().invoke(app, [os.fspath(item) for item in arguments], prog_name="taut")

    return run


@pytest.fixture
def table():
    """90 rows: two numbers, a category with two levels, gaps, a row number and the target."""
    random = np.random.default_rng(0)
    x = random.normal(size=(90, 2))
    town = np.where(random.uniform(size=90) < 0.5, "Ulm", "Bonn")
    y = 2.0 * x[:, 0] + (town == "Ulm") + 0.5 * random.normal(size=90)
    frame = pl.DataFrame({"row": np.arange(90), "width": x[:, 0], "depth": x[:, 1], "town": town})
    return frame.with_columns(pl.Series("price", y), pl.Series("team", np.arange(90) % 9))


@pytest.fixture
def table_file(table, tmp_path):
    path = tmp_path / "houses.csv"
    table.write_csv(path)
    return path
