"""The comparison as a whole: pick, intervals, leaks, code that runs, plain JSON."""

import json

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.model_selection import KFold

import taut
from compare.tables import N_ROWS, made_table
from taut.compare import TECHNIQUES, compare
from taut.compare.techniques import choose
from taut.designs.from_frame import TableError

QUICK = {"quick": True, "techniques": ["null", "lasso", "least-squares"]}


@pytest.fixture(scope="module")
def found():
    return compare(made_table(), "y", quick=True)


def rows_of(comparison):
    return {row["technique"]: row for row in comparison.leaderboard}


def test_all_techniques_are_ranked_by_their_score(found):
    assert set(rows_of(found)) == {technique.name for technique in TECHNIQUES}
    scores = [row["score"] for row in found.leaderboard]
    assert scores == sorted(scores)
    assert found.best is found.leaderboard[0]
    assert found.best["difference"] == 0


def test_scores_and_differences_follow_from_the_fold_scores(found):
    best = found.best["fold_scores"]
    for row in found.leaderboard:
        assert row["score"] == pytest.approx(np.mean(row["fold_scores"]))
        difference = np.subtract(row["fold_scores"], best).mean()
        assert row["difference"] == pytest.approx(difference, abs=1e-12)
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]


def test_the_pick_is_the_simplest_that_is_not_detectably_worse(found):
    allowed = [row for row in found.leaderboard if not row["detectably_worse"]]
    simplest = min(allowed, key=lambda row: (round(row["features_used"]), row["complexity"]))
    assert found.pick["technique"] == simplest["technique"] != "null"
    assert rows_of(found)["null"]["detectably_worse"]


def test_scores_are_those_of_honest_folds(found):
    table = made_table()
    null = []
    for train, test in KFold(5, shuffle=True, random_state=0).split(table["y"]):
        null.append(np.sqrt(np.mean((table["y"][test] - table["y"][train].mean()) ** 2)))
    np.testing.assert_allclose(rows_of(found)["null"]["fold_scores"], null)


def test_the_summary_is_plain_json(found):
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


def test_paths_and_certificates_belong_to_the_penalised_families(found):
    summary = found.summary
    assert {path["technique"] for path in summary["paths"]} == {
        *("lasso", "elastic-net", "ridge"),
        *("adaptive-lasso", "group-lasso", "mcp"),
    }
    for path in summary["paths"]:
        n_alphas = len(path["alphas"])
        assert all(a > b for a, b in zip(path["alphas"], path["alphas"][1:], strict=False))
        assert {len(row) for row in path["coefs"]} == {n_alphas}
        for name in ("n_nonzero", "train_error", "validation_error", "validation_se"):
            assert len(path[name]) == n_alphas
        assert path["alpha_1se"] >= path["alpha_min"]
    assert {item["status"] for item in summary["certificates"]} == {"solved"}


def test_the_model_predicts_from_a_table_by_name(found):
    table = pl.DataFrame(made_table(seed=1))
    predicted = found.model.predict(table.select(reversed(table.columns)))
    assert np.corrcoef(predicted, table["y"])[0, 1] > 0.8
    coefficients = {c["feature"]: c["coefficient"] for c in found.pick["coefficients"]}
    assert coefficients["n0"] > 1
    assert coefficients["n1"] < -1


def test_a_permuted_target_leaves_nothing_to_find():
    table = made_table()
    table["y"] = np.random.default_rng(3).permutation(table["y"])
    permuted = compare(table, "y", **QUICK)
    assert permuted.pick["technique"] == "null"
    assert "average" in permuted.summary["verdict"]["sentence"]


def test_the_target_of_test_rows_does_not_reach_the_fit():
    # A model that saw the test rows would follow the noise of more columns than rows.
    random = np.random.default_rng(0)
    noise = compare(random.normal(size=(40, 80)), random.normal(size=40), **QUICK)
    assert all(row["r2"] < 0.3 for row in noise.leaderboard)


def test_a_combination_of_columns_that_gives_the_target_is_suspected():
    table = made_table()
    table["y"] = table["n0"] + table["n1"]
    notes = compare(table, "y", **QUICK).summary["table"]["notes"]
    assert any("together determine y almost perfectly" in note["text"] for note in notes)


