"""Datasets as Python functions: ``nbops.changelog("sales/orders")``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbops.doors.verbs import charts_in, hub
from nbops.errors import ReferenceNotFound, UsageError
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.structure.changelog import Changelog
from nbops.store.datasets import SeveralDatasets, changelog_of, datasets_of_notebook, find_dataset
from nbops.store.describing import described, dictionary_file, known_changelog, known_dictionary, with_declared

if TYPE_CHECKING:
    from nbops.doors.charts import Charts
    from nbops.settings import Settings
    from nbops.store.hub import Hub
    from nbops.store.project import Project

__all__ = [
    "changelog",
    "dataset_in",
    "dictionary_of",
    "said_of_columns",
    "show_changelog",
    "since_then",
]


def changelog(dataset: str, *, env: str = "") -> Changelog:
    """Return how the structure of a dataset changed, run by run, and what is known of it now.

    Args:
        dataset: ``NB/DATASET``, or the name alone where it is the only one; ``::STEP`` where several steps leave it.
        env: The environment; that of the newest run by default.

    Raises:
        ReferenceNotFound: There is no such dataset, or more than one.

    Example::

        for entry in nbops.changelog("sales/orders").entries:
            print(entry.run, [(change.kind, change.column) for change in entry.changes])
    """
    with hub() as found:
        return known_changelog(found, dataset, env=env)


def dataset_in(found: Hub, ref: str, *, env: str = "") -> tuple[Changelog | None, Charts | None]:
    """Return the change log and the control charts that *ref* names in a hub; None for what it does not name.

    Raises:
        ReferenceNotFound: It names a notebook that ran, and nothing that its runs tell of; or several datasets.
    """
    try:
        log = known_changelog(found, ref, env=env)
    except SeveralDatasets:
        charts = charts_in(found, ref, env)
        if charts is None:
            raise
        return None, charts
    except (ReferenceNotFound, UsageError):  # then it is a metric, a step, a notebook or a run
        return None, charts_in(found, ref, env)
    try:
        return log, charts_in(found, ref, env)
    except ReferenceNotFound:  # its structure is known, and too little of its runs
        return log, None


def dictionary_of(found: Hub, dataset: str, settings: Settings, *, env: str = "") -> tuple[Path, str]:
    """Return where the data dictionary of a dataset belongs, and its text as it should stand now.

    Raises:
        ReferenceNotFound: There is no such dataset, or more than one.
        UsageError: The dictionary that stands there cannot be brought up to date.
    """
    ref, _ = find_dataset(found, dataset, env=env)
    root = found.project.root
    log = with_declared(root, ref, changelog_of(found, ref))
    return dictionary_file(root, ref), described(root, ref, log, owner=settings.owner)


def since_then(log: Changelog, at: float) -> Changelog:
    """Return *log* without what runs changed that began before *at*, in seconds since 1970."""
    return replace(log, entries=tuple(entry for entry in log.entries if entry.at >= at))


def said_of_columns(found: Hub, dataset: str, *, env: str = "") -> dict[str, str]:
    """Return what people wrote of the columns of a dataset, by name."""
    ref, _ = find_dataset(found, dataset, env=env)
    columns = known_dictionary(found.project.root, ref).columns
    return {name: f"{said.meaning}{f' [{said.unit}]' if said.unit else ''}" for name, said in columns.items()}


def show_changelog(name: str, project: Project, settings: Settings, notebook: str = "") -> None:
    """Show the change log of a dataset below the cell that asks.

    Args:
        name: The dataset; the name of a variable alone means that of this notebook, when it makes one.
        project: The project whose hub knows it.
        settings: The project's settings.
        notebook: This notebook; empty when unknown.

    Raises:
        ReferenceNotFound: There is no such dataset, or more than one.
    """
    import io

    from IPython.display import display
    from rich.console import Console

    from nbops.doors.verbs import open_and_ingest
    from nbops.views.structure_html import changelog_html
    from nbops.views.structure_terminal import changelog_view

    with open_and_ingest(project, settings.hub)[0] as found:
        own = f"{notebook_name(project.relative(notebook))}/{name}" if notebook and "/" not in name else ""
        known = {ref.full for ref in datasets_of_notebook(found, project.relative(notebook), env="")} if own else set()
        name = own if own.partition("::")[0] in known else name
        log, said = known_changelog(found, name), said_of_columns(found, name)
    text = io.StringIO()
    plain = Console(file=text, width=120, color_system=None, force_terminal=False, force_jupyter=False, markup=False)
    plain.print(changelog_view(log))
    display({"text/html": changelog_html(log, said), "text/plain": text.getvalue()}, raw=True)
