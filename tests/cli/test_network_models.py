"""`taut fit` and `taut predict` with neural networks."""

import sys
import zipfile

import numpy as np
import polars as pl
import pytest

from taut import nn
from taut.cli import model_file
from taut.cli.model_file import load_model
from taut.compare import compare
from taut.compare.neural import NEURAL
from taut.designs.from_frame import TableError

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

torch.set_num_threads(1)


@pytest.fixture
def model(taut_command, table_file, tmp_path):
    path = tmp_path / "model.taut"
    result = taut_command(
        "fit", table_file, "--target", "price", "--technique", "mlp+l1", "--model", path
    )
    assert result.exit_code == 0, result.output
    return path


@pytest.mark.parametrize("technique", [technique.name for technique in NEURAL])
def test_a_network_predicts_the_same_after_saving(
    taut_command, table, table_file, tmp_path, technique
):
    path, out = tmp_path / "model.taut", tmp_path / "out.parquet"
    options = ["--target", "price", "--technique", technique, "--model", path]
    result = taut_command("fit", table_file, *options)
    assert result.exit_code == 0, result.output
    assert "MLP" in result.output
    assert taut_command("predict", path, table_file, "--output", out).exit_code == 0
    expected = compare(table, "price", techniques=technique).model.predict(table)
    np.testing.assert_allclose(pl.read_parquet(out)["price_predicted"], expected, rtol=1e-6)


def test_its_classes_have_probabilities(taut_command, table, table_file, tmp_path):
    path, out = tmp_path / "model.taut", tmp_path / "out.parquet"
    options = ["--target", "town", "--technique", "mlp", "--model", path]
    assert taut_command("fit", table_file, *options).exit_code == 0
    assert taut_command("predict", path, table_file, "--output", out).exit_code == 0
    rows = pl.read_parquet(out)
    shares = rows.select(pl.col("^town_probability_.*$")).to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-6)
    assert set(rows["town_predicted"]) <= set(table["town"])


def test_the_pick_of_a_comparison_is_saved(taut_command, table_file, tmp_path):
    path = tmp_path / "model.taut"
    options = ["--target", "price", "--techniques", "mlp", "--quick", "--model", path]
    assert taut_command("compare", table_file, *options).exit_code == 0
    assert load_model(path).technique == "mlp"


def test_a_network_that_was_changed_is_refused(model):
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["taut.network"] = members["taut.network"][:-1] + b"!"
    with zipfile.ZipFile(model, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(TableError, match="changed or damaged"):
        load_model(model)


def test_a_network_of_other_bytes_is_refused(model, monkeypatch):
    monkeypatch.setattr(model_file, "_check_digest", lambda path: None)
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["taut.network"] = b"not a network"
    with zipfile.ZipFile(model, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(TableError, match=r"no model saved by taut\.nn"):
        load_model(model)


def test_without_torch_the_extra_is_named(model, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("taut.nn.estimators")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(TableError, match=r"pip install \"taut\[nn\]\""):
        load_model(model)


def test_without_torch_fitting_says_what_is_missing(
    taut_command, table_file, tmp_path, monkeypatch
):
    monkeypatch.setattr("taut.compare.neural.find_spec", lambda name: None)
    options = ["--target", "price", "--technique", "mlp", "--model", tmp_path / "model.taut"]
    result = taut_command("fit", table_file, *options)
    assert result.exit_code != 0
    assert "it needs torch and skorch" in result.output


def test_a_network_that_saved_itself_has_no_table(tmp_path):
    X = np.eye(8)
    nn.NeuralRegressor((2,), max_epochs=1).fit(X, X[:, 0]).save(tmp_path / "model.taut")
    with pytest.raises(TableError, match=r"without its table.*taut\.nn\.load"):
        load_model(tmp_path / "model.taut")
