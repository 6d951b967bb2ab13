"""From columns to features: names, missing values, unseen levels, and nothing from test rows."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone

from compare.tables import made_table
from taut.designs.encoder import TableEncoder
from taut.designs.from_frame import TableError

N = 40


def without_target(**changes):
    table = {**made_table(), **changes}
    del table["y"]
    return table


def test_features_are_named_and_traced_to_their_columns():
    encoder = TableEncoder().fit(without_target())
    assert list(encoder.get_feature_names_out()) == [
        *["n0", "n1", "n2", "n3", "n2 missing"],
        *["colour=blue", "colour=green", "colour=red"],
    ]
    assert list(encoder.sources_) == ["n0", "n1", "n2", "n3", "n2", *["colour"] * 3]


def test_missing_numbers_get_the_median_and_are_marked():
    table = without_target()
    encoded = TableEncoder().fit_transform(table)
    gaps = np.isnan(table["n2"])
    assert (encoded[gaps, 2] == np.nanmedian(table["n2"])).all()
    np.testing.assert_array_equal(encoded[:, 4], gaps)
    np.testing.assert_array_equal(encoded[~gaps, 2], table["n2"][~gaps])


def test_rare_gaps_are_filled_but_not_marked():
    n0 = made_table()["n0"]
    n0[0] = np.nan
    names = TableEncoder().fit(without_target(n0=n0)).get_feature_names_out()
    assert "n0 missing" not in names


def test_missing_categories_are_a_level():
    colour = made_table()["colour"]
    colour[:30] = None
    encoder = TableEncoder().fit(without_target(colour=colour))
    assert "colour=(missing)" in encoder.get_feature_names_out()


def test_two_levels_are_one_feature():
    sex = np.array(["f", "m"], dtype=object)[np.arange(N) % 2]
    encoder = TableEncoder().fit({"sex": sex})
    assert list(encoder.get_feature_names_out()) == ["sex=m"]
    np.testing.assert_array_equal(encoder.transform({"sex": sex})[:, 0], sex == "m")


def test_an_unseen_level_is_none_of_the_known_and_is_named():
    encoder = TableEncoder().fit(without_target())
    colour = np.full(120, "mauve", dtype=object)
    assert not encoder.transform(without_target(colour=colour))[:, 5:].any()
    (note,) = encoder.surprises(without_target(colour=colour))
    assert "'mauve' (120 rows) was not in training" in note.text


def test_levels_beyond_the_most_frequent_are_put_together():
    town = np.array([f"town {i % 80}" for i in range(400)], dtype=object)
    town[:200] = "town 1"
    encoder = TableEncoder().fit({"town": town})
    names = list(encoder.get_feature_names_out())
    assert len(names) == 50
    assert "town=(other)" in names
    assert (encoder.transform({"town": town}).sum(axis=1) == 1).all()


def test_dates_become_year_month_and_weekday():
    days = np.array(["2024-02-29", "1969-12-31", "NaT"] * 20, dtype="datetime64[s]")
    encoder = TableEncoder().fit({"d": days})
    assert list(encoder.get_feature_names_out())[:3] == ["d year", "d month", "d weekday"]
    np.testing.assert_array_equal(encoder.transform({"d": days})[0, :3], [2024, 2, 3])
    np.testing.assert_array_equal(encoder.transform({"d": days})[1, :3], [1969, 12, 2])


def test_parts_of_a_date_only_as_far_as_they_vary():
    times = np.arange(N).astype("datetime64[h]").astype("datetime64[s]")
    encoder = TableEncoder().fit({"t": times})
    assert list(encoder.get_feature_names_out()) == ["t weekday", "t hour"]
    np.testing.assert_array_equal(encoder.transform({"t": times})[:, 1], np.arange(N) % 24)
    same = TableEncoder({"t": "date"}).fit({"t": times[:1].repeat(N)})
    assert list(same.get_feature_names_out()) == ["t year"]


def test_many_levels_come_out_sparse_and_equal():
    random = np.random.default_rng(0)
    table = {f"c{j}": random.integers(0, 49, 400).astype(str).astype(object) for j in range(12)}
    kinds = dict.fromkeys(table, "category")
    encoded = TableEncoder(kinds).fit_transform({**table, "n": random.normal(size=400)})
    assert sparse.issparse(encoded)
    assert (encoded[:, 1:].sum(axis=1) == 12).all()


def test_columns_are_found_by_name_in_any_order():
    table = without_target()
    encoder = TableEncoder().fit(table)
    turned = {"more": table["n0"], **{name: table[name] for name in reversed(table)}}
    np.testing.assert_array_equal(encoder.transform(turned), encoder.transform(table))
    assert "Ignored, not in training: more" in encoder.surprises(turned)[0].text


def test_a_missing_column_is_named_with_a_suggestion():
    table = without_target()
    encoder = TableEncoder().fit(table)
    table["Colour"] = table.pop("colour")
    with pytest.raises(TableError, match=r"missing: colour\..*did you mean 'Colour'\?"):
        encoder.transform(table)


def test_columns_that_were_set_aside_are_not_asked_for():
    table = without_target()
    encoder = TableEncoder().fit({**table, "row": np.arange(120)})
    np.testing.assert_array_equal(
        encoder.transform(table), encoder.transform({**table, "row": np.zeros(120)})
    )


def test_text_in_a_numeric_column_of_a_new_table_is_an_error():
    encoder = TableEncoder().fit(without_target())
    with pytest.raises(TableError, match="'n0' must be numeric, but row 1 says 'high'"):
        encoder.transform(without_target(n0=np.array(["high"] + ["1"] * 119, dtype=object)))


@pytest.mark.parametrize(
    ("kinds", "said"),
    [({"color": "category"}, "did you mean 'colour'"), ({"n0": "integer"}, "use one of number")],
)
def test_wrong_kinds_are_refused(kinds, said):
    with pytest.raises(TableError, match=said):
        TableEncoder(kinds).fit(without_target())


def test_no_usable_column_is_an_error():
    with pytest.raises(TableError, match="no column is left"):
        TableEncoder().fit({"one": np.ones(N)})


def test_statistics_come_from_the_rows_of_fit_alone():
    table = without_target()
    train, test = np.arange(80), np.arange(80, 120)
    poisoned = {name: values.copy() for name, values in table.items()}
    for name in ("n0", "n1", "n2", "n3"):
        poisoned[name][test] = 1e9
    poisoned["colour"][test] = "poison"
    kinds = dict.fromkeys(("n0", "n1", "n2", "n3"), "number") | {"colour": "category"}

    def fitted(source):
        encoder = TableEncoder(kinds).fit({name: v[train] for name, v in source.items()})
        return encoder.transform({name: v[train] for name, v in table.items()})

    np.testing.assert_array_equal(fitted(table), fitted(poisoned))


def test_frames_and_mappings_agree_and_clone_keeps_kinds():
    table = without_target()
    encoder = TableEncoder({"n0": "aside"})
    np.testing.assert_array_equal(
        encoder.fit_transform(pl.DataFrame(table)), clone(encoder).fit_transform(table)
    )
    assert "n0" not in encoder.sources_
