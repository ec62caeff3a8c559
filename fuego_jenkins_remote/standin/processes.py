"""One program with everything it starts: its output, its end, its time limit.

The program gets a process group of its own but stays in the caller's session, and it inherits the caller's open
files: a lab's job holds the board's lock in one, and that must stay held as long as any process of the test lives.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "FUEGO_STANDIN_RUN"
"""The environment variable by which a process is known to belong to a run, even in another session."""

GRACE = 0.5
"""Seconds between TERM and KILL."""

_TICK = 0.1
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the program ended: its exit status (negative: by a signal) and, if we ended it, why.

    ``signal`` is the signal that we got ourselves, or 0; ``timed_out`` says that the time limit was over.
    """

    exit_status: int
    signal: int = 0
    timed_out: bool = False


class Signals:
    """The first signal that came, or 0."""

    def __init__(self) -> None:
        """Begin with none."""
        self.first = 0

    def note(self, number: int, _frame: object) -> None:
        """Keep the first one."""
        self.first = self.first or number


@contextlib.contextmanager
def noted_signals() -> Iterator[Signals]:
    """While this holds, TERM, INT and HUP end nothing but are noted; in another thread than the main one, nothing.

    A signal that is ignored (HUP under nohup) stays so.
    """
    signals = Signals()
    before = {}
    with contextlib.suppress(ValueError):  # not the main thread
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, signals.note)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_watched(
    arguments: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    timeout: float,
    signals: Signals,
    output: Callable[[bytes], None],
) -> Ended:
    """Run a program to its end, hand over what it writes (both streams), and leave none of its processes behind.

    After ``timeout`` seconds, or when a signal has come, the whole tree gets TERM, and KILL after GRACE. Raises
    OSError if the program cannot be started.
    """
    mark = os.urandom(16).hex()
    deadline = time.monotonic() + timeout
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        env={**environ, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        close_fds=False,
    )
    if process.stdout is None:
        raise OSError("no pipe from the program")
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    try:
        finished = _watch(process, pipe, deadline, signals, output)
        number = 0 if finished else signals.first
    finally:
        end_tree(process, mark)
        _drain(pipe, output)
        process.stdout.close()
    return Ended(exit_status=process.wait(), signal=number, timed_out=not finished and not number)


def _watch(
    process: subprocess.Popen[bytes], pipe: int, deadline: float, signals: Signals, output: Callable[[bytes], None]
) -> bool:
    """Hand output over until the program has ended (True), or must be ended; a signal is seen within _TICK."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        if signals.first or left <= 0:
            return process.poll() is not None
        ready = {number for number, _ in poll.poll(min(left, _TICK) * 1000)}
        if pipe in ready and not _drain(pipe, output, once=True):
            poll.unregister(pipe)  # all writers are gone, most likely the program as well
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(min(max(left, 0), _TICK))
        if process.poll() is not None:
            return True


def _drain(pipe: int, output: Callable[[bytes], None], *, once: bool = False) -> bool:
    """Hand over what is in the pipe now; False if nothing more can come."""
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(pipe, 65536):
            output(chunk)
            if once:
                return True
        return False
    return True


def end_tree(process: subprocess.Popen[bytes], mark: str) -> None:
    """End what is left of a program's processes: its group, their children, and all with the mark.

    The program itself goes first and at once: a shell whose command has been ended would begin the next one.
    """
    told: set[int] = set()
    process.kill()
    start = time.monotonic()
    while members := _members(process.pid, mark):
        hard = time.monotonic() - start >= GRACE
        for pid in members if hard else members - told:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL if hard else signal.SIGTERM)
        told |= members
        if hard and time.monotonic() - start > GRACE + 5:
            return  # not to be ended: in the kernel, or another user's
        process.poll()
        time.sleep(0.01)


def _members(group: int, mark: str) -> set[int]:
    needle = f"{MARK}={mark}".encode()
    parents: dict[int, int] = {}
    found: set[int] = set()
    me = os.getpid()
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdigit() or int(name) == me:
            continue
        stat = _stat(name)
        if stat is None:
            continue
        parents[int(name)], in_group = stat
        if in_group == group or _has_mark(name, needle):
            found.add(int(name))
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return found


def _stat(pid: str) -> tuple[int, int] | None:
    """Give parent and process group; None for one that is gone, or only waits to be collected."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - many, and quick
            state, parent, group = file.read().rpartition(b")")[2].split()[:3]
    except (OSError, ValueError):
        return None
    return None if state in {b"Z", b"X"} else (int(parent), int(group))


def _has_mark(pid: str, needle: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            return needle in file.read()
    except OSError:
        return False
