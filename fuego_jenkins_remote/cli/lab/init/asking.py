"""Asking a person, where there is one; everything can be given by options instead, and then nobody is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from fuego_jenkins_remote.cli.errors import Failed, message_of, status_of
from fuego_jenkins_remote.cli.settings import MAX_TOKEN

TRIES = 5
"""So often a person may answer one question."""
_T = TypeVar("_T")


@dataclass
class Asker:
    """`asks` False: every question is answered by its default, and a missing one is a mistake of the call."""

    asks: bool
    note: Callable[[str], None] = field(repr=False, default=lambda _: None)

    def text(self, question: str, default: str, option: str) -> str:
        """One line. Raises Failed where nobody can be asked and there is no default."""
        if not self.asks:
            if not default:
                raise Failed(f"{question} is not known: give {option}")
            return default
        return str(click.prompt(question, default=default or None, err=True)).strip()

    def choice(self, question: str, default: str) -> str:
        """One line that may stay empty; the default where nobody can be asked."""
        if not self.asks:
            return default
        return str(click.prompt(question, default=default, err=True, show_default=bool(default))).strip()

    def secret(self, question: str, option: str) -> str:
        """A token, which is not shown while it is typed; or the path of a file with one."""
        if not self.asks:
            raise Failed(f"{question} is not known: give {option} FILE (or - to read it from standard input)")
        return str(click.prompt(f"{question} (not shown; or a file's path)", hide_input=True, err=True)).strip()

    def until_well(self, attempt: Callable[[Exception | None], _T]) -> _T:
        """Call until it does not fail: `attempt` is told of what it failed before. A script gets the first failure."""
        failed: Exception | None = None
        for number in range(TRIES):
            try:
                return attempt(failed)
            except Exception as error:
                if not self.asks or status_of(error) is None or number == TRIES - 1:
                    raise
                self.note(f"{message_of(error)}")
                failed = error
        raise AssertionError("unreachable")


def read_line_of_stdin(what: str) -> str:
    """The next line of standard input, for a token. Raises Failed for none."""
    line = sys.stdin.readline(MAX_TOKEN + 2).strip()
    if not line:
        raise Failed(f"{what}: standard input has no line with it")
    return line


def is_path(text: str) -> bool:
    """Whether an answer names a file instead of being the token itself."""
    return text.startswith(("/", "~", "./", "../"))


def as_path(text: str) -> Path:
    """A path as a person gives it."""
    return Path(text).expanduser().absolute()
