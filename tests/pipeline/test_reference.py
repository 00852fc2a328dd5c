"""References as people type them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nbops.errors import UsageError
from nbops.pipeline.reference import Ref, notebook_name, parse


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("", Ref()),
        ("sales", Ref("sales")),
        ("reports/sales.ipynb", Ref("reports/sales")),
        ("./sales.py", Ref("sales")),
        ("sales@last-failed", Ref("sales", "last-failed")),
        ("@prod", Ref("", "prod")),
        ("a@b/sales@7f3a", Ref("a@b/sales", "7f3a")),
        ("sales::clean", Ref("sales", "", "clean")),
        ("::clean", Ref("", "", "clean")),
        ("sales@7f3a::clean::a::b @ c", Ref("sales", "7f3a", "clean", "a::b @ c")),
        (" sales @ last ", Ref("sales", "last")),
    ],
)
def test_a_reference_is_read(text: str, ref: Ref) -> None:
    """Each part stands where the grammar says."""
    assert parse(text) == ref


@pytest.mark.parametrize("text", ["sales@", "sales::", "sales@::clean", "sales::clean::", "sales:: ::test"])
def test_a_part_that_was_begun_must_not_be_empty(text: str) -> None:
    """The error shows how a reference is written."""
    with pytest.raises(UsageError, match="a part of it is empty") as caught:
        parse(text)

    assert caught.value.fix == "write NB[@RUN][::STEP[::TEST]]"


names = st.text("abc/._-", min_size=1).map(str.strip).filter(bool)


@given(
    names.map(notebook_name).filter(bool), st.sampled_from(["", "last", "7f3a"]), names, st.sampled_from(["", "a::b"])
)
def test_what_a_reference_prints_is_read_back(notebook: str, run: str, step: str, test: str) -> None:
    """A reference survives being typed again."""
    ref = Ref(notebook_name(notebook), run, step, test)
    assume(ref.notebook == notebook_name(ref.notebook))  # not so for a.py.py, which nobody can mean twice

    assert parse(str(ref)) == ref
