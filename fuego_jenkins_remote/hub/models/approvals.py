"""Messages on what waits for a lab's people, and on what they have allowed for good."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import model_validator

from fuego_jenkins_remote.hub import approvals
from fuego_jenkins_remote.hub.models.fields import NameOrNone, Switch, TestPattern, Utc, Wire
from fuego_jenkins_remote.hub.models.requests import RequestOut


class HeldOut(Wire):
    """A request that waits for the people of `host`, since when, why they are asked, and which boards could run it."""

    host: str
    since: datetime
    reason: str
    boards: tuple[str, ...]
    request: RequestOut

    @classmethod
    def of(cls, held: approvals.Held) -> Self:
        """As the wire has it."""
        return cls(
            host=held.approval.host,
            since=held.approval.at,
            reason=held.approval.reason,
            boards=held.boards,
            request=RequestOut.model_validate(held.request),
        )


class HeldRequests(Wire):
    """What waits for the caller's labs, by lab, the oldest question first."""

    held: tuple[HeldOut, ...]


class AllowIn(Wire):
    """What is allowed for good: requests of a user, of a team, or of a user for a team, for tests."""

    user: NameOrNone = ""
    team: NameOrNone = ""
    test: TestPattern
    until: Utc | None = None
    outside: Switch = False

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.user or self.team):
            raise ValueError("say whose requests are allowed: a user, a team, or both")
        return self


class AllowedOut(Wire):
    """Something that a lab has allowed for good."""

    id: str
    host: str
    user: str
    team: str
    test: str
    outside: bool
    until: datetime | None
    by: str
    at: datetime


class AllowedList(Wire):
    """What labs have allowed for good."""

    allowed: tuple[AllowedOut, ...]
