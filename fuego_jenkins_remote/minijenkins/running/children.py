"""A child process that is waited for by the event loop and never killed behind anybody's back.

asyncio's own subprocess sends KILL when its object goes away; a build's process that handles TERM must live on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO


class Child:
    """A started process; `ended` becomes its exit status (negative for a signal, as in subprocess)."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], log: BinaryIO) -> None:
        """Start it with stdin closed, stdout and stderr into the log, in a session of its own. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._popen = subprocess.Popen(
            arguments,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._watch()

    def abandon(self) -> None:
        """Let go of it without a signal: the controller ends, the process may live on."""
        if self._popen.returncode is None and self._popen.poll() is None:
            # Tells subprocess that nobody is going to wait, else it warns about a process still running.
            self._popen.returncode = 0

    def _watch(self) -> None:
        try:
            pidfd = os.pidfd_open(self.pid)
        except OSError:
            # A kernel or a sandbox without pidfd: a thread waits instead.
            threading.Thread(target=self._wait_in_thread, daemon=True).start()
            return
        self._loop.add_reader(pidfd, self._collect, pidfd)

    def _collect(self, pidfd: int) -> None:
        self._loop.remove_reader(pidfd)
        os.close(pidfd)
        self._finish(self._popen.wait())

    def _wait_in_thread(self) -> None:
        status = self._popen.wait()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._finish, status)

    def _finish(self, status: int) -> None:
        if not self.ended.done():
            self.ended.set_result(status)
