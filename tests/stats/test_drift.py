"""Measures of drift: false alarms at equal distributions keep to the risk, real drifts are seen, sizes are right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbops.stats.chi_square import chi_square_above
from nbops.stats.drift import MEASURES, Sample, drift_of, holm
from nbops.stats.drift_delay import performance_under_delay
from nbops.stats.drift_together import drift_together

RISK = 0.05


def share_of_drifts(measure: str, rows: int, shift: float, pairs: int, floor: float = 0.0) -> float:
    """Return how often two normal samples, apart by *shift*, are found to differ."""
    rng = np.random.default_rng(31)
    found = 0
    for seed in range(pairs):
        sample = Sample.of_numbers(rng.normal(size=rows), rng.normal(shift, 1, rows))
        found += drift_of(sample, measure, floor=floor, seed=seed).is_drift(RISK)
    return found / pairs


@pytest.mark.parametrize("rows", [80, 700])
@pytest.mark.parametrize("measure", list(MEASURES))
def test_false_alarms_keep_to_the_risk(measure: str, rows: int) -> None:
    """Without any floor, at 5 %: of 150 pairs as many as this only once in a thousand such tests."""
    assert share_of_drifts(measure, rows, 0.0, 150) <= 0.113


@pytest.mark.slow
@pytest.mark.parametrize("measure", list(MEASURES))
def test_false_alarms_keep_to_the_risk_at_length(measure: str) -> None:
    """Three thousand pairs: at most 5 % and what chance adds to it."""
    assert share_of_drifts(measure, 300, 0.0, 3000) <= 0.0625


@pytest.mark.parametrize("measure", list(MEASURES))
def test_half_a_standard_deviation_is_seen_among_a_thousand(measure: str) -> None:
    """By every measure, with its usual floor."""
    assert share_of_drifts(measure, 1000, 0.5, 20, floor=0.1) == 1.0


def test_categories_that_are_alike_are_no_drift() -> None:
    """Twenty categories, most of them rare."""
    rng = np.random.default_rng(32)
    shares = 1 / np.arange(1, 21)
    draws = rng.multinomial(500, shares / shares.sum(), (400, 2)).astype(float)
    for measure in ("psi", "js", "chi_square"):
        alarms = sum(drift_of(Sample(None, *pair), measure, floor=0.0).is_drift(RISK) for pair in draws)

        assert alarms / 400 <= 0.085, measure


def test_sizes_are_those_of_the_textbook() -> None:
    """A shift by one standard deviation: KS 0.383, Wasserstein 1, and of two coins Cramér's V."""
    rng = np.random.default_rng(33)
    sample = Sample.of_numbers(rng.normal(size=100_000), rng.normal(1, 1, 100_000))
    coins = Sample(None, np.array([500.0, 500.0]), np.array([700.0, 300.0]))

    assert drift_of(sample, "ks").size == pytest.approx(math.erf(0.5 / math.sqrt(2)), abs=0.01)
    assert drift_of(sample, "wasserstein").size == pytest.approx(1.0, abs=0.02)
    assert drift_of(coins, "chi_square").size == pytest.approx(0.2041, abs=1e-3)
    assert drift_of(coins, "psi").size == pytest.approx(0.2 * math.log(0.7 / 0.5) - 0.2 * math.log(0.3 / 0.5), abs=2e-3)
    assert 0 < drift_of(coins, "js").size < 1


