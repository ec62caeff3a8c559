"""What waits for a lab's people, their answers, and what they have allowed for good. All raise ClientError."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.client.api import Api, segment
from fuego_jenkins_remote.client.reading import read, text_of, time_of
from fuego_jenkins_remote.client.values import Request


@dataclass(frozen=True, kw_only=True)
class Held:
    """A request that waits for the people of `host`; `boards` are those of the lab that could run it."""

    host: str
    since: datetime | None
    reason: str
    boards: tuple[str, ...]
    request: Request
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Held:
        """Read the wire form."""
        return cls(
            host=str(data["host"]),
            since=time_of(data, "since"),
            reason=text_of(data, "reason"),
            boards=tuple(str(one) for one in data.get("boards") or ()),
            request=Request.from_json(data["request"]),
            raw=dict(data),
        )


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Something that a lab has allowed for good."""

    id: str
    host: str
    user: str
    team: str
    test: str
    outside: bool
    until: datetime | None
    by: str
    at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Allowed:
        """Read the wire form."""
        return cls(
            id=str(data["id"]),
            host=text_of(data, "host"),
            user=text_of(data, "user"),
            team=text_of(data, "team"),
            test=text_of(data, "test"),
            outside=bool(data.get("outside")),
            until=time_of(data, "until"),
            by=text_of(data, "by"),
            at=time_of(data, "at"),
            raw=dict(data),
        )


def held(api: Api, host: str = "") -> list[Held]:
    """What waits for the caller's labs, or for one of them."""
    return [read(api, Held, one) for one in api.get("/held", {"host": host}).get("held") or ()]


def answer(
    api: Api,
    request: str,
    host: str,
    given: str,
    reason: str,
    *,
    always: Mapping[str, Any] | None = None,
) -> Request:
    """A lab's people's word: approved or rejected; with `always` (until, outside) to all that is like it."""
    body: dict[str, Any] = {"answer": given, "reason": reason}
    if always is not None:
        body["always"] = dict(always)
    path = f"/requests/{segment(request)}/approvals/{segment(host)}"
    return read(api, Request, api.call("PUT", path, body=body))


def allowed(api: Api, host: str = "") -> list[Allowed]:
    """What the caller's labs, or one of them, have allowed for good."""
    return [read(api, Allowed, one) for one in api.get("/allowed", {"host": host}).get("allowed") or ()]


def allow(api: Api, host: str, what: Mapping[str, Any]) -> Allowed:
    """Allow something for good, for a lab."""
    return read(api, Allowed, api.call("PUT", f"/labs/{segment(host)}/allowed", body=dict(what)))


def disallow(api: Api, allowed_id: str) -> None:
    """Take it back."""
    api.call("DELETE", f"/allowed/{segment(allowed_id)}")
