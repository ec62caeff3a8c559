"""What an import is for, what comes of each thing, and who it is that it acts for."""

from __future__ import annotations

from dataclasses import dataclass

from fuego_jenkins_remote.fuego.names import check_host_name
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.fserver.settings import USER, have_user
from fuego_jenkins_remote.hub.people.teams import have_team
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.network.permissions import Level

WHO = "import"
"""Who stands in the history of a request for what the import has done."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """For which team it is, in which the user of old clients is, too.

    `waiting`: requests that wait go on waiting here. `vision_url` is where their runs are; it may be empty.
    """

    team: str
    waiting: bool = False
    vision_url: str = ""

    @property
    def caller(self) -> Caller:
        """Who brings tests and puts requests."""
        return Caller(kind="user", name=USER, teams=(Membership(team=self.team, level=Level.MEMBER),))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One thing that the hub has now; `kind` is boards, tests, binaries, requests or names of runs."""

    path: str
    kind: str
    is_new: bool


def prepare(change: Change, wanted: Import) -> None:
    """See to the team and the user; raises BadName, and Conflict where a person is called as the user is."""
    have_team(change.conn, check_host_name(wanted.team))
    have_user(change, wanted.team)
