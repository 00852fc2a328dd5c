"""The files that are exported are judged by the tools they are for, and the verdicts are ours."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import venv
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from nbops.checks.suite import judge_table
from nbops.integrations.exchange import export_rules
from nbops.records import Status
from nbops.rules.rule import rule_of
from tests.checks.test_conformance import TABLE
from tests.integrations.test_exchange import MORE, SINGLE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
PEERS = {
    "pandera": ["pandera[io]", "pandas<3", "pyarrow"],
    "pointblank": ["pointblank", "pandas<3", "polars", "pyarrow"],
    "gx": ["great_expectations", "pyarrow"],
    "odcs": ["open-data-contract-standard"],
}
# rules that a peer fails and nbops passes, by the reason
STRICTER = {
    "gx": {
        "max: {column: price, low: 2.2, high: 2.2}": "it compares a decimal with the nearest float",
        "mean: {column: price, low: 0.79, high: 0.81}": "it has no mean of decimals",
        "dtype: {column: text, type: text}": "it does not know the text type of pandas 3",
    }
}


def environment(peer: str) -> Path:
    """Return the python of the peer's own environment, made once; where it cannot be installed, the test is skipped."""
    folder = Path(os.environ.get("NBOPS_TEST_PEERS", Path(tempfile.gettempdir()) / "nbops-peers")) / peer
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(
            [python, "-m", "pip", "install", "-q", *PEERS[peer]], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"{peer} cannot be installed here: {done.stderr[-300:]}")
        (folder / "complete").touch()
    return python


def judged_there(peer: str, texts: list[str], folder: Path) -> list[str]:
    """Return the peer's verdict on the table for each file."""
    pq.write_table(TABLE, folder / "table.parquet")
    (folder / "files.json").write_text(json.dumps(texts))
    script = Path(__file__).parent / "peer_judges.py"
    command = [environment(peer), script, peer, folder / "table.parquet", folder / "files.json"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=True)
    verdicts: list[str] = json.loads(done.stdout.splitlines()[-1])
    return verdicts


@pytest.mark.parametrize(
    ("kind", "peer", "least"),
    [("pandera", "pandera", 40), ("pandera-py", "pandera", 40), ("pointblank", "pointblank", 55), ("gx", "gx", 70)],
)
def test_the_peer_comes_to_our_verdict(kind: str, peer: str, least: int, tmp_path: Path) -> None:
    """On a table with nulls, NaN, infinities and odd names; a peer that cannot judge a rule may say so."""
    exported = [(check, export_rules([rule_of(check)], kind)) for check in [*SINGLE, *MORE]]
    carried = [(check, done.text) for check, done in exported if not done.left]
    theirs = judged_there(peer, [text for _, text in carried], tmp_path)
    frame = pd.read_parquet(tmp_path / "table.parquet")
    ours = [judge_table(frame, [check])[0].status for check, _ in carried]
    rules = [rule_of(check).text for check, _ in carried]
    wrong = {
        rule: (str(our), their)
        for rule, our, their in zip(rules, ours, theirs, strict=True)
        if their != our and not (our is Status.FAILED and their.startswith("error"))
    }

    assert len(carried) >= least
    assert set(wrong) == set(STRICTER.get(kind, {}))
    assert sum(their.startswith("error") for their in theirs) <= len(theirs) // 8


def test_a_contract_is_one_by_the_standards_own_model(tmp_path: Path) -> None:
    """The standard's reference library reads it, and finds every rule in it."""
    text = export_rules([rule_of(check) for check in [*SINGLE, *MORE]], "odcs", name="orders").text
    (tmp_path / "contract.yml").write_text(text, encoding="utf-8")
    code = (
        "import sys\nfrom open_data_contract_standard.model import OpenDataContractStandard as Contract\n"
        "found = Contract.from_file(sys.argv[1])\nprint(found.kind, found.schema_[0].name, found.model_extra)"
    )
    command = [environment("odcs"), "-c", code, tmp_path / "contract.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.split()[:2] == ["DataContract", "orders"], done.stderr
