"""Whether clients of old Fuego servers are let in, and for whom they act: one user, in one team."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.hub.statements import fserver as old_sql
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.hub.statements import teams as team_sql
from fuego_jenkins_remote.network.permissions import Level

USER = "fserver"
"""Who it is that old clients act for: a user without a token, whom nobody can sign in as."""


class Mode(StrEnum):
    """How far old clients are let in; they send no token."""

    OFF = "off"  # not at all
    HELD = "held"  # what they put waits for people; no packages
    OPEN = "open"  # all that their team may do, at its labs


@dataclass(frozen=True, kw_only=True)
class Fserver:
    """What the operator has said. `vision` is where runs are, with the file of a token that may bring some of any lab;
    without it old clients get no runs. `ca_file` is for its certificate.
    """

    mode: Mode
    team: str
    vision: str = ""
    vision_token_file: Path | None = None
    ca_file: Path | None = None

    @property
    def open(self) -> bool:
        """Whether they may do all that their team may do."""
        return self.mode is Mode.OPEN

    @property
    def warning(self) -> str:
        """What who starts such a hub is to know."""
        if self.open:
            return (
                "clients of old Fuego servers are let in without a token: whoever reaches this address may do all that"
                f" the team {self.team} may do, with a browser in its network, too (--fserver open)"
            )
        return (
            "clients of old Fuego servers are let in without a token: what they put waits for the people of the team"
            f" {self.team}, and everybody who reaches this address reads it (--fserver held)"
        )

    @property
    def caller(self) -> Caller:
        """Who acts: where all is open, like who keeps the team's labs; else like somebody who asks for tests."""
        level = Level.MAINTAINER if self.open else Level.MEMBER
        return Caller(kind="user", name=USER, teams=(Membership(team=self.team, level=level),))


def prepare(change: Change, fserver: Fserver) -> None:
    """See to the user that old clients act for; the team is the operator's choice.

    Raises NotKnown for a team that is not there, Conflict where a person is called like that user.
    """
    if not sql.team_exists(change.conn, fserver.team):
        raise NotKnown(f"there is no team {fserver.team} that old clients could act for (--fserver-team)")
    have_user(change, fserver.team)
    for place in sql.places_of(change.conn, USER):
        team = place.partition(":")[0]
        if team != fserver.team:
            team_sql.remove(change.conn, USER, team)


def have_user(change: Change, team: str) -> None:
    """The user that old clients act for is there, in this team; raises Conflict where a person is called like it."""
    if not sql.user_exists(change.conn, USER):
        sql.insert_user(change.conn, name=USER, email="", notify=(), now=change.at)
        audit.write(change, None, "add-user", f"user {USER}", "clients of old Fuego servers")
    elif old_sql.has_token(change.conn, USER):
        raise Conflict(f"there is a person called {USER}, who has a token: old clients cannot act under that name")
    if team_sql.level_of(change.conn, USER, team) is None:
        team_sql.set_level(change.conn, USER, team, Level.MEMBER)
        audit.write(change, None, "set-member", f"user {USER}", f"member of {team}", team=team)
