"""The kernel process of a run: started first, spoken to over sockets of its own, and ended for certain.

:meth:`Kernel.start` returns as soon as the process exists, so that its boot and our own imports overlap. On POSIX the
sockets are files in a fresh folder with a short name: no port can be taken by somebody else, nothing is told over the
network, and any number of runs may start at once. The folder goes when the kernel goes.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.errors import KernelError, did_you_mean

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager

__all__ = ["Kernel", "check_language", "is_python"]

_LONGEST_SOCKET_FOLDER = 80  # a socket's path may take 107 bytes on Linux, 103 on macOS
_PREFIX = "nbops-kernel-"  # folders of this name are removed when nobody holds their lock, so it is nobody else's
_YOUNG_SECONDS = 60.0
_SHUTDOWN_SECONDS = 5.0
_LOG_LINES = 20


def is_python(language: str) -> bool:
    """Return whether *language*, as a notebook or a kernel names it, is Python; what nobody named is."""
    return language.lower() in ("", "python", "ipython", "python3", "ipython3")


def check_language(language: str, where: str) -> None:
    """Raise when a notebook's language is not Python.

    Raises:
        KernelError: It is another language.

    Example:
        >>> check_language("Python", "a.ipynb")
        >>> check_language("R", "a.ipynb")
        Traceback (most recent call last):
        ...
        nbops.errors.KernelError: the notebook is written in R, and steps are Python
          where: a.ipynb
          fix:   run it with papermill alone
    """
    if not is_python(language):
        raise KernelError(
            f"the notebook is written in {language}, and steps are Python",
            where=where,
            fix="run it with papermill alone",
        )


class Kernel:
    """One kernel process, ours from its start to its end. Made by :meth:`start`.

    Attributes:
        info: What the kernel said of itself (``language_info`` and more); empty before :meth:`connect`.
    """

    def __init__(self, manager: KernelManager, folder: _Folder) -> None:
        self.manager = manager
        self.info: dict[str, Any] = {}
        self.is_shutting_down = False
        self._folder = folder
        self._client: BlockingKernelClient | None = None
        self._exit_code: int | None = None
        self._is_unwanted: Callable[[], object] = lambda: None

    @classmethod
    def start(cls, name: str, *, cwd: Path | None = None, where: str = "", extension: str = "") -> Kernel:
        """Start the process of the kernel called *name* in *cwd*; it need not answer yet.

        Args:
            name: The kernel's name.
            cwd: Its working directory; None for this process's.
            where: The notebook, for what is told when it cannot be started.
            extension: An extension that it loads before it answers; without it, it starts all the same.

        Raises:
            KernelError: There is no kernel of that name, it speaks another language, or it cannot be started.
        """
        from jupyter_client.manager import KernelManager

        folder = _make_folder(where)
        try:
            place: dict[str, Any] = {"connection_file": str(folder.path / "kernel.json")}
            if os.name == "posix" and len(os.fsencode(folder.path)) <= _LONGEST_SOCKET_FOLDER:
                place |= {"transport": "ipc", "ip": str(folder.path / "k")}
            manager = KernelManager(kernel_name=name, **place)
            _check_spec(manager, name, where)
            with (folder.path / "kernel.log").open("wb") as log:
                manager.start_kernel(
                    cwd=None if cwd is None else str(cwd),
                    stdout=log,
                    stderr=log,
                    extra_arguments=_arguments(extension) if manager.ipykernel else [],
                    env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
                )
        except BaseException as error:
            folder.remove()
            if isinstance(error, OSError) and not isinstance(error, KernelError):
                raise KernelError(
                    f"the kernel {name!r} cannot be started: {error}",
                    where=where,
                    fix=f"python -m ipykernel install --user --name {name}",
                ) from error
            raise
        return cls(manager, folder)

    @property
    def log(self) -> Path:
        """The file of what the process writes outside of any cell."""
        return self._folder.path / "kernel.log"

    @property
    def client(self) -> BlockingKernelClient:
        """The sockets to the kernel; connected by :meth:`connect`."""
        if self._client is None:
            raise KernelError("the kernel is not connected")
        return self._client

    def connect(self, timeout: float = 60.0, is_unwanted: Callable[[], object] = lambda: None) -> None:
        """Wait until the kernel answers and its outputs reach us.

        Args:
            timeout: How many seconds it may take.
            is_unwanted: Asked meanwhile; when it says so, the wait ends as by Ctrl-C.

        Raises:
            KernelError: It ended, or did not answer in time.
            KeyboardInterrupt: It is wanted no more.
        """
        deadline = time.monotonic() + timeout
        self._is_unwanted = is_unwanted
        self._wait_for_sockets(deadline)
        client = self.manager.client()
        client.start_channels(stdin=False, hb=False, control=False)
        self._client = client
        # the first output socket may still be joining when the reply is here already, so we ask until both spoke
        while not client.iopub_channel.msg_ready() or not self.info:
            client.kernel_info()
            if client.shell_channel.socket.poll(200):
                self.info = client.shell_channel.get_msg()["content"]
                client.iopub_channel.socket.poll(100)
            self._check_start(deadline)

    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        return self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """How the process ended (negative: by that signal); None while it runs."""
        if self._exit_code is None:
            process = getattr(self.manager.provisioner, "process", None)
            if process is not None:
                self._exit_code = process.poll()
            elif not self.manager.is_alive():
                self._exit_code = 1
        return self._exit_code

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the kernel, as Ctrl-C would."""
        if self.is_alive():
            self.manager.interrupt_kernel()

    def kill(self) -> None:
        """End the process and its children at once."""
        if self.is_alive():
            self.manager._kill_kernel()

    def request_shutdown(self) -> None:
        """Ask the kernel to end in good order, without waiting for it."""
        if not self.is_shutting_down and self.is_alive():
            self.is_shutting_down = True
            self.manager.request_shutdown()

    def close(self) -> None:
        """End the process, by force when it takes longer than 5 s, and remove what belonged to it.

        One that never answered would not hear that it is to end.
        """
        try:
            self.request_shutdown()
            deadline = time.monotonic() + (_SHUTDOWN_SECONDS if self.info else 0.0)
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.005)
            self.kill()
        finally:
            if self._client is not None:
                self._client.stop_channels()
            self.manager.cleanup_resources()
            self._folder.remove()

    def last_words(self) -> tuple[str, ...]:
        """Return what the process wrote last outside of any cell; of the interpreter's crash report its beginning."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ()
        lines = text.splitlines()
        crash = next((i for i, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
        return tuple(lines[-_LOG_LINES:] if crash is None else lines[crash : crash + _LOG_LINES])

    def how_it_ended(self) -> str:
        """Return in words how the process ended.

        Example: ``was killed by SIGKILL (9), perhaps because memory ran out``
        """
        code = self.exit_code
        if code is None:
            return "still runs"
        if code >= 0:
            return f"ended with exit code {code}"
        name = signal.Signals(-code).name if -code in signal.valid_signals() else "a signal"
        return f"was killed by {name} ({-code})" + (", perhaps because memory ran out" if code == -9 else "")

    def _wait_for_sockets(self, deadline: float) -> None:
        if self.manager.transport != "ipc":
            return
        ports = (self.manager.shell_port, self.manager.iopub_port)
        while not all(Path(f"{self.manager.ip}-{port}").exists() for port in ports):
            self._check_start(deadline)
            time.sleep(0.01)

    def _check_start(self, deadline: float) -> None:
        if self._is_unwanted():
            raise KeyboardInterrupt("while the kernel started")
        if self.is_alive() and time.monotonic() < deadline:
            return
        what = "did not answer in time" if self.is_alive() else f"{self.how_it_ended()} before it answered"
        words = self.last_words()
        raise KernelError(
            f"the kernel {self.manager.kernel_name!r} {what}" + (f": {words[-1]}" if words else ""),
            where=" ".join(self.manager.kernel_spec.argv),
            fix="nbops doctor",
        )


def _arguments(extension: str) -> list[str]:
    """Return what an IPython kernel is started with: its history in memory, and the extension."""
    arguments = ["--HistoryManager.hist_file=:memory:"]
    return [*arguments, f"--IPKernelApp.extra_extensions={extension}"] if extension else arguments


class _Folder:
    """A fresh folder with a short name for the sockets of one kernel, locked as long as its run lives.

    A run that is killed leaves its folder behind; the next one finds it without a lock, and removes it.
    """

    def __init__(self) -> None:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        if os.name == "posix" and len(os.fsencode(path)) > _LONGEST_SOCKET_FOLDER and os.access("/tmp", os.W_OK):
            path.rmdir()
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp"))
        self.path = path
        self._lock = _lock(path)
        for other in path.parent.glob(f"{_PREFIX}*/lock"):
            _remove_if_left_behind(other.parent)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _make_folder(where: str) -> _Folder:
    try:
        return _Folder()
    except OSError as error:
        raise KernelError(
            f"there is no place for the kernel's sockets: {error.strerror or error}",
            where=where,
            fix="free some space in the temporary folder, or name another one: TMPDIR=/var/tmp nbops run …",
        ) from error


def _lock(folder: Path) -> int | None:
    """Lock *folder* and return what holds the lock; None when somebody else does, or the system has no such locks."""
    if os.name != "posix":
        return None
    import fcntl

    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd


def _remove_if_left_behind(folder: Path) -> None:
    try:
        if time.time() - folder.stat().st_mtime < _YOUNG_SECONDS:  # it may be about to be locked
            return
        lock = _lock(folder)
    except OSError:  # gone meanwhile, or another user's
        return
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _check_spec(manager: KernelManager, name: str, where: str) -> None:
    from jupyter_client.kernelspec import NoSuchKernel

    try:
        spec = manager.kernel_spec
    except NoSuchKernel as error:
        known: Mapping[str, str] = manager.kernel_spec_manager.find_kernel_specs()
        raise KernelError(
            f"no kernel named {name!r} ({did_you_mean(name, sorted(known))})",
            where=where,
            fix=f"python -m ipykernel install --user --name {name}, or nbops run … --kernel python3",
        ) from error
    except (ValueError, TypeError, OSError) as error:
        raise KernelError(
            f"the kernel {name!r} is described by a file that cannot be read: {error}",
            where=str(manager.kernel_spec_manager.find_kernel_specs().get(name, where)),
            fix=f"mend its kernel.json, or python -m ipykernel install --user --name {name}",
        ) from error
    if not spec.argv:
        raise KernelError(
            f"the kernel {name!r} does not say what it starts",
            where=str(spec.resource_dir),
            fix=f"mend its kernel.json, or python -m ipykernel install --user --name {name}",
        )
    check_language(spec.language, f"{where} (kernel {name!r})" if where else f"kernel {name!r}")
