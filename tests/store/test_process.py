"""Whether a process is alive."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time

from nbops.store.process import SILENCE, ProcessMark, is_alive, this_process


def test_this_process_is_alive() -> None:
    """A process that asks about itself lives, however long ago it was heard of."""
    assert is_alive(this_process(), since=time.time(), last_seen=0.0)


def test_a_process_that_ended_is_dead_at_once() -> None:
    """Also while nobody has asked for its exit code yet."""
    now = time.time()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        mark = dataclasses.replace(this_process(), pid=child.pid)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert not is_alive(mark, since=now, last_seen=now)

    assert not is_alive(mark, since=now, last_seen=now)


def test_a_process_id_that_was_used_again_is_another_process() -> None:
    """A process that began after the run did not run it."""
    assert not is_alive(this_process(), since=time.time() - 365 * 86_400, last_seen=time.time())


def test_elsewhere_the_last_sign_of_life_decides() -> None:
    """Another machine, another boot, or a mark without a boot cannot be asked."""
    here = this_process()
    marks = [
        dataclasses.replace(here, host="elsewhere"),
        dataclasses.replace(here, boot="before the restart"),
        dataclasses.replace(here, boot=""),
        ProcessMark("", 0, ""),
    ]

    assert [is_alive(mark, 0.0, last_seen=100.0, now=100.0 + SILENCE) for mark in marks] == [True] * 4
    assert [is_alive(mark, 0.0, last_seen=100.0, now=101.0 + SILENCE) for mark in marks] == [False] * 4