@pytest.mark.parametrize(
    "arguments",
    [
        {"y": "y"},
        {"y": "y", "time": "when"},
        {"y": "y", "groups": "team"},
        {"y": "y", "sample_weight": "weight"},
        {"y": "y", "sample_weight": "weight", "techniques": "null"},
        {"y": "y", "techniques": "least-squares", "seed": 5},
        {"y": "y", "techniques": "elastic-net"},
        {"y": "y", "techniques": "ridge"},
        {"y": "y", "techniques": "adaptive-lasso"},
        {"y": "y", "techniques": "group-lasso-min", "cv": 2},
        {"y": "y", "techniques": "mcp-min", "cv": 2},
    ],
)
def test_the_code_of_the_pick_reproduces_it(arguments):
    random = np.random.default_rng(0)
    table = made_table() | {
        "when": random.permutation(N_ROWS).astype("datetime64[D]"),
        "team": np.arange(N_ROWS) % 10,
        "weight": random.uniform(0.5, 2.0, N_ROWS),
    }
    table["y"][3] = np.nan
    found = compare(table, **(QUICK | arguments))
    names = {"X": table}
    exec(found.pick["code"], names)
    again = names["model"][-1]
    expected = [c["coefficient"] for c in found.pick["coefficients"]]
    if found.pick["technique"] != "null":
        np.testing.assert_allclose(again.coef_, expected, rtol=1e-10)
        assert again.intercept_ == pytest.approx(found.pick["intercept"])
    np.testing.assert_allclose(names["model"].predict(table), found.model.predict(table))


def test_a_whole_category_enters_or_leaves():
    table = made_table()
    table["shape"] = np.random.default_rng(5).choice(["disc", "ring", "cone"], N_ROWS)
    found = compare(table, "y", techniques="group-lasso-min", cv=2)
    used = {c["feature"]: c["coefficient"] != 0 for c in found.pick["coefficients"]}
    assert all(used[f"colour={level}"] for level in ("red", "green", "blue"))
    assert len({used[f"shape={level}"] for level in ("disc", "ring", "cone")}) == 1
    (path,) = found.summary["paths"]
    assert "enter and leave together" in path["remark"]


def test_a_fit_that_is_not_convex_has_no_gap(found):
    certificates = {c["technique"]: c for c in found.summary["certificates"]}
    for name in ("mcp-1se", "mcp-min"):
        assert certificates[name]["relative_gap"] is None
        assert "gap" not in certificates[name]["sentence"]
        assert certificates[name]["kkt"] <= certificates[name]["tol"]


def test_the_code_for_arrays_calls_them_by_their_names():
    table = made_table()
    X, y = np.column_stack([table[f"n{j}"] for j in (0, 1, 3)]), table["y"]
    found = compare(X, y, **QUICK)
    assert "prepare" not in found.pick["code"]
    names = {"X": X, "y": y}
    exec(found.pick["code"], names)
    expected = [c["coefficient"] for c in found.pick["coefficients"]]
    np.testing.assert_allclose(names["model"][-1].coef_, expected, rtol=1e-10)


def test_a_sparse_matrix_is_compared_as_it_is():
    random = np.random.default_rng(0)
    X = sparse.random_array((100, 30), density=0.2, rng=random, format="csc")
    y = X @ random.normal(size=30) + 0.1 * random.normal(size=100)
    sparse_found, dense_found = compare(X, y, **QUICK), compare(X.toarray(), y, **QUICK)
    for one, other in zip(sparse_found.leaderboard, dense_found.leaderboard, strict=True):
        np.testing.assert_allclose(one["fold_scores"], other["fold_scores"], rtol=1e-4)
    np.testing.assert_allclose(
        sparse_found.model.predict(X), dense_found.model.predict(X.toarray()), rtol=1e-3
    )


def test_whole_number_weights_equal_repeated_rows_in_the_final_fit():
    table = made_table()
    # n2 has gaps, and the median that fills them does not know of weights.
    del table["n2"]
    weights = np.arange(N_ROWS) % 3 + 1
    settings = {"quick": True, "techniques": "least-squares"}
    weighted = compare(table, "y", sample_weight=weights, **settings)
    repeated = compare({k: np.repeat(v, weights) for k, v in table.items()}, "y", **settings)
    np.testing.assert_allclose(
        weighted.model.predict(table), repeated.model.predict(table), rtol=1e-8
    )


def test_progress_counts_up_to_the_end():
    seen = []
    compare(made_table(), "y", progress=lambda *call: seen.append(call), **QUICK)
    total = 4 * 6
    assert [call[0] for call in seen] == list(range(total))
    assert {call[1] for call in seen} == {total}


def test_unknown_techniques_are_refused_with_a_suggestion():
    with pytest.raises(TableError, match="'laso' is unknown; did you mean 'lasso'"):
        compare(made_table(), "y", techniques="laso")


def test_techniques_for_other_tasks_are_refused_with_those_for_this_one():
    with pytest.raises(TableError, match=r"'least' is not for classification: .* ridge"):
        choose("least", "classification")


def test_families_and_names_choose_in_the_order_of_the_registry():
    names = [technique.name for technique in taut.compare.choose("ridge-min, lasso")]
    assert names == ["lasso-1se", "lasso-min", "ridge-min"]


def test_the_function_and_the_package_share_a_name():
    import taut.compare as package

    assert package(made_table(), "y", **QUICK).pick["technique"] in rows_of(
        taut.compare(made_table(), "y", **QUICK)
    )


def test_repr_and_plot_show_every_technique(found):
    pytest.importorskip("matplotlib").use("Agg")
    labels = [row["label"] for row in found.leaderboard]
    assert all(label in repr(found) for label in labels)
    axes = found.plot()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == labels[::-1]
