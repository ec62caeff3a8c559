"""A lab's own command: run here from its argument list, with a time limit, without secrets, its output bounded."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

KEEPS = 16 * 2**10
"""Bytes of its output's end that are kept."""
TERM_SECONDS = 2.0
"""Seconds between TERM and KILL, to a command whose time is over."""
_CHUNK = 2**16
_LOOK = 0.5
"""Seconds between two looks whether it has ended, though something that it left behind holds its output open."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended; `status` is None where its time was over, `output` the end of what it printed."""

    status: int | None
    output: str

    @property
    def last_line(self) -> str:
        """The last line that it printed; empty without."""
        return next(iter(reversed([line.strip() for line in self.output.splitlines() if line.strip()])), "")


def run_command(command: Sequence[str], *, timeout: float, lock: int) -> Ended:
    """Run a command to its end, or to the end of `timeout` seconds, then end all of its session.

    Its processes inherit the open file `lock`: the board stays locked for as long as one of them lives, whatever
    becomes of us. Raises OSError for a program that cannot be started.
    """
    environment = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    with subprocess.Popen(
        list(command),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=(lock,),
    ) as process:
        assert process.stdout is not None  # noqa: S101 - for mypy
        reader = process.stdout.fileno()
        deadline = time.monotonic() + timeout
        try:
            tail, in_time = _read_to_end(process, reader, deadline)
            if not in_time:
                _signal(process, signal.SIGTERM)
                tail += _read_to_end(process, reader, time.monotonic() + TERM_SECONDS)[0]
        finally:
            # What it has left running, too.
            _signal(process, signal.SIGKILL)
            status = process.wait()
    return Ended(status=status if in_time else None, output=tail[-KEEPS:].decode("utf-8", "replace"))


def _read_to_end(process: subprocess.Popen[bytes], reader: int, deadline: float) -> tuple[bytes, bool]:
    """The end of what it prints, and whether it ended before the deadline."""
    tail = b""
    while (left := deadline - time.monotonic()) > 0:
        if select.select([reader], [], [], min(left, _LOOK))[0]:
            chunk = os.read(reader, _CHUNK)
            tail = (tail + chunk)[-KEEPS:]
            if not chunk:
                # It may have closed its output and go on.
                while not _has_ended(process) and time.monotonic() < deadline:
                    time.sleep(_LOOK / 10)
                break
        elif _has_ended(process):
            break
    return tail, _has_ended(process)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has; it is not waited for, so that its number stays its session's until all of that is ended."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
