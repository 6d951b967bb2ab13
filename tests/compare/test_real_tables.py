"""The comparison on real tables: known facts about them come out."""

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.preprocessing import OneHotEncoder

from compare.tables import real_table
from taut.compare import compare, prepare
from taut.datasets import load_diabetes

QUICK = {"quick": True}


def scores(found):
    return {row["technique"]: row["score"] for row in found.leaderboard}


def notes(found):
    return " ".join(note["text"] for note in found.summary["table"]["notes"])


def sklearn_rmse(model, X, y):
    folds = KFold(5, shuffle=True, random_state=0)
    return -cross_val_score(model, X, y, cv=folds, scoring="neg_root_mean_squared_error").mean()


def test_diabetes_scores_are_those_of_scikit_learn():
    table = load_diabetes()
    found = compare(table, "progression", **QUICK)
    y = table.pop("progression")
    X = np.column_stack(list(table.values()))
    assert scores(found)["null"] == pytest.approx(sklearn_rmse(DummyRegressor(), X, y))
    expected = sklearn_rmse(LinearRegression(), X, y)
    assert scores(found)["least-squares"] == pytest.approx(expected, rel=1e-8)
    assert found.pick["technique"] != "null"
    assert found.pick["r2"] > 0.4


def test_hitters_leaves_out_missing_salaries_and_names(data_folder):
    table = real_table(data_folder, "islr/hitters")
    found = compare(table, "Salary", **QUICK)
    assert "59 rows without a value of Salary" in notes(found)
    assert "identifier-like: name" in notes(found)
    known = table.drop_nulls("Salary")
    categories = known.select("League", "Division", "NewLeague").to_numpy()
    numbers = known.drop("name", "Salary", "League", "Division", "NewLeague").to_numpy()
    coded = OneHotEncoder(drop="first", sparse_output=False).fit_transform(categories)
    X, y = np.hstack([numbers, coded]), known["Salary"].to_numpy()
    assert scores(found)["least-squares"] == pytest.approx(
        sklearn_rmse(LinearRegression(), X, y), rel=1e-6
    )


@pytest.mark.parametrize(
    ("name", "target", "r2"),
    [
        ("boston/boston", "medv", 0.65),
        ("concrete/concrete", "compressive_strength", 0.5),
        ("islr/credit", "Balance", 0.9),
        ("islr/carseats", "Sales", 0.8),
    ],
)
def test_a_linear_technique_explains_what_it_is_known_to(data_folder, name, target, r2):
    found = compare(real_table(data_folder, name), target, **QUICK)
    assert found.best["r2"] > r2
    assert found.pick["r2"] > r2 - 0.05
    assert not any(c["status"] != "solved" for c in found.summary["certificates"])


def test_the_logarithm_of_the_target_is_a_suspected_leak(data_folder):
    study = prepare(real_table(data_folder, "islr/wage"), "wage")
    assert "logwage alone nearly determines wage" in study.leaks[0].text


def test_parts_that_add_up_to_the_target_are_a_suspected_leak(data_folder):
    table = real_table(data_folder, "islr/bikeshare")
    found = compare(table, "bikers", techniques="null,least-squares", **QUICK)
    assert "together determine bikers" in notes(found)
    honest = compare(
        table.drop("casual", "registered"), "bikers", techniques="null,least-squares", **QUICK
    )
    assert "together determine bikers" not in notes(honest)


def test_dates_make_ordered_folds(data_folder):
    table = real_table(data_folder, "islr/nyse").drop("train")
    settings = {"time": "date", "techniques": "null,ridge"}
    found = compare(table, "log_volume", **settings, **QUICK)
    assert found.summary["settings"]["fold_kind"] == "ordered"
    assert "as far as they vary: date" in notes(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "target", "r2"),
    [
        ("ames/ames", "price", 0.8),
        ("hotel_rates/hotel_rates", "avg_price_per_room", 0.8),
        ("wine_quality/wine_quality", "quality", 0.25),
        ("communities/communities", "ViolentCrimesPerPop", 0.6),
        ("abalone/abalone", "rings", 0.5),
    ],
)
def test_larger_tables(data_folder, name, target, r2):
    found = compare(real_table(data_folder, name), target, **QUICK)
    assert found.pick["technique"] != "null"
    assert found.best["r2"] > r2
    assert found.pick["r2"] > r2 - 0.1


@pytest.mark.slow
def test_more_columns_than_rows(data_folder):
    path = data_folder / "riboflavin" / "riboflavin.npz"
    if not path.exists():
        pytest.skip(f"no real table {path}")
    with np.load(path) as arrays:
        X, y = arrays["x"], arrays["y"]
    found = compare(X, y, techniques="null,lasso,ridge-min", **QUICK)
    assert found.pick["technique"] == "lasso-1se"
    assert len(found.summary["paths"][0]["features"]) == 200
