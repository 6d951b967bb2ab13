"""Bad input ends with exit code 2 and one clear paragraph, never a traceback."""

import gzip
import os

import polars as pl
import pytest

from taut.compare import TECHNIQUES

FILES = {
    "empty.csv": b"",
    "zeros.csv": b"\x00" * 200_000,
    "image.csv": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "endless.csv": b"x" * 200_000,
    "empty.csv.gz": gzip.compress(b""),
    "utf16.csv": "a,b\n1,2\n".encode("utf-16"),
    "header.csv": b"a,b\n",
    "one.csv": b"a\n" + b"1\n2\n" * 20,
    "repeats.csv": b"a,b,a\n1,2,3\n",
    "ragged.csv": b"a,b\n1,2\n3,4,5\n",
    "latin.csv": "a,größe\n1,2\n".encode("latin-1"),
    "broken.parquet": b"PAR1 and no more",
    "broken.jsonl": b'{"a": 1}\n{"a": ',
    "broken.csv.gz": b"\x1f\x8b\x08\x00 cut off",
    "table.xlsx": b"PK",
    "gap.csv": b"a,b\n" + b",1\n,2\n,3\n" * 20,
    "text.csv": b"a,b\n" + b"1,2\n" * 30 + b"high,4\n" + b"5,6\n" * 30,
    "slip.csv": b"a,b\n" + b"1,2\n" * 30 + b"4,wide\n" + b"5,6\n" * 30,
    "weights.csv": b"a,b,w\n" + b"1,2,1\n3,4,-1\n" * 20,
    "missing-cells.csv": b'a,b\n"1,\n2",3\n4,\n5\n',
    "comma.csv": b'"a,b",c,\n1,2,3\n',
    "short.csv": b"a,b\n" + b"1,2\n3,4\n5,1\n" * 3,
}


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.csv", "--target", "a"], "there is no file"),
        (["empty.csv", "--target", "a"], "is empty"),
        (["empty.csv.gz", "--target", "a"], "is empty"),
        (["zeros.csv", "--target", "a"], "is no table of text: it holds zero bytes"),
        (["image.csv", "--target", "a"], "is no table of text: it holds zero bytes"),
        (["endless.csv", "--target", "a"], "no table of text: it holds no line, but one endless"),
        (["utf16.csv", "--target", "a"], "save it anew in that encoding"),
        (["header.csv", "--target", "a"], "has a header but no rows"),
        (["one.csv", "--target", "a"], "no column beside 'a'"),
        (["repeats.csv", "--target", "a"], "'a' (2 times)"),
        (["ragged.csv", "--target", "a"], "cannot be read as csv"),
        (["ragged.csv", "--target", "a"], "row 2 has 3 cells, the header has 2"),
        (["missing-cells.csv", "--target", "a"], "row 3 has 1 cell, the header has 2 (line 5)"),
        (["broken.jsonl", "--target", "a"], "line 2 is no JSON"),
        (["comma.csv", "--target", "q"], "the columns are: 'a,b', c, '' (unnamed)"),
        (["comma.csv", "--target", "a,b", "--drop", "a,b"], "--drop names the target 'a,b'"),
        (["latin.csv", "--target", "a"], "save it anew in that encoding"),
        (["broken.parquet", "--target", "a"], "cannot be read as parquet"),
        (["broken.jsonl", "--target", "a"], "cannot be read as jsonl"),
        (["broken.csv.gz", "--target", "a"], "cannot be read as csv"),
        (["table.xlsx", "--target", "a"], "use CSV (.csv)"),
        (["gap.csv", "--target", "a"], "'a' has no value at all"),
        (["gap.csv", "--target", "b"], "no column is left"),
        (["text.csv", "--target", "a"], "row 31 says 'high'"),
        (["slip.csv", "--target", "a"], "row 31 says 'wide'"),
        (["short.csv", "--target", "a"], "only 9 rows"),
        (["weights.csv", "--target", "a", "--weights", "w"], "--weights: column 'w' must be 0"),
        (["weights.csv", "--target", "a", "--weights", "w"], "row 2 has -1"),
        (["houses.csv", "--target", "price", "--weights", "town"], "--weights: column 'town' must"),
        (
            ["houses.csv", "--target", "price", "--weights", "w"],
            "--weights: there is no column 'w'",
        ),
        (["houses.csv", "--target", "price", "--weights", "price"], "--weights: column 'price' is"),
        (["houses.csv", "--target", "price", "--drop", "team", "--groups", "team"], "--drop names"),
        (["houses.csv"], "--target is missing"),
        (["houses.csv", "--target", "Prize"], "did you mean 'price'?"),
        (["houses.csv", "--target", "Prize"], "--target: there is no column 'Prize'"),
        (
            ["houses.csv", "--target", "row", "--task", "classification"],
            "--target: column 'row' has",
        ),
        (
            ["houses.csv", "--target", "price", "--task", "counts"],
            "'price' must hold whole numbers",
        ),
        (
            ["houses.csv", "--target", "town", "--techniques", "least-squares"],
            "is not for classification",
        ),
        (["houses.csv", "--target", "price", "--task", "ranking"], "--task: 'ranking' is unknown"),
        (["houses.csv", "--target", "price", "--drop", "widht"], "did you mean 'width'"),
        (["houses.csv", "--target", "price", "--drop", "price"], "--drop names the target"),
        (["houses.csv", "--target", "price", "--groups", "teem"], "did you mean 'team'"),
        (["houses.csv", "--target", "price", "--time", "town"], "'town' must hold dates"),
        (["houses.csv", "--target", "price", "--folds", "91"], "--folds: 91 folds"),
        (["houses.csv", "--target", "price", "--techniques", "ridgid"], "did you mean 'ridge'"),
        (["houses.csv", "--target", "price", "--seed", "-1"], "-1 is not in the range"),
        (["houses.csv", "--target", "price", "--report", "no/where.html"], "does not exist"),
        (["houses.csv", "--target", "price", "--json", "."], "it is a folder"),
        (["houses.csv", "--target", "price", "--model", "no/where"], "does not exist"),
    ],
)
def test_compare(taut_command, table_file, folder, monkeypatch, arguments, said):
    monkeypatch.chdir(folder)
    before = sorted(os.listdir())
    result = taut_command("compare", *arguments)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output
    assert sorted(os.listdir()) == before


