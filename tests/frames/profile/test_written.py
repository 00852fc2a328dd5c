"""Days written as text: their form is known, and where they lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.frames.profile.table import profile
from nbops.frames.profile.written import FORMS, PARTS, form_of, parsed, part_of, part_that_is


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_recognised_and_read(form: str) -> None:
    """What is written in a form is read as the moment that it is."""
    moments = pd.date_range("2023-01-27", periods=60, freq="D") + pd.Timedelta("5h")
    texts = moments.strftime(form).tolist()

    found = form_of(texts)

    assert found == form
    expected = pd.to_datetime(pd.Series(texts), format=form)
    expected = expected.dt.tz_localize(None).astype("datetime64[us]").astype("int64")
    values = parsed(texts, form)
    assert values is not None
    assert values.tolist() == expected.tolist()


@pytest.mark.parametrize("texts", [["2024-13-45"] * 9, ["12345678"] * 9, ["a", "b"], ["2024-01-01", ""] * 9, []])
def test_other_texts_have_no_form(texts: list[str]) -> None:
    """Numbers, words and days that there are not are no days."""
    assert form_of(texts) == ""


def test_a_profile_knows_the_weekdays_of_written_days() -> None:
    """The days of a column of text are counted like those of a column of dates."""
    days = pd.bdate_range("2024-01-01", periods=400).strftime("%Y-%m-%d")

    found = profile(pd.DataFrame({"day": days}))["day"].text

    assert found is not None
    assert found.moments is not None
    assert found.moments.weekdays[5:] == (0, 0)


def test_parts_are_those_of_pandas() -> None:
    """Year, month … of moments are what pandas says."""
    moments = pd.Series(pd.date_range("1969-12-30", periods=800, freq="37h", unit="us"))
    values = moments.astype("int64").to_numpy()
    expected = {
        "year": moments.dt.year, "month": moments.dt.month, "day": moments.dt.day, "hour": moments.dt.hour,
        "minute": moments.dt.minute, "weekday": moments.dt.day_of_week, "isoweekday": moments.dt.day_of_week + 1,
        "quarter": moments.dt.quarter, "day of year": moments.dt.day_of_year,
    }  # fmt: skip

    assert set(expected) == set(PARTS)
    assert all(np.array_equal(part(values), expected[name]) for name, part in PARTS.items())


def test_parts_on_another_clock_are_found() -> None:
    """Hours in New York are known as such, also where summer time begins; of moments without a zone they are not."""
    utc = pd.date_range("2024-01-01", periods=4_000, freq="h", tz="UTC")
    moments = utc.tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64")
    here = utc.tz_convert("America/New_York")

    assert part_that_is(moments, here.hour.to_numpy(), is_utc=True) == "hour in America/New_York"
    assert part_that_is(moments, here.hour.to_numpy(), is_utc=False) == ""
    assert part_that_is(moments, utc.hour.to_numpy(), is_utc=True) == "hour"
    exact = part_of("day in America/New_York")
    assert exact is not None
    assert np.array_equal(exact(moments), here.day.to_numpy())
    assert part_of("week in America/New_York") is None
    assert part_of("hour in Nowhere") is None
