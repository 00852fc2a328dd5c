"""Measure every bar, print the table and write it to ``docs/benchmarks.md``. Exits with 1 when a bar is not met."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import (
    bench_cell,
    bench_checks,
    bench_difference,
    bench_hub,
    bench_hub_page,
    bench_lab,
    bench_observing,
    bench_parts,
    bench_profile,
    bench_recovery,
    bench_report,
    bench_rows,
    bench_run,
    bench_scale,
    bench_spc,
    bench_synthesis,
)
from tests.bench.measuring import Bar

PAGE = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"
SUITES = {
    "cell": bench_cell.measure,
    "parts": bench_parts.measure,
    "checks": bench_checks.measure,
    "report": bench_report.measure,
    "lab": bench_lab.measure,
    "observing": bench_observing.measure,
    "profile": bench_profile.measure,
    "synthesis": bench_synthesis.measure,
    "difference": bench_difference.measure,
    "run": bench_run.measure,
    "scale": bench_scale.measure,
    "recovery": bench_recovery.measure,
    "rows": bench_rows.measure,
    "spc": bench_spc.measure,
    "hub": bench_hub.measure,
    "hub_page": bench_hub_page.measure,
}
INTRODUCTION = """# Benchmarks

Written by `make bench`. Ratios are measured side by side in one run, the two sides taking turns; medians are compared.
A bar is the most that the measured value may be.
"""


def machine() -> str:
    """Return the machine and the versions that were measured, in one line."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    packages = ", ".join(f"{name} {version(name)}" for name in ("papermill", "nbclient", "ipykernel", "pandas"))
    return f"{os.cpu_count()} cores ({model}), {platform.system()}, Python {platform.python_version()}, {packages}"


def table(bars: list[Bar]) -> str:
    """Return the bars as a Markdown table."""
    lines = ["| what | measured | bar | holds | medians |", "|---|---:|---:|---|---|"]
    for bar in bars:
        holds = "yes" if bar.holds else "**no**"
        lines.append(
            f"| {bar.what} | {bar.value:.2f} {bar.unit} | ≤ {bar.limit:g} {bar.unit} | {holds} | {bar.detail} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure the suites that were asked for; write the page only when all were."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("suites", nargs="*", default=list(SUITES), help=f"of {', '.join(SUITES)}; all by default")
    chosen = parser.parse_args().suites
    bars = [bar for name in chosen for bar in SUITES[name]()]
    print(table(bars))
    if set(chosen) == set(SUITES):
        day = datetime.now(UTC).strftime("%Y-%m-%d")
        PAGE.write_text(f"{INTRODUCTION}\nMeasured on {day}: {machine()}.\n\n{table(bars)}\n", encoding="utf-8")
    return 0 if all(bar.holds for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
