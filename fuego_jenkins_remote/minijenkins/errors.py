"""What can go wrong in the embedded controller.

ControllerError
├── SetupError          it cannot start as told (address, users, data folder)
├── BadSchedule         a timer's cron words are not understood
└── Refused             a request is refused; carries the HTTP status Jenkins gives
    ├── NotFound        404
    └── NotDone         501: Jenkins could, this controller cannot
"""

from __future__ import annotations


class ControllerError(Exception):
    """Base of all errors of the embedded controller; the message is for people."""


class SetupError(ControllerError):
    """The controller cannot start as it was told to."""


class BadSchedule(ControllerError):
    """Cron words that are not understood; the message says which and why."""


class Refused(ControllerError):
    """A request that is answered with an error; `status` is the HTTP status Jenkins gives for it.

    `bare` errors are those that Jenkins' servlet container writes: they come without the X-Jenkins header.
    """

    def __init__(self, status: int, message: str, *, bare: bool = False) -> None:
        """`message` says in one line what was wrong."""
        super().__init__(message)
        self.status = status
        self.bare = bare


class NotFound(Refused):
    """There is no such job, build, node, view or queue item."""

    def __init__(self, message: str) -> None:
        """`message` says what there is not."""
        super().__init__(404, message)


class NotDone(Refused):
    """Jenkins could do it, the embedded controller does not."""

    def __init__(self, what: str) -> None:
        """`what` names the thing that was asked for."""
        super().__init__(501, f"{what}: not done by the embedded controller; a real Jenkins does it")
