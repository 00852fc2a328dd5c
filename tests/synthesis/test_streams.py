"""Random bits: the same in every process, whatever its hashing and its threads; a golden digest keeps them for ever."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from nbops.synthesis.streams import Stream, Streams

PROBE = """
import hashlib, pandas as pd
from tests.synthesis.tables import reckoned
from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import profile
from nbops.synthesis.people import parts_of
from nbops.synthesis.table import Maker
found = profile_from_json(profile_to_json(profile(reckoned(2_000), name="reckoned")))
made = Maker(found, 7, parts_of(), 3_000).make(3_000)
print(hashlib.sha256(made.to_csv(index=False).encode()).hexdigest())
"""
GOLDEN = "9f3dec1d6ddffe4d80397042e390c3e3a406b4a0b35dc6435b4c06f2cfd6bf26"


def digest(seed: str, threads: str) -> str:
    """Return the digest of a table that another process made."""
    env = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads,
           "PYTHONWARNINGS": "ignore"}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", PROBE], env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_every_process_makes_the_same_table() -> None:
    """The seed of Python's hashes and the number of threads change nothing, and neither does the machine."""
    assert {digest("1", "1"), digest("4242", "4")} == {GOLDEN}


def test_the_bits_are_those_of_ever() -> None:
    """The first numbers of a stream are known: another version of NumPy must draw the same."""
    assert Stream(1, "orders", "id", "value").shorts(4).tolist() == [1102, 5540, 14282, 34843]
    assert hashlib.sha256(Stream(0, "ü").longs(100).astype("<u8").tobytes()).hexdigest()[:16] == "792d1ac78ccb3637"


def test_each_purpose_has_its_own_bits() -> None:
    """Streams of different names share nothing, and one goes on where it ended."""
    streams = Streams(3, "t")

    first, second = streams.of("a", "value").longs(5), streams.of("a", "value").longs(5)

    assert not set(first.tolist()) & set(second.tolist())
    assert first.tolist() != streams.of("a", "null").longs(5).tolist()


@pytest.mark.parametrize("limit", [1, 2, 10, 1_000_003, 2**32, 2**40, 2**52])
def test_numbers_below_a_limit_fill_it_evenly(limit: int) -> None:
    """All lie below, and their mean is in the middle."""
    found = Stream(1, "x").below(limit, 20_000)

    assert found.min() >= 0
    assert found.max() < limit
    assert abs(found.mean() - (limit - 1) / 2) <= 4 * limit / np.sqrt(12 * 20_000)


def test_each_number_may_have_its_own_limit() -> None:
    """An array of limits is kept place by place."""
    limits = np.arange(1, 5_000)

    assert (Stream(1, "x").below(limits, len(limits)) < limits).all()


def test_shuffled_holds_each_number_once() -> None:
    """A random order leaves nothing out."""
    assert sorted(Stream(1).shuffled(500).tolist()) == list(range(500))
