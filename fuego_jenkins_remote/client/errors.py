"""What can go wrong between us and a service, in words for a person.

ClientError
├── Unreachable      no answer: nothing listens, name unknown, TLS refused, timed out
├── UnsafeAddress    a token would have gone over plain http to another machine
├── TooLarge         more was sent than may be
└── Answered         the service answered with an error
    ├── NotAllowed   401, 403
    ├── NotFound     404
    ├── Conflict     409: it is already otherwise
    └── Invalid      400, 413, 422: what was sent is not right
"""

from __future__ import annotations


class ClientError(Exception):
    """Anything that keeps a call from its answer."""


class Unreachable(ClientError):
    """The service gave no answer; whether it got the call is not known."""


class UnsafeAddress(ClientError):
    """A token goes over https only, or to this machine."""


class TooLarge(ClientError):
    """What came was cut off at the limit; nothing of it was kept."""


class Answered(ClientError):
    """An error that the service answered; `status` is HTTP's, `code` the service's own word."""

    def __init__(self, message: str, *, status: int, code: str = "") -> None:
        """Keep the status and the code beside the message."""
        super().__init__(message)
        self.status = status
        self.code = code

    @property
    def will_pass(self) -> bool:
        """Whether the same call may be answered otherwise a little later: the service is in trouble, or has enough."""
        return self.status >= 500 or self.status == 429


class NotAllowed(Answered):
    """The token is missing, wrong, expired, or may not do this."""


class NotFound(Answered):
    """There is no such thing."""


class Conflict(Answered):
    """Somebody else was first, or it is already otherwise."""


class Invalid(Answered):
    """What was sent is not right; the message names the field."""


BY_STATUS: dict[int, type[Answered]] = {
    400: Invalid,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    422: Invalid,
}
