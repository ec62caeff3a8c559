"""How a claim is marked in a request of an old Fuego server, and what such a request is called in this lab. Pure.

A server of that kind has no claims: whoever writes `state=running` has the request. Of the fields that may be changed,
`reason` is free text and nobody else's while a test runs: there stands who has it. `start_time` is when it was marked;
old labs write that, and not the reason, so a claim is ours as long as both are.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from fuego_jenkins_remote.fuego.fserver_format import RequestId

_MARK = re.compile(r"claimed by (?P<host>[^ ]+) \((?P<bridge>[0-9a-f]{8})\.(?P<claim>[0-9a-f]{12})\)")
MAX_REASON = 500
"""Characters of a reason that is told: it is one line of a file that others read."""


def request_name(request: RequestId) -> str:
    """A request's id in the form of this network's, always the same: folders, jobs and runs of a lab are called so."""
    digest = hashlib.sha256(str(request).encode()).digest()[:5]
    end = base64.b32encode(digest).decode().lower()
    return f"{request.at:%Y%m%d-%H%M%S}{request.at.microsecond // 1000:03d}-{end}"


def mark_of(host: str, bridge: str, claim: str) -> str:
    """The mark of one claim: `bridge` (8 hexadecimal digits) is that of a state_dir, `claim` (12) of one try."""
    return f"claimed by {host} ({bridge}.{claim})"


def bridge_of(reason: str) -> str:
    """The bridge whose mark a reason is; empty for none."""
    found = _MARK.fullmatch(reason)
    return found["bridge"] if found else ""


def is_ours(record: Mapping[str, str], mark: str, start_time: str) -> bool:
    """Whether a record still bears a claim's mark. The server itself takes a running one's reason away after 12 h."""
    if record.get("start_time") != start_time:
        return False
    return record.get("state") != "running" or record.get("reason") == mark


def told(text: str) -> str:
    """A reason as it may be stored there: one line of ASCII, since all else breaks the server's lists."""
    line = " ".join(text.encode("ascii", "replace").decode().split())
    return "".join(sign if sign.isprintable() else " " for sign in line)[:MAX_REASON]
