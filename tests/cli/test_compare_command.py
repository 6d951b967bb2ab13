"""`taut compare` from the outside."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

import taut

QUICK = ("--quick", "--techniques", "null,lasso,least-squares")


def test_leaderboard_notes_and_verdict_are_printed(taut_command, table_file):
    result = taut_command("compare", table_file, "--target", "price", *QUICK)
    assert result.exit_code == 0, result.output
    for said in ("Lasso (1-SE)", "Null model", "→", "Take ", "identifier-like: row", "houses.csv"):
        assert said in result.output
    assert "3 of 3 fits" in result.output


def test_without_a_table_the_bundled_one_is_compared(taut_command):
    result = taut_command("compare", *QUICK)
    assert result.exit_code == 0, result.output
    assert "diabetes (scikit-learn): 442 rows, 10 columns" in result.output


def test_json_report_and_model_are_written_and_named(taut_command, table_file, tmp_path):
    files = {name: tmp_path / f"out.{name}" for name in ("json", "report", "model")}
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    result = taut_command("compare", table_file, "--target", "price", *QUICK, *options)
    assert result.exit_code == 0, result.output
    for path in files.values():
        assert path.name in result.output.replace("\n", "")
    summary = json.loads(files["json"].read_text(encoding="utf-8"))
    assert summary["table"]["source"] == "houses.csv"
    assert "<html" in files["report"].read_text(encoding="utf-8")[:500].lower()
    predicted = taut_command("predict", files["model"], table_file)
    assert predicted.exit_code == 0, predicted.output


def test_the_code_in_the_json_reads_the_file_and_reproduces_the_pick(
    taut_command, table_file, tmp_path
):
    out = tmp_path / "found.json"
    options = ["--drop", "depth", "--groups", "team", "--json", out]
    result = taut_command("compare", table_file, "--target", "price", *QUICK, *options)
    assert result.exit_code == 0, result.output
    pick = json.loads(out.read_text(encoding="utf-8"))["pick"]
    assert pick["technique"] != "null"
    # A report is passed on: it must not tell where its author keeps the table.
    assert str(tmp_path) not in pick["code"]
    assert_reproduces(pick, table_file.parent)


def assert_reproduces(pick, folder):
    """The code runs as a program in the folder, and gives the coefficients of the pick."""
    program = pick["code"] + "print(model[-1].coef_.tolist())\n"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    expected = [c["coefficient"] for c in pick["coefficients"]]
    np.testing.assert_allclose(json.loads(run.stdout), expected, rtol=1e-10)


@pytest.mark.parametrize("path", ["houses.csv", "./houses.csv", None])
def test_the_code_names_the_table_as_it_was_named_imports_first(
    taut_command, table_file, monkeypatch, path
):
    monkeypatch.chdir(table_file.parent)
    given = ["compare"] if path is None else ["compare", path, "--target", "price"]
    result = taut_command(*given, "--quick", "--techniques", "lasso", "--json", "found.json")
    assert result.exit_code == 0, result.output
    pick = json.loads((table_file.parent / "found.json").read_text(encoding="utf-8"))["pick"]
    lines = pick["code"].splitlines()
    imports = lines[: lines.index("")]
    assert imports == sorted(imports, key=lambda line: (line.startswith("from"), line))
    assert not [line for line in lines[len(imports) :] if "import" in line]
    assert path is None or f"read_table({path!r})" in pick["code"]
    assert_reproduces(pick, table_file.parent)


@pytest.mark.parametrize("ending", ["csv.gz", "tsv", "parquet", "jsonl", "semicolon.csv"])
def test_every_format_gives_the_same_scores(taut_command, table, tmp_path, ending):
    path = tmp_path / f"table.{ending}"
    if ending == "csv.gz":
        path.write_bytes(gzip.compress(table.write_csv().encode()))
    elif ending == "parquet":
        table.write_parquet(path)
    elif ending == "jsonl":
        table.write_ndjson(path)
    else:
        table.write_csv(path, separator="\t" if ending == "tsv" else ";")
    out = tmp_path / "found.json"
    options = ["--techniques", "null", "--json", out]
    result = taut_command("compare", path, "--target", "price", *options)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["table"]["rows"] == 90
    assert found["leaderboard"][0]["score"] == pytest.approx(null_score(table))


def null_score(table):
    from taut.compare import compare

    return compare(table, "price", techniques="null").best["score"]


def test_weights_time_and_folds_reach_the_comparison(taut_command, table, tmp_path):
    path, out = tmp_path / "t.csv", tmp_path / "found.json"
    table.with_columns(
        pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 30)).alias("day"),
        pl.lit(2.0).alias("weight"),
    ).write_csv(path)
    options = ["--weights", "weight", "--time", "day", "--folds", "4", "--json", out]
    result = taut_command("compare", path, "--target", "price", "--techniques", "null", *options)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["settings"]["fold_kind"] == "ordered"
    assert found["settings"]["outer_folds"] == 4
    assert found["table"]["columns"] == 6


def test_a_technique_that_fails_in_one_fold_is_left_out_and_said(
    taut_command, table_file, tmp_path, monkeypatch
):
    plain, calls = taut.Ridge.fit, []

    def fails_once(self, X, y, **given):
        calls.append(len(y))
        if len(calls) == 3:
            raise np.linalg.LinAlgError("the eigenvalues did not converge")
        return plain(self, X, y, **given)

    monkeypatch.setattr(taut.Ridge, "fit", fails_once)
    out, page = tmp_path / "found.json", tmp_path / "r.html"
    options = ["--quick", "--techniques", "null,lasso-min,ridge-min", "--json", out]
    result = taut_command("compare", table_file, "--target", "price", *options, "--report", page)
    assert result.exit_code == 0, result.output
    assert len(calls) == 3
    said = "Ridge (min) is left out: it failed on fold 2 (LinAlgError: the eigenvalues"
    assert said in " ".join(result.output.split())
    found = json.loads(out.read_text(encoding="utf-8"))
    assert {row["technique"] for row in found["leaderboard"]} == {"null", "lasso-min"}
    assert said in page.read_text(encoding="utf-8")


def test_where_every_technique_fails_the_reasons_are_given(taut_command, table_file, monkeypatch):
    def fails(self, X, y, **given):
        raise MemoryError("needs 80 GiB")

    monkeypatch.setattr(taut.Lasso, "fit", fails)
    result = taut_command("compare", table_file, "--target", "price", "--techniques", "lasso-min")
    assert result.exit_code == 2
    assert "nothing could be fitted. Lasso (min) is left out" in result.output
    assert "needs 80 GiB" in result.output


def test_a_file_that_cannot_be_written_in_the_end_does_not_cost_the_others(
    taut_command, table_file, tmp_path, monkeypatch
):
    import taut.cli.compare as module

    def full(path, text):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(module, "replace_file", full)
    files = {name: tmp_path / f"out.{name}" for name in ("json", "report", "model")}
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    result = taut_command("compare", table_file, "--target", "price", *QUICK, *options)
    assert result.exit_code == 2
    assert "json not written to" in result.output
    assert "No space left on device" in result.output
    assert [path.exists() for path in files.values()] == [False, True, True]


def test_control_c_while_files_are_written_says_which_are_there(
    taut_command, table_file, tmp_path, monkeypatch
):
    def interrupted(summary, path):
        raise KeyboardInterrupt

    monkeypatch.setattr("taut.report.write", interrupted)
    out, page = tmp_path / "found.json", tmp_path / "r.html"
    options = [*QUICK, "--json", out, "--report", page]
    result = taut_command("compare", table_file, "--target", "price", *options)
    assert result.exit_code == 130
    assert "Interrupted: what is named above was written, nothing else." in result.output
    assert "found.json" in result.output.replace("\n", "")
    assert out.exists()
    assert not page.exists()


def test_version_and_module():
    run = subprocess.run(
        [sys.executable, "-m", "taut", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("taut, version ")
    run = subprocess.run(
        [sys.executable, "-m", "taut", "--target", "nothing"], capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "there is no column 'nothing'" in run.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_control_c_ends_with_a_short_line_and_130(tmp_path):
    random = np.random.default_rng(0)
    path, out = tmp_path / "wide.parquet", tmp_path / "found.json"
    columns = {f"c{j}": random.normal(size=1500) for j in range(300)}
    pl.DataFrame({**columns, "y": random.normal(size=1500)}).write_parquet(path)
    command = [sys.executable, "-m", "taut", path, "--target", "y", "--folds", "500", "--json", out]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert error.strip() == "Interrupted: nothing was written."
    assert not out.exists()


def test_a_terminal_of_80_columns_shows_headings_whole(taut_command, table_file, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = taut_command("compare", table_file, "--target", "price", "--quick")
    assert result.exit_code == 0, result.output
    assert "…" not in result.output
    (heads,) = [line for line in result.output.splitlines() if "technique  " in line]
    assert heads.split()[-2:] == ["used", "sec"]
    assert "used: features, mean over the folds" in result.output
