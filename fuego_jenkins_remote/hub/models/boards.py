"""Messages on boards, and on who calls."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import (
    Field,
    field_validator,
)

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.models.fields import (
    FACT_NAME,
    Label,
    Short,
    Team,
    Text,
    Wire,
)
from fuego_jenkins_remote.network.permissions import Level


class MembershipOut(Wire):
    """A place in a team."""

    team: str
    level: Level


class WhoAmI(Wire):
    """Who the token speaks for."""

    kind: Literal["user", "lab"]
    name: str
    teams: tuple[MembershipOut, ...]
    email: str


class BoardIn(Wire):
    """A board, as its lab tells of it."""

    facts: dict[str, Short] = Field(default_factory=dict, max_length=2000)
    labels: tuple[Label, ...] = Field(default=(), max_length=100)
    description: Text = ""
    open_to: tuple[Team, ...] = Field(default=(), max_length=100)
    online: bool = True

    @field_validator("facts")
    @classmethod
    def _named(cls, facts: dict[str, str]) -> dict[str, str]:
        for key in facts:
            if not FACT_NAME.fullmatch(key):
                raise ValueError(f"no name of a fact: {key[:120]!r}")
        return facts

    def new(self) -> records.NewBoard:
        """As the domain has it."""
        return records.NewBoard(**dict(self))


class HealthIn(Wire):
    """What a lab sees of its board."""

    health: records.Health
    reason: Text = ""


class BoardOut(Wire):
    """A board."""

    host: str
    name: str
    facts: dict[str, str]
    labels: tuple[str, ...]
    description: str
    open_to: tuple[str, ...]
    online: bool
    health: records.Health
    health_reason: str
    health_since: datetime | None
    updated_at: datetime
    last_seen: datetime
    busy: bool
    busy_with: str | None


class Boards(Wire):
    """Boards, by name."""

    boards: tuple[BoardOut, ...]
