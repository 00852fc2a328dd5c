"""Run in a peer's own environment: judges a table by exported rules and prints one verdict for each file.

``python peer_judges.py PEER TABLE.parquet FILES.json``: FILES holds the texts of the files, one rule in each.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


def pandera(frame: Any, text: str) -> str:
    """Return what pandera says; code is run here, since it is our own."""
    import pandera.pandas as pa

    if text.startswith("schema_type"):
        schema = pa.DataFrameSchema.from_yaml(text)
    else:
        names: dict[str, Any] = {}
        exec(text, names)
        schema = names["schema"]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            schema.validate(frame, lazy=True)
        except (pa.errors.SchemaErrors, pa.errors.SchemaError):
            return "failed"
    return "warned" if any(issubclass(w.category, pa.errors.SchemaWarning) for w in seen) else "passed"


def pointblank(frame: Any, text: str) -> str:
    """Return what Pointblank says of the steps' thresholds."""
    import pointblank
    import yaml

    plan = yaml.safe_load(text)
    frame.to_parquet("table.parquet")
    plan["tbl"] = "table.parquet"
    done = pointblank.yaml_interrogate(yaml.safe_dump(plan))
    steps = done.validation_info
    if any(step.eval_error for step in steps):
        return "error"
    if any(step.error or step.critical for step in steps):
        return "failed"
    return "warned" if any(step.warning for step in steps) else "passed"


def gx(frame: Any, text: str) -> str:
    """Return what Great Expectations says."""
    import great_expectations

    context = great_expectations.get_context(mode="ephemeral")
    suite = great_expectations.ExpectationSuite(**json.loads(text))
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("t")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame})
    done = batch.validate(suite)
    if any((one.exception_info or {}).get("raised_exception") for one in done.results):
        return "error"
    levels = [one.expectation_config.severity for one in done.results if not one.success]
    if not levels:
        return "passed"
    return "failed" if any(str(getattr(level, "value", level)) == "critical" for level in levels) else "warned"


def main(peer: str, table: str, files: str) -> None:
    """Judge, and print the verdicts as JSON."""
    import pandas

    judge: Callable[[Any, str], str] = {"pandera": pandera, "pointblank": pointblank, "gx": gx}[peer]
    verdicts = []
    for text in json.loads(Path(files).read_text()):
        try:
            verdicts.append(judge(pandas.read_parquet(table), text))
        except Exception as error:  # noqa: BLE001 - whatever a peer raises, the others are judged
            verdicts.append(f"error: {type(error).__name__}: {str(error)[:200]}")
    print("\n" + json.dumps(verdicts))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:4])
