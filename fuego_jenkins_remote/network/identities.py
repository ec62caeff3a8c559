"""The names of requests, attempts, runs and calls, and the checks of what others send as such a name.

Formats are those of docs/protocol.md. All of them are safe as a file name, as a Jenkins parameter and in a URL.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_RANDOM_CHARACTERS = 8  # 40 bits: enough not to be guessed within a millisecond's worth of requests

_REQUEST = re.compile(r"[0-9]{8}-[0-9]{9}-[a-z2-7]{8}")
_CAMPAIGN = re.compile(r"c-[0-9]{8}-[0-9]{9}-[a-z2-7]{8}")
_SHORT = re.compile(r"[a-z2-7]{8}")
_CALL = re.compile(r"[A-Za-z0-9._-]{8,64}")
_RUN_KEY = re.compile(r"(?P<host>[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})/(?P<local>[A-Za-z0-9][A-Za-z0-9.-]{7,63})")
_SHA256 = re.compile(r"[0-9a-f]{64}")

MAX_ATTEMPTS = 99


class BadIdentity(ValueError):
    """A text that is no request id, attempt, run key, call id or digest; the message shows an example."""


def new_request_id(now: datetime) -> str:
    """A request id for a put at `now` (aware): sorts by time, and its end cannot be guessed."""
    return _sortable(now)


def moment_of(request_id: str) -> datetime:
    """When a request of this id was put; raises BadIdentity."""
    check_request_id(request_id)
    try:
        return datetime.strptime(f"{request_id[:18]}000+0000", "%Y%m%d-%H%M%S%f%z")
    except ValueError:
        raise BadIdentity(f"no request id: {_shown(request_id)} names no time") from None


def new_campaign_id(now: datetime) -> str:
    """A campaign id for requests that were put together at `now` (aware)."""
    return f"c-{_sortable(now)}"


def new_call_id() -> str:
    """An id for one changing call. Write it down before the call, and use it again when the answer was lost."""
    return secrets.token_hex(16)


def check_request_id(text: str) -> str:
    """Give `text` back if it is a request id; raises BadIdentity."""
    return _checked(_REQUEST, text, "request id", "20261123-101500123-k3j7x2m4")


def check_campaign_id(text: str) -> str:
    """Give `text` back if it is a campaign id; raises BadIdentity."""
    return _checked(_CAMPAIGN, text, "campaign id", "c-20261123-101500123-k3j7x2m4")


def check_token_id(text: str) -> str:
    """Give `text` back if it is the ID of a token; raises BadIdentity."""
    return _checked(_SHORT, text, "ID of a token", "uk3j7x2m, as ftc list-tokens shows it")


def check_invitation_id(text: str) -> str:
    """Give `text` back if it is the ID of an invitation; raises BadIdentity."""
    return _checked(_SHORT, text, "ID of an invitation", "k3j7x2m4, as ftc list-invitations shows it")


def check_call_id(text: str) -> str:
    """Give `text` back if it is a call id (8 to 64 characters); raises BadIdentity."""
    return _checked(_CALL, text, "call id", "3f1c0a8e5d")


def check_sha256(text: str) -> str:
    """Give `text` back if it is a SHA-256 in lower-case hexadecimal; raises BadIdentity."""
    return _checked(_SHA256, text, "SHA-256", "64 characters 0-9 a-f")


def run_key(host: str, attempt: AttemptId) -> str:
    """The key of the run that `attempt` made at `host`; host is a checked name."""
    return f"{host}/{attempt}"


def split_run_key(text: str) -> tuple[str, str]:
    """Host and the part behind it; raises BadIdentity. The second part is safe as a file name."""
    match = _RUN_KEY.fullmatch(text)
    if match is None or ".." in text:
        raise BadIdentity(f"no run key: {_shown(text)} (like demolab/20261123-101500123-k3j7x2m4.1)")
    return match["host"], match["local"]


@dataclass(frozen=True, order=True)
class AttemptId:
    """One try of a request: its text, `REQUEST.N`, names the request folder, the outbox entry and the run."""

    request: str
    number: int

    def __str__(self) -> str:
        """`REQUEST.N`."""
        return f"{self.request}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> AttemptId:
        """Read `REQUEST.N`; raises BadIdentity."""
        request, _, number = text.partition(".")
        if not _REQUEST.fullmatch(request) or not re.fullmatch(r"[1-9][0-9]?", number):
            raise BadIdentity(f"no attempt: {_shown(text)} (like 20261123-101500123-k3j7x2m4.1)")
        return cls(request, int(number))


def _sortable(now: datetime) -> str:
    if now.tzinfo is None:
        raise ValueError("a naive datetime names no moment")
    utc = now.astimezone(UTC)
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"{utc:%Y%m%d-%H%M%S}{utc.microsecond // 1000:03d}-{random}"


def _checked(pattern: re.Pattern[str], text: str, what: str, example: str) -> str:
    if not pattern.fullmatch(text):
        raise BadIdentity(f"no {what}: {_shown(text)} (like {example})")
    return text


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "…")
