"""The audit log: who has changed what, from where. Written in the transaction of the change; nothing secret is in it.

What labs' machines say of their boards and attempts all the time is not in it (it is with the board, and in the
request's history); what people do is, and what labs set.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.records import AuditEntry, Caller
from fuego_jenkins_remote.hub.rights import allowed, require
from fuego_jenkins_remote.hub.statements import audit as sql
from fuego_jenkins_remote.network.permissions import Action, Thing

OPERATOR = "operator"
"""Who it was, where no token was used: somebody on the hub's machine, with its data folder."""

Filter = sql.Filter

_LONGEST = 1000


def write(
    change: Change,
    caller: Caller | None,
    action: str,
    thing: str,
    detail: str = "",
    *,
    team: str = "",
    request_id: str | None = None,
) -> int:
    """Write down that the caller has done `action` to `thing` (`board demolab:bbb`, `user tim`), and how.

    A caller of None is who the transaction is for (`change.caller`), else the operator. Admins of `team` see it, and
    the network's; of a request only those who may see that. Gives the entry's id.
    """
    who = caller or change.caller
    return sql.insert(
        change.conn,
        AuditEntry(
            at=change.at,
            kind=who.kind if who else OPERATOR,
            name=who.name if who else OPERATOR,
            token=who.token if who else "",
            address=change.address,
            action=action,
            thing=thing,
            detail=detail[:_LONGEST],
            team=team,
            request_id=request_id,
        ),
    )


def listed(conn: sa.Connection, caller: Caller, wanted: Filter) -> tuple[list[AuditEntry], int | None]:
    """A page of the log, newest first, and where the next begins: of the teams whose admin the caller is.

    The network's admins see all, but nobody sees an entry on a request that is not for their eyes. Raises NotYours.
    """
    teams = [one.team for one in caller.teams if allowed(caller, Action.SEE_AUDIT, Thing(team=one.team))]
    of_all = allowed(caller, Action.SEE_AUDIT)
    if wanted.team and not of_all:
        teams = [team for team in teams if team == wanted.team]
    if not teams and not of_all:
        where = Thing(team=wanted.team)
        require(caller, Action.SEE_AUDIT, where, otherwise="the audit log is for admins: of a team, or of the network")
    found = sql.listed(conn, caller, None if of_all else teams, replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    return shown, shown[-1].id if len(found) > wanted.limit else None


def all_of(conn: sa.Connection, wanted: Filter) -> list[AuditEntry]:
    """The newest entries, whoever they are for: for the operator, who has the data anyhow."""
    return sql.listed(conn, None, None, wanted, everything=True)
