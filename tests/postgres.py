"""A PostgreSQL server of our own, on loopback: made by ``initdb``, started, killed and started again by tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["OWNER", "PASSWORD", "Server", "server"]

OWNER = "nbops"
PASSWORD = "gehe:im@/ pass%word"  # as hard to write into an address as a password may be


class Server:
    """A server in *folder*, which answers on a port of 127.0.0.1 and wants passwords.

    Its texts are ordered by the rules of English, so that what depends on the order of code points is found out.
    """

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.folder, self.data = folder, folder / "data"
        self.user = ("postgres" if _is_known("postgres") else "nobody") if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        password = folder / "password"
        password.write_text(PASSWORD)
        self.call("initdb", "-D", self.data, "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={password}",
                  "-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync")  # fmt: skip
        self.port = _free_port()
        self.pgpass = folder / "pgpass"
        self.pgpass.write_text(f"127.0.0.1:{self.port}:*:{OWNER}:{PASSWORD.replace(':', chr(92) + ':')}\n")
        self.pgpass.chmod(0o600)
        self._settings = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' {settings}"
        self.start()

    def call(self, program: str, *arguments: object) -> None:
        """Run a program of PostgreSQL, as a user that it accepts."""
        with (self.folder / "calls.log").open("ab") as log:  # a pipe would stay open with the server
            command = [_program(program), *map(str, arguments)]
            subprocess.run(command, check=True, stdout=log, stderr=log, user=self.user, cwd=self.folder)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.call("pg_ctl", "-D", self.data, "-o", self._settings, "-w", "-l", self.folder / "log", "start")

    def stop(self) -> None:
        """Stop it in an orderly way, without waiting for those who are connected."""
        self.call("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """Kill it, as the system does when memory is short: the postmaster first, then each of its processes."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        children = _children(postmaster)
        for pid in (postmaster, *children):
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while any(_is_running(pid) for pid in (postmaster, *children)) and time.monotonic() < deadline:
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink()  # or the next one fears that this one still runs

    def cpu_seconds(self) -> float:
        """Return how many seconds of the processor it has used: itself, its processes, and those that ended."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        return sum(_cpu_ticks(pid) for pid in (postmaster, *_children(postmaster))) / os.sysconf("SC_CLK_TCK")

    def make_database(self, template: str = "template1") -> str:
        """Make a database, empty or like another one, and return its address, which holds no password."""
        name = f"hub_{uuid.uuid4().hex[:12]}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    def address(self, database: str, user: str = OWNER) -> str:
        """Return the address of a database of that name, for a user."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def do(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run *statements* in a database as its owner, and return the rows of the last one."""
        import psycopg

        place = {"host": "127.0.0.1", "port": self.port, "user": OWNER, "password": PASSWORD, "dbname": database}
        with psycopg.connect(**place, autocommit=True) as connection:  # type: ignore[arg-type]
            for statement in statements:
                rows = connection.execute(statement)  # type: ignore[arg-type]
            return rows.fetchall() if rows.description else []


@contextmanager
def server(
    settings: str = "-c fsync=off -c full_page_writes=off -c max_connections=60", folder: str = ""
) -> Iterator[Server]:
    """Give a server that is gone afterwards; the test is skipped where PostgreSQL or its library is not installed.

    Args:
        settings: How it is started.
        folder: Where its folder is made; in memory by default.
    """
    pytest.importorskip("psycopg")
    if not _program("initdb"):
        pytest.skip("PostgreSQL is not installed")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # on a disk each database takes a tenth of a second
    with tempfile.TemporaryDirectory(prefix="pg", dir=folder or memory) as name:
        found = Server(Path(name), settings)
        try:
            yield found
        finally:
            found.call("pg_ctl", "-D", found.data, "-m", "immediate", "stop")


def _program(name: str) -> str:
    """Return where a program of PostgreSQL is: Debian keeps them out of the way, by version."""
    found = sorted(str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (found[-1] if found else "")


def _is_known(user: str) -> bool:
    import pwd

    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _children(pid: int) -> list[int]:
    found = [Path(entry, "stat") for entry in Path("/proc").glob("[0-9]*")]
    return [int(path.parent.name) for path in found if _parent(path) == pid]


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended meanwhile
        return 0


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile, and counts with the one that started it
        return 0
    return sum(
        map(int, fields[11:15])
    )  # user and system, its own and of children that ended: fields 14 to 17 of proc(5)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
