"""``nbops hub copy``, as one types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbops.doors.cli import main
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.project import Project
from nbops.testing import records
from tests.store.contents import write


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Call nbops; return its exit code, and what it wrote to each stream."""
    with pytest.raises(SystemExit) as ended:
        main.main(list(words))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_a_copy_says_what_arrived_and_what_to_type_next(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first copy brings all, the second nothing; JSON tells the numbers."""
    write(Project(project), *records(run="a"), *records(run="b"))
    with open_hub(Project(project)) as hub:
        ingest(hub, Project(project))
    code, out, _ = typed(capsys, "hub", "copy", ".nbops/hub.db", "team.db")
    again = typed(capsys, "hub", "copy", ".nbops/hub.db", "team.db", "--json")[1]

    assert code == 0
    assert "holds all 16 records of 2 runs" in out
    assert f"NBOPS_HUB={project / 'team.db'}" in out
    assert json.loads(again) | {"from": "", "to": ""} == {"from": "", "to": "", "records": 16, "added": 0, "runs": 2}


@pytest.mark.parametrize(
    ("source", "target", "what"),
    [
        ("nowhere.db", "team.db", "there is no hub"),
        ("team.db", "./team.db", "not copied into itself"),
        ("team.db", "mysql://ada:geheim@h/x", "cannot be kept in mysql"),
    ],
)
def test_a_copy_that_makes_no_sense_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], source: str, target: str, what: str
) -> None:
    """A source that is not there, a target that is the source, an address of something else: nothing is made."""
    open_hub(Project(project), "team.db").close()
    code, out, err = typed(capsys, "hub", "copy", source, target)

    assert code == 4
    assert what in err
    assert "geheim" not in out + err
    assert not (project / "nowhere.db").exists()
