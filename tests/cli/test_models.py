"""`taut fit` and `taut predict`: what is saved predicts, and what is foreign is refused."""

import io
import pickle
import zipfile

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops.io import dump

from taut.cli.model_file import load_model
from taut.compare import TECHNIQUES, compare
from taut.designs.from_frame import TableError

NAMES = [technique.name for technique in TECHNIQUES]


@pytest.fixture
def model(taut_command, table_file, tmp_path):
    path = tmp_path / "model.taut"
    options = ["--target", "price", "--technique", "lasso-min", "--model", path]
    result = taut_command("fit", table_file, *options)
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture
def regions(table, tmp_path):
    """The table with a category of three levels, which the group lasso asks for, and its file."""
    table = table.with_columns(pl.Series("region", np.array(["N", "S", "W"])[np.arange(90) % 3]))
    table.write_csv(tmp_path / "regions.csv")
    return table, tmp_path / "regions.csv"


@pytest.mark.parametrize("technique", NAMES)
def test_every_technique_predicts_the_same_after_saving(taut_command, regions, tmp_path, technique):
    table, table_file = regions
    path, out = tmp_path / "model.taut", tmp_path / "out.parquet"
    options = ["--target", "price", "--technique", technique, "--model", path]
    assert taut_command("fit", table_file, *options).exit_code == 0
    result = taut_command("predict", path, table_file, "--output", out)
    assert result.exit_code == 0, result.output
    expected = compare(table, "price", techniques=technique).model.predict(table)
    np.testing.assert_allclose(pl.read_parquet(out)["price_predicted"], expected, rtol=1e-6)


@pytest.mark.parametrize("technique", [t.name for t in TECHNIQUES if t.suits("classification")])
def test_classes_come_with_their_probabilities(taut_command, regions, tmp_path, technique):
    table, table_file = regions
    path, out = tmp_path / "model.taut", tmp_path / "out.parquet"
    options = ["--target", "town", "--technique", technique, "--model", path]
    result = taut_command("fit", table_file, *options)
    assert result.exit_code == 0, result.output
    result = taut_command("predict", path, table_file, "--output", out)
    assert result.exit_code == 0, result.output
    model = compare(table, "town", techniques=technique).model
    found = pl.read_parquet(out)
    names = ["town_probability_Bonn", "town_probability_Ulm"]
    np.testing.assert_allclose(found[names], model.predict_proba(table), rtol=1e-6)
    assert found["town_predicted"].to_list() == model.predict(table).tolist()


def test_counts_are_predicted_as_means(taut_command, table, table_file, tmp_path):
    path, out = tmp_path / "model.taut", tmp_path / "out.parquet"
    options = ["--target", "team", "--task", "counts", "--technique", "ridge-min", "--model", path]
    assert taut_command("fit", table_file, *options).exit_code == 0
    assert taut_command("predict", path, table_file, "--output", out).exit_code == 0
    model = compare(table, "team", task="counts", techniques="ridge-min").model
    predicted = pl.read_parquet(out)["team_predicted"]
    np.testing.assert_allclose(predicted, model.predict(table), rtol=1e-6)
    assert (predicted > 0).all()


def test_a_technique_for_another_task_is_refused(taut_command, table_file, tmp_path):
    path = tmp_path / "model.taut"
    options = ["--target", "town", "--technique", "least-squares", "--model", path]
    result = taut_command("fit", table_file, *options)
    assert result.exit_code == 2
    assert "least-squares is not for classification" in " ".join(result.stderr.split())
    assert not path.exists()


def test_the_target_need_not_be_there_and_other_columns_are_said(
    taut_command, model, table, tmp_path
):
    new = tmp_path / "new.csv"
    table.drop("price", "row").with_columns(
        pl.lit("Rome").alias("town"), pl.lit(1).alias("extra")
    ).write_csv(new)
    result = taut_command("predict", model, new)
    assert result.exit_code == 0, result.output
    rows = pl.read_csv(io.StringIO(result.stdout))
    assert rows.columns[-1] == "price_predicted"
    assert rows.height == 90
    assert "Ignored, not in training: extra" in result.stderr
    assert "'Rome' (90 rows) was not in training" in " ".join(result.stderr.split())


def refused(path):
    with pytest.raises(TableError) as caught:
        load_model(path)
    return str(caught.value)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "model.taut"
    path.write_bytes(pickle.dumps(LinearRegression()))
    assert "is no model file" in refused(path)


def test_a_missing_file_is_refused(tmp_path):
    assert "there is no model file" in refused(tmp_path / "absent.taut")


def test_foreign_types_are_named_and_not_loaded(tmp_path):
    path = tmp_path / "model.taut"
    foreign = make_pipeline(FunctionTransformer(print), LinearRegression())
    dump({"format": "taut model 1", "target": "y", "pipeline": foreign}, path)
    dump({"format": "taut model 1", "target": "y", "pipeline": [tuple, io.BytesIO]}, path)
    said = refused(path)
    assert "is refused" in said
    assert "BytesIO" in said


@pytest.mark.parametrize(
    "content",
    [
        LinearRegression(),
        {"format": "taut model 1", "target": "y", "pipeline": make_pipeline(StandardScaler())},
        {
            "format": "taut model 1",
            "target": "y",
            "pipeline": make_pipeline(FunctionTransformer(), LinearRegression()),
        },
        {"format": "another", "target": "y", "pipeline": make_pipeline(StandardScaler())},
    ],
)
def test_models_of_others_are_refused(tmp_path, content):
    path = tmp_path / "model.taut"
    dump(content, path)
    assert "no model of this version of taut" in refused(path)


