"""Processes that a test has started."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from pathlib import Path


def end_child(process: subprocess.Popen[str], number: signal.Signals, seconds: float) -> None:
    """End it by a signal to it alone, and wait. Raises TimeoutExpired for one that had to be killed after that long."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    finally:
        if process.stdout:
            process.stdout.close()


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only waits for somebody to read how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def processes_with(word: str) -> list[str]:
    """The numbers of all processes that have a word in their command line."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in file.read_bytes():
                found.append(file.parent.name)
    return found
