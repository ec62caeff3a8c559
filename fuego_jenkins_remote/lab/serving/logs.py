"""The lab's log on stderr: a line a record, with nothing in it that a terminal acts upon.

Messages hold what hub, vision, Jenkins and tests have said: none of them is to move a cursor in an admin's terminal, or
to write a line of its own into the journal of a service.
"""

from __future__ import annotations

import logging
import sys


class PlainFormatter(logging.Formatter):
    """Writes what cannot be printed as escapes; only a traceback has lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The message, on one line."""
        return _escaped(super().formatMessage(record), keep="")

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        """The traceback, whose last line may quote anything."""
        return _escaped(super().formatException(ei), keep="\n")  # type: ignore[arg-type]


def log_to_stderr() -> None:
    """Let the lab's warnings and errors go to stderr, plainly; once a process, and not where somebody else has them."""
    log = logging.getLogger("fuego.lab")
    if log.hasHandlers():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter())
    log.addHandler(handler)


def _escaped(text: str, *, keep: str) -> str:
    return "".join(
        sign if sign.isprintable() or sign in keep else sign.encode("unicode_escape").decode("ascii") for sign in text
    )
