"""Labs: each is a team's, and has tokens of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import check_host_name
from fuego_jenkins_remote.hub import audit, boards
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown
from fuego_jenkins_remote.hub.people.teams import have_team
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.rights import require
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.hub.statements import people as sql
from fuego_jenkins_remote.hub.statements import teams as team_sql
from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.service.tokens import add_token


def add_lab(conn: sa.Connection, host: str, *, team: str = "", notify: Sequence[str], now: datetime) -> str:
    """Add a lab of a team, which is made if it is not there and called as the lab if no name is given.

    Gives the secret of the lab's first token.
    """
    check_host_name(host)
    team = check_host_name(team or host)
    if sql.find_lab(conn, host) is not None:
        raise Conflict(f"there is a lab {host} already")
    have_team(conn, team)
    sql.insert_lab(conn, host=host, team=team, notify=notify, now=now)
    return add_token(conn, tokens, kind="lab", owner=host, now=now).secret


def set_notify(change: Change, host: str, notify: Sequence[str]) -> None:
    """Say where a lab's notices go; nowhere: to its maintainers. Raises NotKnown."""
    if sql.find_lab(change.conn, host) is None:
        raise NotKnown(f"there is no lab {host}")
    team_sql.set_notify(change.conn, host, notify)
    # Addresses of chats hold secrets: which they are now is not said.
    audit.write(change, None, "set-lab", f"lab {host}", "other addresses for notices")


def set_team(change: Change, caller: Caller | None, host: str, team: str) -> None:
    """Give a lab to another team, which is made if it is not there; for the network's admins (None: the operator)."""
    if caller is not None:
        require(caller, Action.MANAGE_NETWORK, otherwise="labs are given to teams by the network's admins")
    lab = sql.find_lab(change.conn, host)
    if lab is None:
        raise NotKnown(f"there is no lab {host}")
    if lab.team == check_host_name(team):
        return
    have_team(change.conn, team)
    team_sql.set_owner(change.conn, host, team)
    boards.of_another_team(change, host)
    audit.write(change, caller, "set-lab", f"lab {host}", f"of the team {team}, of {lab.team} before", team=team)
