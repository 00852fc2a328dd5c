"""Executing cells: nbclient's handling of outputs, widgets and displays, around a message loop of our own.

nbclient starts three tasks for each cell and looks once a second whether the kernel lives; papermill saves the whole
notebook around each of them. Here one poll waits for both sockets, and between messages the run looks after
everything else: its deadline, a wish to stop, the kernel's life, what the kernel journaled.

papermill is imported with this module, so that it is imported only once the kernel's process has been started.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import zmq
from nbclient.exceptions import CellExecutionComplete
from nbformat import from_dict
from papermill.clientwrap import PapermillNotebookClient

from nbops.engine.kernel.endings import CellEnd, Stop
from nbops.engine.production.kernels import Kernel
from nbops.engine.production.outputs import Streams
from nbops.errors import KernelError

__all__ = ["Client"]

_TICK_SECONDS = 0.1
_TICK_MS = 100
_OUTPUT_SECONDS = 30.0
_OUTPUTS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Executes the cells of one notebook in one kernel.

    Args:
        manager: papermill's manager of the notebook.
        kernel: The kernel, connected.
        look: Called between messages, at least ten times a second; returns why the cell is to be stopped, or None.
        streams: Makes the keeper of a cell's streams from the cell's index.
    """

    def __init__(
        self,
        manager: Any,
        kernel: Kernel,
        look: Callable[[int, float], Stop | None],
        streams: Callable[[int], Streams],
        **options: Any,
    ) -> None:
        super().__init__(manager, km=kernel.manager, **options)
        self.reset_execution_trackers()
        self.kernel = kernel
        self.kc = kernel.client
        self._look = look
        self._make_streams = streams
        self._streams = streams(-1)
        self._heard = 0.0
        self._poller = zmq.Poller()
        self._poller.register(self.kc.shell_channel.socket, zmq.POLLIN)
        self._poller.register(self.kc.iopub_channel.socket, zmq.POLLIN)

    def ask(self, code: str, expressions: dict[str, str] | None = None, timeout: float = 60.0) -> dict[str, Any]:
        """Execute *code* silently (no history, no output, no hooks) and return the content of the reply.

        Raises:
            KernelError: The kernel died, or did not reply in time.
        """
        request = self.kc.execute(code, silent=True, store_history=False, user_expressions=expressions or {})
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.kernel.is_alive():
            if self.kc.shell_channel.socket.poll(200):
                reply = self.kc.shell_channel.get_msg()
                if reply["parent_header"].get("msg_id") == request:
                    content: dict[str, Any] = reply["content"]
                    return content
        raise KernelError(f"the kernel did not take its instructions: it {self.kernel.how_it_ended()}")

    def run_cell(self, cell: Any, index: int) -> CellEnd:
        """Execute *cell*, write its outputs into it, and return how it ended. Never raises for what the cell did."""
        cell.outputs = []
        cell.metadata["execution"] = {}
        self.clear_before_next_output = False
        self._streams = self._make_streams(index)
        allowed = "raises-exception" in cell.metadata.get("tags", ())
        request = self._request(cell, allowed)
        self.code_cells_executed += 1
        try:
            end = self._wait(request, cell, index)
        finally:
            self._streams.finish(cell.outputs)
        if end.kind != "ok" and not any(output.output_type == "error" for output in cell.outputs):
            cell.outputs.append(_error_output(end))
        return CellEnd("error", end.name, end.message, end.traceback, allowed) if end.kind == "error" else end

    def output(self, outs: Any, msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Add one output to a cell, a stream's piece to the output before it. Called by nbclient.

        nbclient validates every output against the notebook format's schema; what a kernel sends fits it already.
        """
        content = msg["content"]
        kind = msg["msg_type"]
        if self.output_hook_stack.get(msg["parent_header"].get("msg_id")) or kind not in _OUTPUTS:
            return super().output(outs, msg, display_id, cell_index)
        if self.clear_before_next_output:
            self.clear_before_next_output = False
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self._streams.clear()
        if kind == "stream":
            self._streams.add(outs, content["name"], content["text"])
        else:
            if display_id:
                self._display_id_map.setdefault(display_id, {}).setdefault(cell_index, []).append(len(outs))
            outs.append(_output(kind, content))
        return _output(kind, content) if self.log_output or self.stdout_file or self.stderr_file else None

    def clear_output(self, outs: Any, msg: dict[str, Any], cell_index: int) -> None:
        """Clear a cell's outputs. Called by nbclient."""
        super().clear_output(outs, msg, cell_index)
        if not outs:
            self._streams.clear()

    def _request(self, cell: Any, allowed: bool) -> str:
        content = {
            "code": cell.source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": not allowed,
        }
        message = self.kc.session.msg("execute_request", content, metadata={"cellId": cell.get("id", "")})
        self.kc.shell_channel.send(message)
        request: str = message["header"]["msg_id"]
        return request

    def _wait(self, request: str, cell: Any, index: int) -> CellEnd:
        started = looked = self._heard = time.monotonic()
        reply: dict[str, Any] | None = None
        stopping = _Stopping(self.kernel)
        is_idle = False
        while reply is None or not is_idle:
            self._poller.poll(_TICK_MS)
            is_idle = self._take_outputs(request, cell, index) or is_idle
            reply = self._take_reply(request, cell) or reply
            now = time.monotonic()
            if now - looked < _TICK_SECONDS:
                continue
            looked = now
            if reply is not None:
                if now - self._heard > _OUTPUT_SECONDS or not self.kernel.is_alive():
                    break  # all is done but the word that no more output comes
                continue
            if not self.kernel.is_alive():
                self._take_outputs(request, cell, index)
                return _end_of_dead(self.kernel, stopping.stop)
            stopping.wish(self._look(index, now - started), now)
            stopping.press(now, has_begun=cell.execution_count is not None)
        return _end_of_reply(reply["content"], stopping.stop)

    def _take_reply(self, request: str, cell: Any) -> dict[str, Any] | None:
        channel = self.kc.shell_channel
        while channel.socket.poll(0):
            message: dict[str, Any] = channel.get_msg()
            if message["parent_header"].get("msg_id") == request:
                cell.metadata["execution"]["shell.execute_reply"] = message["header"]["date"].isoformat()
                return message
        return None

    def _take_outputs(self, request: str, cell: Any, index: int) -> bool:
        """Take in the outputs that are here already; return whether the kernel said that no more will come."""
        channel = self.kc.iopub_channel
        for _ in range(100):
            if not channel.socket.poll(0):
                return False
            message = channel.get_msg()
            self._heard = time.monotonic()
            if message["parent_header"].get("msg_id") == request:
                try:
                    self.process_message(message, cell, index)
                except CellExecutionComplete:
                    return True
        return False


class _Stopping:
    """Stops the cell that runs: interrupts it, interrupts it again after half of its grace, kills its kernel after all.

    Before a cell begins the kernel ignores interrupts, and what IPython calls around it swallows them; so the first
    one waits for the cell's beginning, and one that was lost is made up for.

    Args:
        kernel: The kernel.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.stop: Stop | None = None
        self._kernel = kernel
        self._interrupt_at = self._kill_at = float("inf")

    def wish(self, stop: Stop | None, now: float) -> None:
        """Take in why the cell is to be stopped; None leaves everything as it is."""
        if stop is None or stop == self.stop:
            return
        if self.stop is None:
            self._interrupt_at = now
        self.stop, self._kill_at = stop, now + stop.grace_seconds

    def press(self, now: float, *, has_begun: bool) -> None:
        """Do what is due by *now*."""
        if now > self._kill_at:
            self._kernel.kill()
        elif has_begun and self.stop is not None and now >= self._interrupt_at:
            self._kernel.interrupt()
            self._interrupt_at = now + self.stop.grace_seconds / 2


def _end_of_reply(content: dict[str, Any], stop: Stop | None) -> CellEnd:
    name, message = content.get("ename", ""), content.get("evalue", "")
    traceback = tuple(content.get("traceback", ()))
    if stop is not None:
        return CellEnd(stop.kind, name or stop.name, stop.reason, traceback)
    if content["status"] == "error":
        return CellEnd("error", name, message, traceback)
    if content["status"] != "ok":
        return CellEnd("error", "Aborted", "the kernel refused to execute the cell")
    if any(payload.get("source") == "ask_exit" for payload in content.get("payload", ())):
        return CellEnd("error", "SystemExit", "the cell asked the kernel to exit")
    return CellEnd("ok")


def _end_of_dead(kernel: Kernel, stop: Stop | None) -> CellEnd:
    if stop is not None:
        what = f"{stop.reason}; the kernel did not heed the interrupt and was killed"
        return CellEnd(stop.kind, stop.name, what)
    return CellEnd("dead", "DeadKernelError", f"the kernel {kernel.how_it_ended()}", kernel.last_words())


def _error_output(end: CellEnd) -> Any:
    lines = end.traceback or (f"{end.name}: {end.message}",)
    return _output("error", {"ename": end.name, "evalue": end.message, "traceback": list(lines)})


def _output(kind: str, content: Mapping[str, Any]) -> Any:
    """Return the output that a message of that kind means."""
    return from_dict({"output_type": kind, **{name: content[name] for name in _OUTPUTS[kind] if name in content}})
