"""Dates as text: every way to read a column, and none that is a guess."""

import numpy as np
import pytest

from taut.compare import prepare
from taut.designs.dates import first_unread, form_of, readings
from taut.designs.encoder import TableEncoder
from taut.designs.from_frame import TableError
from taut.designs.kinds import base_kind

DAYS = np.arange("2011-01-25", "2011-02-20", dtype="datetime64[D]")


def written(form):
    return [day.strftime(form) for day in DAYS.tolist()]


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT00:00:00Z", "%Y%m%d",
        "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y %H:%M", "%m/%d/%y",
        "%m/%d/%Y %I:%M %p", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", " %d %B %Y ",
    ],
)  # fmt: skip
def test_a_common_form_is_read_in_one_way(form):
    (dates,) = readings(written(form))
    assert dates.dtype == np.dtype("datetime64[s]")
    np.testing.assert_array_equal(dates, DAYS)


def test_numbers_need_no_leading_zeros():
    (dates,) = readings(["1/2/2011", "1/31/2011"])
    np.testing.assert_array_equal(dates, np.array(["2011-01-02", "2011-01-31"], "datetime64[s]"))


def test_offsets_are_taken_to_utc():
    (dates,) = readings(["2011-01-01T00:30:00+01:00", "2011-06-01T00:00:00Z"])
    assert dates[0] == np.datetime64("2010-12-31T23:30:00")


def test_days_that_could_be_months_are_read_in_both_ways():
    one, other = readings(["1/2/2011", "3/4/2011"])
    assert {str(one[0])[:10], str(other[0])[:10]} == {"2011-01-02", "2011-02-01"}


@pytest.mark.parametrize("texts", [["Ulm", "Bonn"], ["2011-01-01", "soon"], ["31/31/2011"]])
def test_what_is_no_date_is_not_read(texts):
    assert readings(texts) == []


def test_the_first_row_that_is_no_date_is_found():
    assert first_unread(["1/31/2011", "2/1/2011", "soon"]) == 2
    assert first_unread(["Ulm", "1/1/2011"]) == 0


def ordered_by(days):
    count = len(days)
    table = {"x": np.arange(count) % 7.0, "day": days, "y": np.arange(count) ** 1.5}
    return prepare(table, "y", time="day")


def test_rows_follow_dates_in_a_common_form():
    backwards = written("%m/%d/%Y")[::-1]
    study = ordered_by(backwards)
    np.testing.assert_array_equal(study.y, (np.arange(len(backwards)) ** 1.5)[::-1])


def test_two_readings_of_the_same_order_are_no_matter():
    # First days of months, or January days of years: the order is one.
    months = [f"{month}/1/{year}" for year in (2011, 2012) for month in range(1, 13)]
    assert not ordered_by(months).rearranged


def test_two_readings_of_different_orders_are_refused():
    days = [f"{1 + i % 12}/{1 + 5 * i % 12}/2011" for i in range(24)]
    with pytest.raises(TableError, match=r"time: column 'day' can be read in two ways .'1/1/2011'"):
        ordered_by(days)


def test_the_row_that_is_no_date_is_named():
    days = written("%m/%d/%Y")
    days[7] = "soon"
    with pytest.raises(TableError, match=r"time: column 'day' must hold .* row 8 says 'soon'"):
        ordered_by(days)


def encoded(days):
    encoder = TableEncoder().fit({"day": days})
    return encoder, encoder.transform({"day": days})


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "%m/%d/%y %I:%M %p"])
def test_a_column_becomes_the_features_that_iso_dates_do(form):
    encoder, parts = encoded(written(form))
    iso, expected = encoded(written("%Y-%m-%d"))
    assert encoder.get_feature_names_out().tolist() == iso.get_feature_names_out().tolist()
    assert "day weekday" in encoder.get_feature_names_out()
    np.testing.assert_array_equal(parts, expected)


def test_a_new_table_is_read_as_the_training_table_was():
    encoder, _ = encoded(written("%m/%d/%Y"))
    month = encoder.get_feature_names_out().tolist().index("day month")
    # Alone, it could be the third of April as well.
    assert encoder.transform({"day": ["3/4/2011"]})[0, month] == 3
    assert encoder.transform({"day": [None]}).shape == (1, 2)
    with pytest.raises(TableError, match=r"written as 01/31/2024, but row 2 says '2011-02-01'"):
        encoder.transform({"day": ["2/1/2011", "2011-02-01"]})


def test_the_column_of_times_is_a_feature_in_any_form():
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        study = ordered_by(written(form))
        assert base_kind(study.kinds["day"]) == "date"
        said = " ".join(note.text for note in study.notes)
        assert "Dates turned into year, month" in said
    assert "Text read as dates: day ('01/25/2011' is 2011-01-25)" in said


def test_a_kind_names_a_known_form_only():
    assert form_of("date like %m/%d/%Y") == "%m/%d/%Y"
    assert form_of("date") is None
    assert form_of("date like %x") is None
    with pytest.raises(TableError, match=r"use one of .* or date like %m/%d/%Y"):
        TableEncoder(kinds={"day": "date like %x"}).fit({"day": written("%m/%d/%Y")})
