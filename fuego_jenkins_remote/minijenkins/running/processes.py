"""Process trees of builds: found by what their environment holds, told to end by TERM.

Jenkins never sends KILL on Unix: a process that handles TERM lives on (observed on 2.528.3), and so it is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

_PROC = Path("/proc")
_LOOK_AGAIN_SECONDS = 0.02


def find(cookies: Mapping[str, str]) -> dict[int, str]:
    """Processes of this user whose environment holds every one of these variables: process id to start time.

    The start time (kernel ticks, a string) tells a process from a later one with the same id.
    """
    wanted = [os.fsencode(f"{name}={value}") for name, value in cookies.items()]
    found: dict[int, str] = {}
    for entry in _PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes().split(b"\0")
            if all(item in environment for item in wanted):
                started = _started(int(entry.name))
                if started:
                    found[int(entry.name)] = started
    return found


def descendants(top: int) -> dict[int, str]:
    """A process and all its children, children's children and so on: process id to start time."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: dict[int, str] = {}
    waiting = [top]
    while waiting:
        pid = waiting.pop()
        started = _started(pid)
        if started and pid not in found:
            found[pid] = started
            waiting += children.get(pid, [])
    return found


def terminate(processes: Mapping[int, str]) -> None:
    """Send TERM to each that is still the same process."""
    for pid, started in processes.items():
        if _started(pid) == started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)


async def end(processes: Mapping[int, str], wait_seconds: float) -> bool:
    """Send TERM, then wait until all are gone, at most so long; whether they are gone."""
    if not processes:
        return True
    terminate(processes)
    until = time.monotonic() + wait_seconds
    while any(_started(pid) == started for pid, started in processes.items()):
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return True


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on (proc(5)); empty when the process is gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    return text[text.rfind(")") + 2 :].split()


def _started(pid: int) -> str:
    """Start time of a process; empty when it is gone or a zombie that nobody has waited for."""
    fields = _stat(pid)
    return fields[19] if fields and fields[0] not in {"Z", "X"} else ""