def rewritten(path, change):
    """The same archive with every member passed through ``change(name, content)``."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(name, content))


def test_a_type_that_was_swapped_in_is_refused(model):
    rewritten(model, lambda name, content: content.replace(b"SimpleImputer", b"BufferedReader"))
    assert model.name in refused(model)


def test_a_system_call_that_was_swapped_in_is_refused(model):
    def change(name, content):
        content = content.replace(b"sklearn.impute._base", b"os")
        return content.replace(b"SimpleImputer", b"system")

    rewritten(model, change)
    said = refused(model)
    assert "is refused" in said
    assert "os.system" in said


def test_numbers_that_were_changed_are_refused(model):
    changed = []

    def change(name, content):
        if not name.endswith(".npy"):
            return content
        changed.append(name)
        return content[:-1] + bytes([content[-1] ^ 1])

    rewritten(model, change)
    assert changed
    assert "was changed or damaged after it was saved" in refused(model)


def test_a_member_that_was_added_is_refused(model):
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr("more.npy", b"")
    assert "was changed or damaged" in refused(model)


def test_a_model_without_a_digest_is_refused(model):
    saved = load_model(model)
    content = {"format": "taut model 1", "target": "price", "pipeline": saved.pipeline}
    dump(content, model)
    assert "no model of this version of taut" in refused(model)


def test_packing_anew_changes_nothing(model):
    before = load_model(model)
    rewritten(model, lambda name, content: content)
    np.testing.assert_array_equal(load_model(model).pipeline[-1].coef_, before.pipeline[-1].coef_)


def test_a_damaged_archive_is_refused(model):
    content = model.read_bytes()
    model.write_bytes(content[: len(content) // 2] + content[len(content) // 2 + 40 :])
    assert model.name in refused(model)


def test_saving_is_whole_or_not_at_all(model, monkeypatch):
    import taut.cli.model_file as module

    before = model.read_bytes()
    saved = load_model(model)

    def fails(*arguments, **settings):
        raise OSError("disk full")

    monkeypatch.setattr(module, "_skops", lambda: (fails, None, None))
    with pytest.raises(OSError, match="disk full"):
        module.save_model(model, saved.pipeline, "price", "lasso-min")
    assert model.read_bytes() == before
    assert sorted(path.name for path in model.parent.iterdir()) == ["houses.csv", model.name]


def test_fit_says_what_it_fitted(taut_command, table_file, tmp_path):
    options = ["--target", "price", "--technique", "lasso-min", "--model", tmp_path / "m.taut"]
    said = taut_command("fit", table_file, *options).stdout
    assert "Lasso (min) on 90 rows: alpha 0." in said
    assert "of 4 features used; solved" in said


def test_predictions_replace_a_column_of_their_name_and_say_so(
    taut_command, model, table_file, tmp_path
):
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    taut_command("predict", model, table_file, "--output", once)
    result = taut_command("predict", model, once, "--output", twice)
    assert result.exit_code == 0, result.output
    assert "Column price_predicted of the table is replaced" in " ".join(result.stderr.split())
    assert twice.read_bytes() == once.read_bytes()


@pytest.fixture
def sparse_model(taut_command, tmp_path):
    """A lasso of which one column is all that counts, and the table that it was fitted on."""
    random = np.random.default_rng(0)
    columns = {f"x{j}": random.normal(size=200) for j in range(4)}
    columns["kind"] = random.choice(["red", "green", "blue"], 200)
    columns["day"] = [f"{1 + i % 12}/{1 + i % 28}/2024" for i in range(200)]
    columns["y"] = 9.0 * columns["x0"] + random.normal(size=200)
    table = pl.DataFrame(columns)
    table.write_csv(tmp_path / "sparse.csv")
    path = tmp_path / "sparse.taut"
    options = ["--target", "y", "--technique", "lasso-1se", "--model", path]
    assert taut_command("fit", tmp_path / "sparse.csv", *options).exit_code == 0
    return path, table


def predicted_from(taut_command, path, table, folder):
    table.write_csv(folder / "new.csv")
    result = taut_command("predict", path, folder / "new.csv", "--output", folder / "out.parquet")
    return result, folder / "out.parquet"


def test_columns_that_the_model_does_not_use_may_be_missing(taut_command, sparse_model, tmp_path):
    path, table = sparse_model
    _, out = predicted_from(taut_command, path, table, tmp_path)
    expected = pl.read_parquet(out)["y_predicted"]
    result, out = predicted_from(taut_command, path, table.select("x0"), tmp_path)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "Not in the table, and not used by the model: day, kind, x1, x2, x3." in said
    assert "not in training" not in said
    found = pl.read_parquet(out)
    assert found.columns == ["x0", "y_predicted"]
    np.testing.assert_allclose(found["y_predicted"], expected)


def test_columns_that_the_model_uses_may_not(taut_command, sparse_model, tmp_path):
    path, table = sparse_model
    result, _ = predicted_from(taut_command, path, table.drop("x0", "x1"), tmp_path)
    assert result.exit_code == 2
    assert "columns that the model needs are missing: x0." in " ".join(result.output.split())
