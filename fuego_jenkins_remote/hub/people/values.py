"""Teams, their people and labs, and invitations, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.network.permissions import Level
from fuego_jenkins_remote.network.programs import is_behind

Kind = Literal["user", "lab"]


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody in a team."""

    user: str
    level: Level


@dataclass(frozen=True, kw_only=True)
class LabOf:
    """A lab, whose it is, when its bridge was last heard of (none: it says nothing, or has stopped), and its version.

    The version is that of the program whose bridge came last (empty: not known).
    """

    host: str
    team: str
    bridge_seen: datetime | None
    version: str = ""

    @property
    def behind(self) -> bool:
        """Whether its bridge is of an older version than this hub."""
        return is_behind(self.version, __version__)


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team as a list shows it: `people` and `labs` are numbers."""

    name: str
    description: str
    people: int
    labs: int


@dataclass(frozen=True, kw_only=True)
class User:
    """A user as the hub's admins see one."""

    name: str
    email: str
    notify: tuple[str, ...]
    created_at: datetime
    network_admin: bool
    disabled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """A promise of a token to who has its code, once: of a user's place in a team, or of a lab's.

    `name` is who it is for (empty: whoever has the code), of a lab its host.
    """

    id: str
    kind: Kind
    team: str
    level: Level
    name: str
    made_by: str
    description: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str = ""
    used_token: str = ""  # the prefix of the token that came of it; empty: of one that was there before
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """In a word: open, used, expired, revoked."""
        if self.used_at is not None:
            return "used"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if self.expires_at > now else "expired"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What came of an invitation: who somebody is now, in which team, and which token that is (empty: the old one)."""

    kind: Kind
    name: str
    team: str
    level: Level
    token: str