def test_advice_suits_the_kind_of_file(taut_command, folder):
    said = taut_command("compare", folder / "broken.parquet", "--target", "a").output
    assert "fetch or save it anew" in said
    assert "UTF-8" not in said


def test_files_are_checked_before_the_table_is_read(taut_command, tmp_path):
    result = taut_command(
        "compare", tmp_path / "absent.csv", "--report", tmp_path / "no" / "r.html"
    )
    assert "--report: cannot write" in result.output


@pytest.mark.parametrize(
    ("technique", "said"),
    [("lasso", "choose lasso-1se or lasso-min"), ("lazo", "did you mean 'lasso'")],
)
def test_fit_takes_one_technique(taut_command, table_file, tmp_path, technique, said):
    options = ["--target", "price", "--model", tmp_path / "m.taut", "--technique", technique]
    result = taut_command("fit", table_file, *options)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("--technique", "--technique is missing: choose one of null, lasso-1se,"),
        ("--model", "--model is missing"),
        ("--target", "--target is missing: say which column"),
    ],
)
def test_fit_says_what_is_missing(taut_command, table_file, tmp_path, left_out, said):
    options = {"--target": "price", "--technique": "null", "--model": tmp_path / "m.taut"}
    del options[left_out]
    result = taut_command("fit", table_file, *(part for item in options.items() for part in item))
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("option", [["--quick"], ["--folds", "3"]])
def test_fit_says_why_it_has_no_such_option(taut_command, table_file, option):
    result = taut_command("fit", table_file, "--target", "price", *option)
    assert result.exit_code == 2
    assert f"{option[0]} is an option of `taut compare`" in result.output


@pytest.mark.parametrize("command", ["compare", "fit"])
def test_help_lists_the_techniques(taut_command, command):
    said = taut_command(command, "--help").output
    for technique in TECHNIQUES:
        assert f"{technique.name} " in said
        assert technique.phrase in said


def test_a_missing_extra_is_named(taut_command, table_file, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    result = taut_command("compare", table_file, "--target", "price")
    assert result.exit_code == 2
    assert 'pip install "taut[compare]"' in result.output


def test_predict_needs_the_columns_of_training(taut_command, table, table_file, tmp_path):
    model = tmp_path / "m.taut"
    fitted = taut_command(
        "fit", table_file, "--target", "price", "--technique", "least-squares", "--model", model
    )
    assert fitted.exit_code == 0, fitted.output
    new = tmp_path / "new.csv"
    table.rename({"width": "widht"}).write_csv(new)
    result = taut_command("predict", model, new)
    assert result.exit_code == 2
    assert "missing: width. For 'width', did you mean 'widht'" in result.output
    table.with_columns(pl.lit("tall").alias("depth")).write_csv(new)
    result = taut_command("predict", model, new)
    assert result.exit_code == 2
    assert "'depth' must be numeric" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "short.csv", "--target", "a", "--report", "short.csv"],
        ["compare", "short.csv", "--target", "a", "--report", "x", "--json", "./x"],
        ["fit", "short.csv", "--target", "a", "--technique", "ridge-min", "--model", "short.csv"],
        ["predict", "m.skops", "short.csv", "--output", "short.csv"],
    ],
)
def test_nothing_that_is_read_or_written_is_written_over(
    taut_command, folder, monkeypatch, arguments
):
    monkeypatch.chdir(folder)
    result = taut_command(*arguments)
    assert result.exit_code == 2
    assert "are the same file" in result.output
    assert (folder / "short.csv").read_bytes() == FILES["short.csv"]