def test_probabilities_agree_with_scipy() -> None:
    """Of chi-square in its tails, of KS and chi-square of samples."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(34)
    one, other = rng.normal(size=400), rng.normal(0.15, 1, 300)
    table = np.array([[30.0, 50, 20], [45, 40, 35]])

    for value, degrees in ((0.1, 1), (3.0, 9), (900.0, 12), (60.0, 49)):
        assert chi_square_above(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=1e-9)
    assert drift_of(Sample.of_numbers(one, other), "ks").probability == pytest.approx(
        stats.ks_2samp(one, other).pvalue, rel=0.1
    )
    assert drift_of(Sample(None, *table), "chi_square").probability == pytest.approx(
        stats.chi2_contingency(table).pvalue, rel=1e-9
    )


def test_what_has_no_measure_is_refused() -> None:
    """An unknown measure, categories for a measure of numbers, nothing to compare."""
    categories = Sample(None, np.array([1.0]), np.array([1.0]))

    with pytest.raises(ValueError, match="unknown measure"):
        drift_of(categories, "kl")
    with pytest.raises(ValueError, match="needs numbers"):
        drift_of(categories, "ks")
    with pytest.raises(ValueError, match="empty"):
        drift_of(Sample.of_numbers([1.0], []))


def test_holm_is_no_smaller_than_each_and_no_larger_than_all() -> None:
    """Between the plain probability and that of Bonferroni; the order stays."""
    plain = [0.001, 0.2, 0.004, 0.9, 0.0005]
    found = holm(plain)

    assert all(p <= q <= min(1.0, 5 * p) for p, q in zip(plain, found, strict=True))
    assert sorted(range(5), key=found.__getitem__) == sorted(range(5), key=plain.__getitem__)


# ── together ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_classifier_cannot_tell_what_is_alike() -> None:
    """At 5 %, skewed columns and all."""
    rng = np.random.default_rng(35)
    alarms = 0
    for seed in range(100):
        one, other = rng.lognormal(size=(2, 120, 4))
        alarms += drift_together(one, other, floor=0.5, seed=seed).is_drift(RISK)

    assert alarms / 100 <= 0.13


@pytest.mark.parametrize("correlation", [0.5, -0.8])
def test_a_classifier_sees_a_correlation(correlation: float) -> None:
    """Which no column alone shows."""
    rng = np.random.default_rng(36)
    x, y, u, v = rng.normal(size=(4, 3000))
    together = np.column_stack([u, correlation * u + math.sqrt(1 - correlation**2) * v])

    assert drift_together(np.column_stack([x, y]), together).is_drift(0.001)


def test_a_classifier_needs_rows() -> None:
    """Nineteen teach nothing."""
    with pytest.raises(ValueError, match="20 rows"):
        drift_together(np.zeros((19, 2)), np.zeros((100, 2)))


# ── labels that come late ────────────────────────────────────────────────────────────────────────────────────────────


def late_labels(worse: float, seed: int = 37) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return predictions of twelve weeks; the wrong ones are known on the first day, the right ones within a month."""
    rng = np.random.default_rng(seed)
    made = np.repeat(np.arange(84.0), 60)
    share = np.where(made >= 77, 0.1 * worse, 0.1)
    wrong = (rng.random(len(made)) < share).astype(float)
    came = made + np.where(wrong > 0, rng.uniform(0, 1, len(made)), rng.uniform(0, 30, len(made)))
    return made, came, wrong


def test_errors_that_are_known_early_are_no_decay() -> None:
    """Last week looks three times as bad as the past, because the good news comes later; at its age it is usual."""
    found = performance_under_delay(*late_labels(1.0), now=84.0)
    newest, past = found[-1], found[-8]

    assert newest.error > 2.5 * past.error
    assert not newest.is_worse
    assert newest.is_judged
    assert newest.labelled / newest.predictions == pytest.approx(newest.usual_labelled, abs=0.06)


def test_a_model_that_got_worse_is_found_before_its_labels_are_complete() -> None:
    """Three times the errors, with two thirds of the labels still to come."""
    newest = performance_under_delay(*late_labels(3.0), now=84.0)[-1]

    assert newest.labelled < 0.5 * newest.predictions
    assert newest.is_worse


def test_nothing_is_judged_by_too_few() -> None:
    """The first periods have nothing to be compared with; one without a label has no error."""
    made, came, wrong = late_labels(1.0)
    found = performance_under_delay(made, np.where(made >= 77, np.nan, came), wrong, now=84.0)

    assert [one.is_judged for one in found[:3]] == [False] * 3
    assert not found[-1].is_judged
    assert math.isnan(found[-1].error)
