"""Several processes of one service behind one address.

One process listens, and starts the others, which have its socket: whichever is free takes the next connection. It
serves nothing itself. A worker that dies is started again; connections that wait to be taken meanwhile wait on. TERM
stops all of them, each as a service of one process stops; a worker whose starter has died stops, too.
"""

from __future__ import annotations

import gc
import logging
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from fuego_jenkins_remote.service.metrics import forget_process
from fuego_jenkins_remote.service.systemd import Watchdog, tell_systemd

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_PATIENCE = 20.0  # seconds for all workers to stop, before they are killed
_QUICK = 5.0  # who dies sooner than that is started again a little later
_log = logging.getLogger("service")


class WorkersFailed(RuntimeError):
    """Workers end before they have served; the text says where to look."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """What one of the processes has from its starter."""

    listener: socket.socket
    url: str
    ready: int
    starter: int

    def is_ready(self) -> None:
        """It answers."""
        os.write(self.ready, b"+")
        os.close(self.ready)


@dataclass(kw_only=True)
class _Child:
    pid: int
    ready: int
    since: float
    is_ready: bool = False


class Workers:
    """The processes, and what is done about them."""

    def __init__(
        self,
        count: int,
        work: Callable[[Worker], None],
        listener: socket.socket,
        url: str,
        on_ready: Callable[[], None],
    ) -> None:
        """`work` serves until it is told to stop; it is called in each of the `count` processes."""
        self._count, self._work, self._on_ready = count, work, on_ready
        self._listener, self._url = listener, url
        self._children: dict[int, _Child] = {}
        self._starts: list[float] = []
        self._was_ready = self._stopping = False
        # Its other end is closed by the kernel when this process ends, however it ends.
        self._alive, self._alive_here = os.pipe()

    def run(self) -> None:
        """Start them and stay until they have stopped; raises WorkersFailed where they do not even start."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        watchdog = Watchdog(lambda: len(self._children) == self._count)
        gc.collect()
        gc.freeze()  # what all share stays shared
        try:
            for _ in range(self._count):
                self._start()
            while not self._stopping:
                self._look(signal.sigtimedwait(_SIGNALS, 0.05 if self._is_waiting() else 1.0))
                watchdog.look()
        finally:
            self._stop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _is_waiting(self) -> bool:
        return bool(self._starts) or not all(child.is_ready for child in self._children.values())

    def _look(self, found: signal.struct_siginfo | None) -> None:
        if found is not None and found.si_signo in (signal.SIGTERM, signal.SIGINT):
            self._stopping = True
            return
        for child in self._children.values():
            if not child.is_ready and select.select([child.ready], [], [], 0)[0] and os.read(child.ready, 1):
                child.is_ready = True
        while self._reap(os.WNOHANG):
            pass
        now = time.monotonic()
        for due in [due for due in self._starts if due <= now]:
            self._starts.remove(due)
            self._start()
        if not self._was_ready and len(self._children) == self._count and not self._is_waiting():
            self._was_ready = True
            self._on_ready()
            tell_systemd("READY=1")

    def _start(self) -> None:
        readable, writable = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(readable)
            os.close(self._alive_here)
            for other in self._children.values():
                os.close(other.ready)
            self._be_one(Worker(listener=self._listener, url=self._url, ready=writable, starter=self._alive))
        os.close(writable)
        self._children[pid] = _Child(pid=pid, ready=readable, since=time.monotonic())

    def _be_one(self, worker: Worker) -> None:
        status = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._work(worker)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _reap(self, how: int) -> bool:
        try:
            pid, status = os.waitpid(-1, how)
        except ChildProcessError:
            return False
        child = self._children.pop(pid, None)
        if child is None:
            return pid != 0
        os.close(child.ready)
        forget_process(pid)
        if self._stopping:
            return True
        if not self._was_ready:
            self._stopping = True
            raise WorkersFailed("a worker ended before it served; its words are above")
        lived = time.monotonic() - child.since
        _log.error("worker %s has ended (%s); another one is started", pid, os.waitstatus_to_exitcode(status))
        self._starts.append(time.monotonic() + (0.0 if lived > _QUICK else 1.0))
        return True

    def _stop(self) -> None:
        self._stopping = True
        tell_systemd("STOPPING=1")
        for number, until in ((signal.SIGTERM, time.monotonic() + _PATIENCE), (signal.SIGKILL, None)):
            for pid in self._children:
                os.kill(pid, number)
            while self._children and (until is None or time.monotonic() < until):
                if not self._reap(os.WNOHANG):
                    time.sleep(0.02)
        os.close(self._alive)
        os.close(self._alive_here)
