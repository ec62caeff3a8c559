"""Standing approvals: what a lab's people have allowed for good, so that they are not asked each time.

They answer for the people where the hub, or the lab's own policy, would have asked them. The policy (`lab-policy.yaml`)
decides last all the same: it may not count who gave it, and what it refuses stays refused.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.records import Caller, Lab, Request, StandingApproval
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.hub.statements import standing as sql
from fuego_jenkins_remote.network.permissions import Action, Thing, may

MAX_OF_LAB = 500
"""A lab has no more of them: each question to its people reads them."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def applying(conn: sa.Connection, request: Request, host: str, now: datetime) -> StandingApproval | None:
    """The lab's yes for good that speaks of this request, if there is one; the oldest.

    One whose giver may not answer for the lab any more counts no more.
    """
    found = [one for one in sql.of_hosts(conn, [host]) if one.fits(request, now)]
    return next((one for one in found if counts(conn, one)), None)


def counts(conn: sa.Connection, given: StandingApproval) -> bool:
    """Whether who gave it may still answer for the lab."""
    lab = people.find_lab(conn, given.host)
    if lab is None:
        return False
    if given.by_kind == "lab":
        return given.by == given.host
    giver = people.caller(conn, given.by)
    return giver is not None and _answers(giver, lab)


def allow(
    change: Change,
    caller: Caller,
    host: str,
    *,
    user: str = "",
    team: str = "",
    test: str,
    until: datetime | None = None,
    outside: bool = False,
) -> StandingApproval:
    """Say yes for good, for a lab; the same again only says until when and for what source anew.

    `test` is as `names.check_test_pattern` gives it. Raises NotKnown, NotYours, Refused.
    """
    lab = must_answer_for(change.conn, caller, host)
    if not (user or team):
        raise Refused("say whose requests are allowed: a user, a team, or a user of a team")
    if user and not people.user_exists(change.conn, user):
        raise NotKnown(f"there is no user {user}")
    if team and not people.team_exists(change.conn, team):
        raise NotKnown(f"there is no team {team}")
    if until is not None and until <= change.at:
        raise Refused(f"{until.isoformat()} is over: it would allow nothing")
    if sql.count(change.conn, host) >= MAX_OF_LAB:
        raise Refused(f"{host} allows {MAX_OF_LAB} things for good already: take some back first")
    given = StandingApproval(
        id="a-" + "".join(secrets.choice(_LETTERS) for _ in range(8)),
        host=host,
        user=user,
        team=team,
        test=test,
        outside=outside,
        until=until,
        by=caller.name,
        by_kind=caller.kind,
        at=change.at,
    )
    kept = sql.put(change.conn, given)
    audit.write(change, caller, "allow", f"lab {host}", said(kept), team=lab.team)
    return kept


def disallow(change: Change, caller: Caller, standing_id: str) -> StandingApproval:
    """Take it back: the people are asked again, from the next request on. Raises NotKnown, NotYours."""
    given = sql.find(change.conn, standing_id)
    if given is None:
        raise NotKnown(f"nothing is allowed under {standing_id}: ftc list-allowed shows what is")
    lab = must_answer_for(change.conn, caller, given.host)
    if sql.delete(change.conn, standing_id):
        audit.write(change, caller, "disallow", f"lab {given.host}", said(given), team=lab.team)
    return given


def listed(conn: sa.Connection, caller: Caller, host: str | None = None) -> list[StandingApproval]:
    """What is allowed for good at the caller's labs, or at one of them."""
    if host is not None:
        must_answer_for(conn, caller, host)
    return sql.of_hosts(conn, [host] if host is not None else people.labs_kept_by(conn, caller))


def must_answer_for(conn: sa.Connection, caller: Caller, host: str) -> Lab:
    """The lab, if the caller answers for it; raises NotKnown, NotYours."""
    lab = people.find_lab(conn, host)
    if lab is None:
        raise NotKnown(f"there is no lab {host}")
    if not _answers(caller, lab):
        raise NotYours(f"only maintainers of the team {lab.team} and the lab {host} itself answer for {host}")
    return lab


def said(given: StandingApproval) -> str:
    """What it allows, in words."""
    whose = " for ".join(part for part in (given.user, f"the team {given.team}" if given.team else "") if part)
    source = ", also as a package or from git" if given.outside else ""
    end = f", until {given.until:%Y-%m-%d %H:%M} UTC" if given.until else ""
    return f"{given.id}: {given.test} of {whose}{source}{end}"


def _answers(caller: Caller, lab: Lab) -> bool:
    return may(caller.actor, Action.ANSWER_REQUEST, Thing(labs={lab.host: lab.team}))
