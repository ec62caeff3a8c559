"""Losing a lab's calls and killing its processes on any line, for the state machines of the tests."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.errors import LabError


class Killed(BaseException):
    """The process that does this dies here."""


class Fates:
    """What befalls the next calls: taken from `draw`, once faults are on; each call is asked for before it is made."""

    def __init__(self) -> None:
        self.draw: Callable[[], str] | None = None

    def call(self, name: str, lost: Exception, do: Callable[[], Any]) -> Any:
        """Do it, unless the call or its answer is lost, or the caller dies before or after it."""
        fate = self.draw() if self.draw else "well"
        if fate == "killed before":
            raise Killed(name)
        if fate == "never arrives":
            raise lost
        answer = do()
        if fate == "killed after":
            raise Killed(name)
        if fate == "answer lost":
            raise lost
        return answer


class Mortal(RuleBasedStateMachine):
    """A state machine whose processes may die on any line: `start` makes the next one, out of what the journal has."""

    fates: Fates
    journal: Journal

    def start(self) -> None:
        """A new process."""
        raise AssertionError("each machine has its own")

    def survive(self, do: Callable[[], object]) -> None:
        """Do something of the lab's; if it is killed there, another process starts."""
        try:
            with contextlib.suppress(ClientError, LabError):
                do()
        except Killed:
            self.fates.draw = None
            self.journal.close()
            self.start()
        finally:
            self.fates.draw = None


class KillableJournal(Journal):
    """A journal whose process may die just before or just after it writes."""

    fates: Fates

    def write(self, statement: str, *values: Any) -> int:
        if not hasattr(self, "fates"):
            return super().write(statement, *values)
        return int(
            self.fates.call("journal", LabError("the disk is full"), lambda: Journal.write(self, statement, *values))
        )


def lab_folders(prefix: str, boards: Sequence[str]) -> Path:
    """A lab's folders with board files, in memory where that can be had: a journal writes to the disk each time."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    root = Path(tempfile.mkdtemp(prefix=prefix, dir=memory))
    for folder in ("ro/boards", "ro/conf", "rw", "core", "state"):
        (root / folder).mkdir(parents=True)
    for board in boards:
        (root / "ro/boards" / f"{board}.board").write_text('PASSWORD="x"\n')
    return root
