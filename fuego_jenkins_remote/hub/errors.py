"""What the hub refuses.

    HubError
    ├── NotKnown    there is no such request, board, lab, package
    ├── ShutOut     the token is good no more
    ├── NotYours    it is there, but not for this caller
    ├── Conflict    it is already so, is over, or somebody else was first
    └── Refused     what was sent cannot be done as it is
        └── NoBoard     no board may run it

The message is for the person who asked; `code` is what a program may go by (api/errors.py has the HTTP statuses).
"""

# The names say what is the matter; "Error" after each would say nothing more.

from __future__ import annotations


class HubError(Exception):
    """A call that the hub does not carry out; see the module for the tree."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Take the sentence, and a code of its own if the usual one says too little."""
        super().__init__(message)
        if code is not None:
            self.code = code


class NotKnown(HubError):
    """There is no such thing here."""

    code = "not-found"


class ShutOut(HubError):
    """The caller's token has been revoked, has expired, or its owner was shut out, since the call came."""

    code = "bad-token"


class NotYours(HubError):
    """The caller may not do this."""

    code = "not-yours"


class Conflict(HubError):
    """The state of things does not allow it (any more)."""

    code = "conflict"


class Refused(HubError):
    """The call is understood, but what it asks for cannot be done."""

    code = "refused"


class NoBoard(Refused):
    """No board of the network may run the request; the message has the reasons, board by board."""

    code = "no-board"
