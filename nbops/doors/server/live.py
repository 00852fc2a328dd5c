"""Telling pages that something was recorded: the hub is looked at twice a second, and only while a page watches."""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

from tornado.websocket import WebSocketClosedError

from nbops.doors.server.hubs import Hubs, OpenHub

__all__ = ["Live"]

LOOK_EVERY_SECONDS = 0.5


class Listener(Protocol):
    """What is told: a socket."""

    def write_message(self, message: str) -> object:
        """Send *message*."""


class Live:
    """Who watches which hub; lives in the server's event loop, looks in its threads.

    Args:
        hubs: The hubs.
    """

    def __init__(self, hubs: Hubs) -> None:
        self._hubs = hubs
        self._listeners: dict[OpenHub, set[Listener]] = {}
        self._tasks: dict[OpenHub, asyncio.Task[None]] = {}

    def watch(self, hub: OpenHub, listener: Listener) -> None:
        """Tell *listener* from now on when *hub* changes."""
        self._listeners.setdefault(hub, set()).add(listener)
        if hub not in self._tasks:
            self._tasks[hub] = asyncio.get_running_loop().create_task(self._look(hub))

    def leave(self, hub: OpenHub, listener: Listener) -> None:
        """Tell *listener* no more."""
        self._listeners.get(hub, set()).discard(listener)

    async def _look(self, hub: OpenHub) -> None:
        loop, told = asyncio.get_running_loop(), ""
        try:
            while self._listeners.get(hub):
                state = await loop.run_in_executor(self._hubs.threads, hub.state)
                if state != told:
                    told = state
                    self._tell(hub, state)
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            self._tasks.pop(hub, None)

    def _tell(self, hub: OpenHub, state: str) -> None:
        for listener in tuple(self._listeners.get(hub, ())):
            try:
                listener.write_message(json.dumps({"state": state}))
            except WebSocketClosedError:
                self.leave(hub, listener)
