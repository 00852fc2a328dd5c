"""A real kernel to type cells into, and the records that it journals."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from nbops.records import STEP_MIME, StepFinished
from nbops.store.journal import read_entries

TIMEOUT = 60


@dataclass
class Reply:
    """What one cell gave: the status of its reply, and its outputs in order."""

    status: str
    outputs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stdout(self) -> str:
        """What it printed."""
        return "".join(o["text"] for o in self.outputs if o.get("name") == "stdout")

    @property
    def stderr(self) -> str:
        """What it printed to stderr."""
        return "".join(o["text"] for o in self.outputs if o.get("name") == "stderr")

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Its tracebacks."""
        return [o for o in self.outputs if "ename" in o]

    @property
    def traceback(self) -> str:
        """The text of all its tracebacks, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(line for e in self.errors for line in e["traceback"]))

    @property
    def value(self) -> str | None:
        """The text of its last expression."""
        return next((o["data"]["text/plain"] for o in self.outputs if "execution_count" in o and "data" in o), None)

    @property
    def record(self) -> Mapping[str, Any]:
        """The step's record in its outputs."""
        found: Mapping[str, Any] = next(o["data"][STEP_MIME] for o in self.outputs if STEP_MIME in o.get("data", {}))
        return found


class LiveKernel:
    """A kernel with its project folder."""

    def __init__(self, manager: KernelManager, client: Any, folder: Path) -> None:
        self.manager = manager
        self.client = client
        self.folder = folder

    def run(self, code: str, *, cell_id: str = "", timeout: float = TIMEOUT) -> Reply:
        """Execute *code* as a front end does, and wait for its end."""
        return self.wait(self.send(code, cell_id=cell_id), timeout)

    def send(self, code: str, *, cell_id: str = "") -> str:
        """Send *code* and return the id of the request."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        metadata = {"cellId": cell_id} if cell_id else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, request: str, timeout: float = TIMEOUT) -> Reply:
        """Wait until the cell of *request* has ended, and return what it gave."""
        outputs = []
        end = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(content)
            elif kind == "status" and content["execution_state"] == "idle":
                break
        return Reply(self._reply(request, end)["status"], outputs)

    def _reply(self, request: str, end: float) -> Mapping[str, Any]:
        while True:
            message = self.client.get_shell_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") == request:
                content: Mapping[str, Any] = message["content"]
                return content

    def ask(self, method: str, *arguments: Any) -> Mapping[str, Any]:
        """Return the reply to another request: ``complete``, ``inspect``, ``is_complete``."""
        return self._reply(getattr(self.client, method)(*arguments), time.monotonic() + TIMEOUT)

    def records(self, *kinds: type) -> list[Any]:
        """Return the records of those kinds that were journaled in the project, in order."""
        return journaled(self.folder, *kinds)

    def last(self, step: str) -> StepFinished:
        """Return the last record of *step*."""
        found: StepFinished = [record for record in self.records(StepFinished) if record.step == step][-1]
        return found


def journaled(folder: Path, *kinds: type) -> list[Any]:
    """Return the records of those kinds in the journals under *folder*, in the order of their files."""
    files = sorted((folder / ".nbops" / "journal").glob("*.jsonl"))
    records = [entry.record for file in files for entry, _, _ in read_entries(file) if entry]
    return [record for record in records if not kinds or isinstance(record, kinds)]


@contextmanager
def live_kernel(folder: Path, *, env: Mapping[str, str] | None = None, load: bool = True) -> Iterator[LiveKernel]:
    """Start a kernel in *folder*, with nbops loaded, and end it as a front end does."""
    with tempfile.TemporaryDirectory(prefix="k") as sockets:
        manager = KernelManager(kernel_name="python3", transport="ipc", ip=os.path.join(sockets, "k"))
        manager.start_kernel(cwd=str(folder), env={**os.environ, **(env or {})})
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=TIMEOUT)
            kernel = LiveKernel(manager, client, folder)
            if load:
                assert kernel.run("%load_ext nbops").status == "ok"
            yield kernel
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
