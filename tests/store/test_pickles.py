"""Pickles: links to what is kept elsewhere, cloudpickle where pickle cannot, figures without their window."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from nbops.store.pickles import CouldNotKeep, linking, pickled, resolving, unpickled


def test_a_linked_value_is_not_written_and_is_the_same_object_again() -> None:
    """What is big and kept on its own is written once."""
    rows = ["x" * 1000]
    with linking({id(rows): ("rows", rows)}):
        data, linked = pickled({"rows": rows, "n": 1})
    with resolving({"rows": rows}):
        back = unpickled(data)

    assert len(data) < 100
    assert linked == {"rows": rows}
    assert back["rows"] is rows


def test_a_link_that_leads_nowhere_is_an_error() -> None:
    """Nothing is put in its place."""
    rows = [1]
    with linking({id(rows): ("rows", rows)}):
        data, _ = pickled((rows,))

    with pytest.raises(LookupError, match="it holds rows, which is not there"):
        unpickled(data)


def test_what_pickle_cannot_cloudpickle_can() -> None:
    """Lambdas, and functions and classes that were made inside a function."""
    base = 3

    class Adder:
        """Adds what is around it."""

        def add(self, number: int) -> int:
            """Add it."""
            return number + base

    double, adder = unpickled(pickled((lambda number: 2 * number, Adder()))[0])

    assert (double(5), adder.add(5)) == (10, 8)


class Model:
    """Something deep inside which is what no pickle holds."""

    def __init__(self) -> None:
        self.weights = {"first": [1.0], "second": [threading.Lock()]}


def test_the_attribute_at_fault_is_named() -> None:
    """The way to it is written as one would type it."""
    with pytest.raises(CouldNotKeep, match=r"\.weights\['second'\]\[0\] \(lock\) cannot be pickled"):
        pickled(Model())


FIGURE = """
import sys, matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from nbops.store.pickles import pickled, unpickled
figure, axes = plt.subplots()
axes.plot([1, 2, 3], label="sales")
data, _ = pickled([figure, axes])
plt.close("all")
figure, axes = unpickled(data)
figure.savefig(sys.argv[1])
axes.set_title("later")
print(plt.get_fignums(), axes.figure is figure, axes.lines[0].get_label(), figure.axes[0].get_title())
"""


def test_a_figure_comes_back_with_its_axes_and_opens_no_window(tmp_path: Any) -> None:
    """It can be saved and drawn on; pyplot knows nothing of it, so it is not shown a second time."""
    pytest.importorskip("matplotlib")
    picture = tmp_path / "figure.png"
    done = subprocess.run([sys.executable, "-c", FIGURE, str(picture)], capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("[] True sales later", "")
    assert picture.read_bytes()[:4] == b"\x89PNG"
