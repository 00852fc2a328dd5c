"""What JupyterLab asks for jobs, and for adopting a notebook: the addresses, who may ask, and what is answered.

Every handler asks who is there and whether they may; a POST carries the token against forged requests, as everywhere
in Jupyter. A notebook is named by its path as the file browser shows it, and lies in the folder that the server shows.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, cast

from jupyter_core.paths import is_hidden
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from nbops.doors.server import form, job_runs
from nbops.errors import HubError, NbopsError, NotebookError, ReferenceNotFound, Refused, UsageError
from nbops.notebook.pipeline import read
from nbops.pipeline.step import Pipeline
from nbops.release.adopt import Adoption, propose
from nbops.settings import ENVIRONMENTS, load_settings
from nbops.store.project import find_project

__all__ = ["ROUTES"]

_STATUS: tuple[tuple[type[NbopsError], int], ...] = (
    (ReferenceNotFound, 404),
    (UsageError, 400),
    (Refused, 409),
    (HubError, 503),
)
_RUN = r"(?P<run>[0-9a-f]{32})"

Method = Callable[..., Awaitable[None]]
_may_read: Callable[[Method], Method] = cast("Any", authorized)("read")
_may_execute: Callable[[Method], Method] = cast("Any", authorized)("execute")


def _told(method: Method) -> Method:
    """Answer an error of nbops with what happened, where, and how to fix it."""

    @wraps(method)
    async def answered(self: _Handler, *arguments: str, **named: str) -> None:
        try:
            await method(self, *arguments, **named)
        except NbopsError as error:
            self.set_status(next((status for kind, status in _STATUS if isinstance(error, kind)), 500))
            self.finish({"message": error.what, "where": error.where, "fix": error.fix})

    return answered


class _Handler(APIHandler):
    auth_resource = "nbops"

    def file(self, path: object) -> Path:
        """Return the notebook at *path*, a path as the file browser shows it.

        Raises:
            NotebookError: There is none in the folder that the server shows.
        """
        root = Path(os.path.realpath(Path(self.contents_manager.root_dir).expanduser()))
        wanted = str(path or "").strip("/")
        if not wanted or "\0" in wanted:
            raise NotebookError("no notebook is named", fix="name one by its path in the file browser")
        file = Path(os.path.realpath(root / wanted))
        is_shown = file.is_relative_to(root) and (
            self.contents_manager.allow_hidden or not is_hidden(str(file), str(root))
        )
        if not is_shown or not file.is_file() or file.suffix not in (".ipynb", ".py"):
            raise NotebookError(
                f"there is no notebook {wanted!r} in the folder that this server shows",
                where=str(root),
                fix="save it there, and try again",
            )
        return file

    def asked(self) -> dict[str, Any]:
        """Return what was sent.

        Raises:
            UsageError: It is no object of JSON.
        """
        try:
            found = json.loads(self.request.body or b"{}")
        except ValueError as error:
            raise UsageError(f"what was sent is no JSON: {error}", fix="send an object") from error
        if not isinstance(found, dict):
            raise UsageError(f"what was sent is no object but {type(found).__name__}", fix="send an object")
        return found


class FormHandler(_Handler):
    """``GET nbops/jobs/form?path=``: the form of a notebook, and the run that could be gone on with."""

    @web.authenticated
    @_may_read
    @_told
    async def get(self) -> None:
        """Answer with fields, environments and the run to resume."""
        file, env = self.file(self.get_argument("path", "")), self.get_argument("env", "")
        self.finish(await asyncio.to_thread(_form, file, env))


def _form(file: Path, env: str) -> dict[str, Any]:
    pipeline = _pipeline(file)
    settings = load_settings(find_project(file).root, env=env or None)
    return {
        "name": pipeline.name,
        "fields": form.as_json(pipeline.parameters),
        "steps": [step.name for step in pipeline.steps],
        "problems": list(pipeline.problems),
        "environments": list(ENVIRONMENTS),
        "env": settings.env,
        "resume": job_runs.resumable(file, settings.env),
    }


def _pipeline(file: Path) -> Pipeline:
    return read(file, root=find_project(file).root)


def _values(asked: Mapping[str, Any]) -> dict[str, Any]:
    values = asked.get("values") or {}
    if not isinstance(values, dict):
        raise UsageError(f"the values are no object but {type(values).__name__}", fix='"values": {"name": "value"}')
    return values


class CheckHandler(_Handler):
    """``POST nbops/jobs/check``: what is wrong with the values as typed so far."""

    @web.authenticated
    @_may_read
    @_told
    async def post(self) -> None:
        """Answer with an error for each parameter that is wrong."""
        asked = self.asked()
        file, values = self.file(asked.get("path")), _values(asked)
        pipeline = await asyncio.to_thread(_pipeline, file)
        self.finish({"errors": form.errors_of(pipeline.parameters, values)})


class JobsHandler(_Handler):
    """``GET nbops/jobs?path=``: the newest job of a notebook. ``POST nbops/jobs``: start one."""

    @web.authenticated
    @_may_read
    @_told
    async def get(self) -> None:
        """Answer with what became of it; null when there is none."""
        self.finish({"job": await asyncio.to_thread(job_runs.newest, self.file(self.get_argument("path", "")))})

    @web.authenticated
    @_may_execute
    @_told
    async def post(self) -> None:
        """Start it and answer with its run, or with what is wrong beside which field."""
        asked = self.asked()
        file, values, resumes = self.file(asked.get("path")), _values(asked), str(asked.get("resumes") or "")
        if not resumes:
            pipeline = await asyncio.to_thread(_pipeline, file)
            errors = form.errors_of(pipeline.parameters, values)
            if errors:
                self.set_status(400)
                self.finish({"message": "some parameters are wrong", "errors": errors})
                return
        env = str(asked.get("env") or "")
        run = await asyncio.to_thread(job_runs.start, file, values, env=env, resumes=resumes)
        self.set_status(201)
        self.finish({"run": run})


class JobHandler(_Handler):
    """``GET nbops/jobs/RUN?path=``: what became of one job."""

    @web.authenticated
    @_may_read
    @_told
    async def get(self, run: str) -> None:
        """Answer with its steps and its verdict."""
        self.finish(await asyncio.to_thread(job_runs.state_of, self.file(self.get_argument("path", "")), run))


class StopHandler(_Handler):
    """``POST nbops/jobs/RUN/stop``: interrupt it, as Ctrl-C in its terminal would."""

    @web.authenticated
    @_may_execute
    @_told
    async def post(self, run: str) -> None:
        """Ask it to stop, and answer whether it is over already."""
        self.finish({"has_ended": await asyncio.to_thread(job_runs.stop, self.file(self.asked().get("path")), run)})


class ExecutedHandler(_Handler):
    """``GET nbops/jobs/RUN/notebook?path=``: the executed notebook, which lies in a hidden folder."""

    @web.authenticated
    @_may_read
    @_told
    async def get(self, run: str) -> None:
        """Answer with its content."""
        place = await asyncio.to_thread(job_runs.executed_notebook, self.file(self.get_argument("path", "")), run)
        content = await asyncio.to_thread(place.read_bytes)
        self.set_header("Content-Type", "application/json")
        self.finish(content)


class AdoptHandler(_Handler):
    """``POST nbops/adopt``: what adopting the document would change, as it stands on the page. Nothing is written."""

    @web.authenticated
    @_may_read
    @_told
    async def post(self) -> None:
        """Answer with the diff, what is proposed, and the cells as they would be."""
        asked = self.asked()
        name = Path(str(asked.get("path") or "notebook.ipynb")).name
        self.finish(await asyncio.to_thread(_adopted, name, asked.get("content")))


def _adopted(name: str, content: object) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{Path(name).stem or 'notebook'}.ipynb"  # a script's cells travel as a notebook's, too
        file.write_text(json.dumps(content), encoding="utf-8")
        try:
            adoption = propose(file)
        except NbopsError as error:
            raise type(error)(error.what, where=error.where.replace(str(file), name), fix=error.fix) from error
    return _as_json(adoption)


def _as_json(adoption: Adoption) -> dict[str, Any]:
    return {
        "diff": adoption.diff,
        "steps": [{"name": step.name, "why": step.why, "is_sink": step.is_sink} for step in adoption.steps],
        "parameters": list(adoption.parameters),
        "remarks": list(adoption.remarks),
        "cells": json.loads(adoption.content)["cells"] if adoption.changes_something else [],
    }


ROUTES: tuple[tuple[str, type[APIHandler]], ...] = (
    (r"jobs", JobsHandler),
    (r"jobs/form", FormHandler),
    (r"jobs/check", CheckHandler),
    (rf"jobs/{_RUN}", JobHandler),
    (rf"jobs/{_RUN}/stop", StopHandler),
    (rf"jobs/{_RUN}/notebook", ExecutedHandler),
    (r"adopt", AdoptHandler),
)
"""The addresses below ``nbops/``, and who answers there."""
