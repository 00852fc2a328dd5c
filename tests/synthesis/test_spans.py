"""Numbers from spans: on their grid, spread like the quantiles, and none that is rare where another is in reach."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from nbops.frames.profile.hashing import hash_numbers
from nbops.frames.profile.rare import Rare
from nbops.frames.profile.sketch import Quantiles
from nbops.synthesis.spans import Spans, shares_of_places, spans_of_counts, spans_of_quantiles
from nbops.synthesis.streams import Stream


def drawn(spans: Spans, rows: int = 20_000) -> np.ndarray:
    """Return numbers that were drawn."""
    stream = Stream(1, "x")
    return spans.numbers(spans.draw(stream.shorts(rows), stream))


@given(st.lists(st.integers(-(10**6), 10**6), min_size=300, max_size=600))
@settings(max_examples=25, deadline=None)
def test_rare_whole_numbers_do_not_come_again(numbers: list[int]) -> None:
    """Of numbers that stand once each, none is drawn; those that are drawn are whole and lie between them."""
    ordered = np.sort(np.array(numbers))
    spans = Spans(spans_of_quantiles(Quantiles.of(ordered), 1), 1, Rare.of(hash_numbers(np.unique(ordered))))

    found = drawn(spans, 2_000)

    assert found.dtype == np.int64
    assert found.min() >= ordered[0]
    assert found.max() <= ordered[-1]
    assert spans.dense or not np.isin(found, ordered).any()


@given(st.dictionaries(st.integers(0, 3_000), st.integers(1, 60), min_size=1, max_size=200))
@settings(max_examples=50, deadline=None)
def test_of_few_numbers_only_those_of_ten_rows_come_again(counts: dict[int, int]) -> None:
    """A number of fewer rows is not drawn, unless nothing else is in reach."""
    rare = np.array([value for value, rows in counts.items() if rows < 10], dtype="int64")
    often = [value for value, rows in counts.items() if rows >= 10]
    spans = Spans(spans_of_counts(list(counts.items()), 1), 1, Rare.of(hash_numbers(rare)), often)

    found = drawn(spans, 2_000)

    assert spans.dense or not np.isin(found, rare).any()


def test_prices_keep_their_digits_and_their_distribution() -> None:
    """Two digits stay two digits, and the quantiles stay where they are."""
    prices = np.sort(np.random.default_rng(1).gamma(2, 40, 50_000).round(2))

    found = drawn(Spans(spans_of_quantiles(Quantiles.of(prices), 100), 100), 50_000)

    assert (np.round(found, 2) == found).all()
    grid = np.linspace(0, 400, 200)
    shares = [np.searchsorted(np.sort(one), grid) / len(one) for one in (found, prices)]
    assert np.abs(shares[0] - shares[1]).max() < 0.01


def test_common_numbers_come_though_the_filter_may_hold_them() -> None:
    """The filter of rare numbers errs on some that are not; those that are known to be common are drawn."""
    counts = {value: 3 if value % 2 else 400 for value in range(200)}
    rare = Rare.of(hash_numbers(np.arange(1, 200, 2)))

    found = drawn(Spans(spans_of_counts(list(counts.items()), 1), 1, rare, range(0, 200, 2)))

    assert set(found.tolist()) == set(range(0, 200, 2))


def test_a_dense_range_is_told() -> None:
    """Where every number in reach is rare, the range is drawn from, and that is known."""
    spans = Spans(spans_of_counts([(value, 3) for value in range(8)], 1), 1, Rare.of(hash_numbers(np.arange(8))))

    assert set(drawn(spans).tolist()) <= set(range(8))
    assert spans.dense


def test_shares_go_by_weight() -> None:
    """Each thing gets the share of the places that its weight is of all."""
    table = shares_of_places([1, 2, 5])

    assert (np.bincount(table) / len(table)).round(4).tolist() == [0.125, 0.25, 0.625]
