"""What references mean."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from nbops.errors import ReferenceNotFound, UsageError
from nbops.records import RunStarted
from nbops.store.hub import Hub
from nbops.store.lookup import find_notebook, resolve
from nbops.testing import records
from tests.store.conftest import Hubs

NOON = datetime.datetime(2025, 11, 20, 12, 0).astimezone().timestamp()
DAY = 86_400.0


@pytest.fixture
def hub(hubs: Hubs) -> Iterator[Hub]:
    """Give a hub of a few runs on three days."""
    runs = [
        records("reports/sales.ipynb", run="a1aa", at=NOON - DAY),
        records("reports/sales.ipynb", run="a2bb", at=NOON, failing="clean"),
        records("reports/sales.ipynb", run="b3cc", at=NOON + DAY, env="prod"),
        records("stock.ipynb", run="c4dd", at=NOON + 2 * DAY),
        records("old/stock.ipynb", run="d5ee", at=NOON - 3 * DAY, failing="load"),
        [RunStarted(NOON + 9 * DAY, "e6ff", notebook="lab.ipynb"), RunStarted(NOON + 9 * DAY, "e7ff", notebook=None)],
    ]
    with hubs.holding(*runs) as found:
        yield found


@pytest.mark.parametrize(
    ("ref", "run"),
    [
        ("", "c4dd"),
        ("last", "c4dd"),
        ("last-failed", "a2bb"),
        ("@last-failed", "a2bb"),
        ("sales", "b3cc"),
        ("reports/sales", "b3cc"),
        ("reports/sales.ipynb", "b3cc"),
        ("./reports/sales.ipynb", "b3cc"),
        ("sales@last", "b3cc"),
        ("sales@last-failed", "a2bb"),
        ("sales@last-good", "b3cc"),
        ("sales@2025-11-20", "a2bb"),
        ("@2025-11-19", "a1aa"),
        ("sales@prod", "b3cc"),
        ("sales@dev", "a2bb"),
        ("sales@a1", "a1aa"),
        ("a1aa", "a1aa"),
        ("a2b", "a2bb"),
        ("stock", "c4dd"),
        ("old/stock", "d5ee"),
        ("lab", "e6ff"),
    ],
)
def test_a_reference_finds_its_run(hub: Hub, ref: str, run: str) -> None:
    """Tails of paths, words, days, environments and beginnings of ids all lead to one run."""
    assert resolve(hub, ref).state.run == run


def test_a_reference_leads_inside_a_run(hub: Hub) -> None:
    """A step and a test are found by their names."""
    found = resolve(hub, "sales@a2::clean::ids are unique")

    assert (found.state.run, found.step, found.test) == ("a2bb", "clean", "ids are unique")


@pytest.mark.parametrize(
    ("ref", "what", "fix"),
    [
        ("slaes", "neither a notebook that ran nor a run", "did you mean 'sales'"),
        ("load", "neither a notebook that ran nor a run", "did you mean '::load', the step of the newest run?"),
        ("nothing@last", "no run of a notebook 'nothing'", "nbops runs"),
        ("sales@2020-01-01", "no run of reports/sales that '2020-01-01' could mean", "nbops runs"),
        ("sales@c4", "run c4dd is not one of reports/sales but of stock", ""),
        ("stock@last-failed", "no run of stock", "nbops runs"),
        ("sales@a", "'a' begins more than one run: a1aa, a2bb", "type more of the id"),
        ("sales@ff", "no run begins with 'ff'", "nbops runs"),
        ("sales::laod", "no step 'laod'", "did you mean 'load'"),
        ("sales::load::ids", "no test 'ids'", "ids are unique"),
    ],
)
def test_a_reference_that_finds_nothing_says_what_to_type(hub: Hub, ref: str, what: str, fix: str) -> None:
    """The error names what was typed, where was looked, and what is near."""
    with pytest.raises(ReferenceNotFound) as caught:
        resolve(hub, ref)

    assert what in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.where


def test_an_ambiguous_tail_shows_both_full_names(hubs: Hubs) -> None:
    """A name that two notebooks share is never guessed."""
    with hubs.holding(records("a/sales.ipynb"), records("b/sales.ipynb")) as hub:
        with pytest.raises(ReferenceNotFound, match=r"a/sales, b/sales"):
            resolve(hub, "sales")
        assert resolve(hub, "a/sales").state.name == "a/sales"


def test_a_name_that_is_a_notebook_and_a_run_is_ambiguous(hubs: Hubs) -> None:
    """Both are shown; the notebook is meant when a run is named with it."""
    with hubs.holding(records("feed.ipynb", run="1234"), records("x.ipynb", run="feed99")) as hub:
        with pytest.raises(ReferenceNotFound, match="feed, the run feed99"):
            resolve(hub, "feed")
        assert resolve(hub, "feed@last").state.run == "1234"


def test_an_environment_narrows_what_last_means(hub: Hub) -> None:
    """With an environment only its runs are looked at, unless an id is given."""
    assert resolve(hub, "sales", env="dev").state.run == "a2bb"
    assert resolve(hub, "b3cc", env="dev").state.run == "b3cc"
    with pytest.raises(ReferenceNotFound, match="in test"):
        resolve(hub, "sales", env="test")


def test_a_reference_with_an_empty_part_is_a_usage_error(hub: Hub) -> None:
    """Half a reference is no reference."""
    with pytest.raises(UsageError, match="a part of it is empty"):
        resolve(hub, "sales@")


def test_an_empty_hub_says_that_it_is_empty(hubs: Hubs) -> None:
    """Nothing ran yet."""
    with hubs.holding() as hub, pytest.raises(ReferenceNotFound, match="no run that 'last' could mean"):
        resolve(hub, "")


def test_a_notebook_that_never_ran_is_unknown(hub: Hub) -> None:
    """Asking for a notebook by name is no error."""
    assert find_notebook(hub, "never") is None
    assert find_notebook(hub, "sales") == "reports/sales.ipynb"
