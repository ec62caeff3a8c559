"""Putting requests, reading them, calling them off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub import approvals, audit, choice, life, outlook, sight, telling
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.queue import lanes, quota
from fuego_jenkins_remote.hub.queue.stops import Stopped, Stops
from fuego_jenkins_remote.hub.records import Board, Caller, Lane, NewCampaign, NewRequest, Request
from fuego_jenkins_remote.hub.rights import must_be_good_for
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import campaigns as campaign_sql
from fuego_jenkins_remote.hub.statements import locks, matches
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.identities import new_campaign_id, new_request_id
from fuego_jenkins_remote.network.matching import listed
from fuego_jenkins_remote.network.permissions import Action, Thing, may
from fuego_jenkins_remote.network.states import FINAL, By, Event, State

MAX_CAMPAIGN = 500
"""Requests that one put may make."""
MAX_NOTIFIED = 20
"""Users who are told of a request, beside its requester."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a put of one test comes to: for which team, which boards match, and the requests that are made for them."""

    team: str
    boards: Sequence[Board]
    parts: Sequence[NewRequest]
    spread: bool  # no two of the parts on one board
    again: Request | None = None  # of which campaign's request it takes the place


def put(change: Change, caller: Caller, new: NewRequest) -> list[Request]:
    """Accept a request: one, or as many as `new.count` says, which then share a campaign.

    Each board of `each` gets a request of its own; of N requests no two run on the same board. The same call id again
    gives what it made. Raises NoBoard if nothing may run it, Refused for a source, a deadline, a count that cannot be.
    """
    return put_and_tell(change, caller, new)[0]


def put_and_tell(change: Change, caller: Caller, new: NewRequest) -> tuple[list[Request], list[str]]:
    """The same, and what its requester should know of it, in sentences; nothing is told again."""
    must_be_a_user(caller)
    fingerprint = fingerprint_of(new)
    made = made_before(change, caller, new.call_id, fingerprint)
    if made:
        return made, []
    planned = plan(change, caller, new)
    campaign = None
    if new.count != 1:
        campaign = new_campaign_id(change.at)
        campaign_sql.insert(
            change.conn,
            campaign_id=campaign,
            new=NewCampaign(call_id=new.call_id, notes=new.notes, private=new.private, parts=(new,)),
            requester=caller.name,
            team=planned.team,
            now=change.at,
        )
    made = write(change, caller, [planned], campaign=campaign, fingerprint=fingerprint)
    return made, to_know(Stops(conn=change.conn, reader=caller, now=change.at), caller, planned, new)


def to_know(stops: Stops, caller: Caller, planned: Plan, new: NewRequest) -> list[str]:
    """What the requester should know of what was put, in sentences."""
    wish = choice.wish_of(new, (planned.team,), caller.name)
    return outlook.sentences(stops.of_wish(wish, planned.boards), planned.team, new)


def must_be_a_user(caller: Caller) -> None:
    """Raise NotYours for a lab, and for a token that only looks."""
    if caller.kind != "user":
        raise NotYours("requests are put by users; this is the token of a lab")
    must_be_good_for(caller, Action.PUT_REQUEST)


def made_before(change: Change, caller: Caller, call_id: str, fingerprint: str) -> list[Request]:
    """The requests that the same call has made already; raises Conflict where the call id was used for another."""
    made = sql.of_put(change.conn, caller.name, call_id)
    if made and made[0].fingerprint != fingerprint:
        raise Conflict("this call id was already used for another request: choose a new one")
    return made


def for_team(new: NewRequest, team: str | None) -> NewRequest:
    """The same, asked for by this team."""
    return replace(new, team=team)


def plan(
    change: Change,
    caller: Caller,
    new: NewRequest,
    *,
    again: Request | None = None,
    chooser: choice.Chooser | None = None,
) -> Plan:
    """What a put comes to, without writing anything; `again`: in place of this one. Raises as `put`.

    `chooser` is for those that are planned together.
    """
    _check(change, caller, new)
    new = choice.with_its_needs(change.conn, new)
    locks.boards_stay(change.conn)
    chooser = chooser or choice.Chooser(conn=change.conn, caller=caller, now=change.at)
    team, matching = chooser.team_and_boards(new)
    _check_eyes(change.conn, caller, new, team, matching)
    parts = _parts(new, matching)
    spread = len(parts) > 1 and new.count != "each"
    return Plan(team=team, boards=matching, parts=parts, spread=spread, again=again)


def write(
    change: Change, caller: Caller, plans: Sequence[Plan], *, campaign: str | None, fingerprint: str
) -> list[Request]:
    """Make all requests of the plans, which have one call id; labs are woken."""
    rows: list[sql.Row] = []
    found: dict[tuple[object, ...], Lane] = {}
    for number, planned in enumerate(plans):
        old = planned.again
        group = old.spread_group if old else f"{campaign}/{number}" if planned.spread else None
        for one in planned.parts:
            asked = (one.selector, one.needs, planned.team)
            if asked not in found:
                wish = choice.wish_of(one, (planned.team,), caller.name)
                found[asked] = lanes.lane_for(change.conn, choice.effective(wish), planned.team, caller.name)
            rows.append(
                sql.Row(
                    id=new_request_id(change.at),
                    part=len(rows),
                    new=one,
                    lane=found[asked],
                    spread_group=group,
                    rerun_of=old.id if old else None,
                )
            )
    selector_ids = {lane.selector_id for lane in found.values()}
    offers = {one: matches.offers_by_id(change.conn, one) for one in sorted(selector_ids)}
    quota.must_have_room(change.conn, rows, offers, change.at)
    made = sql.insert(
        change.conn, rows, requester=caller.name, campaign=campaign, fingerprint=fingerprint, now=change.at
    )
    change.moved[str(State.PENDING)] += len(rows)
    if change.on_put is not None:
        change.on_put(change, rows=rows)
    lanes.enter_all(change.conn, rows)
    change.wake_labs({offer.host for of_one in offers.values() for offer in of_one})
    if any(offer.terms.ask for of_one in offers.values() for offer in of_one):
        made = [approvals.settle(change, one) for one in made]
    more = f" and {len(made) - 1} more" if len(made) > 1 else ""
    _note(change, caller, "put-request", made[0], f"{made[0].test} on {made[0].selector}{more}")
    return made


def find(conn: sa.Connection, request_id: str) -> Request:
    """One request; raises NotKnown."""
    request = sql.find(conn, request_id)
    if request is None:
        raise NotKnown(f"there is no request {request_id}")
    return request


def told(conn: sa.Connection, reader: Caller | None, request: Request, now: datetime) -> telling.Told:
    """What is happening to it, in words, for who may see it."""
    boards: Sequence[Stopped] = []
    if request.state is State.PENDING and not request.held:
        found = board_sql.of_lane(conn, request.lane_id, most=choice.MOST_BOARDS)
        boards = Stops(conn=conn, reader=reader, now=now).of_request(request, found)
    return telling.tell(request, boards, attempt_sql.current(conn, request), now)


def cancel(change: Change, caller: Caller, request_id: str, call_id: str, reason: str) -> Request:
    """Call it off, for its requester and the team's keepers, or for the lab where it is.

    A running one is stopped by its lab first. Raises NotKnown for one that the caller may not see.
    """
    must_be_good_for(caller, Action.CANCEL_REQUEST)
    life.hold(change, request_id)
    request = sight.find_for(change.conn, caller, request_id)
    by = _cancels_as(change, caller, request)
    if request.cancel_id == call_id:
        return request
    if request.state in FINAL or request.state is State.TESTED:
        raise Conflict(f"too late: the request {request_id} is already {request.state}")
    if request.cancel_requested:
        raise Conflict(f"the request {request_id} is already being cancelled")
    _note(change, caller, "cancel-request", request, reason)
    if request.state is State.RUNNING:
        return _ask_to_stop(change, request, who=caller.name, call_id=call_id, reason=reason)
    asked: dict[str, Any] = {"cancel_requested": True, "cancel_id": call_id, "cancel_by": caller.name}
    cancelled = life.move(change, request, Event.CANCEL, by=by, who=caller.name, reason=reason, **asked)
    end_attempt(change, request, State.CANCELLED, reason)
    return cancelled


def run_came(change: Change, request: Request, *, status: str, run_key: str, run_url: str, who: str) -> Request:
    """The run of a request that has ended has come after that was said; raises Conflict where it changes meanwhile.

    What was an error stays one, with its reason: its run only shows why.
    """
    values = {"run_key": run_key, "run_url": run_url}
    if request.state is State.DONE:
        values |= {"status": status, "reason": ""}
    if not sql.change(change.conn, request, change.at, values):
        raise Conflict(f"the request {request.id} has changed meanwhile: somebody else was first")
    life.note(change, request, str(request.state), who=who, reason=f"its run has come: {status}")
    return life.find(change, request.id)


def _note(change: Change, caller: Caller, action: str, request: Request, detail: str) -> None:
    """Into the audit log; of which campaign it is comes first, where it is of one."""
    if request.campaign:
        detail = ": ".join(filter(None, (f"of the campaign {request.campaign}", detail)))
    audit.write(change, caller, action, f"request {request.id}", detail, team=request.team, request_id=request.id)


def _cancels_as(change: Change, caller: Caller, request: Request) -> By:
    """For whom the caller may call it off: the requester's side, or the lab's where it is; raises NotYours."""
    asked = Thing(owner=request.requester, team=request.team)
    if may(caller.actor, Action.CANCEL_REQUEST, asked):
        return By.REQUESTER
    lab = people_sql.find_lab(change.conn, request.host) if request.host else None
    if lab is not None and may(caller.actor, Action.CANCEL_REQUEST, Thing(labs={lab.host: lab.team})):
        return By.LAB
    raise NotYours(
        f"only {request.requester}, who put it, the keepers of the team {request.team} and the lab where it is"
        f" may cancel {request.id}"
    )


def end_attempt(change: Change, request: Request, state: str, reason: str) -> None:
    """The attempt that `request` is at is over, if it is at one."""
    if request.host is None:
        return
    attempt = attempt_sql.find(change.conn, request.id, request.attempt)
    if attempt is not None:
        ended = {"state": state, "ended_at": change.at, "due_at": None, "stop": False, "reason": reason}
        attempt_sql.change(change.conn, attempt, ended)
        # Its board is free: there may be something else for it.
        change.wake_labs([attempt.host])


def _ask_to_stop(change: Change, request: Request, *, who: str, call_id: str, reason: str) -> Request:
    attempt = attempt_sql.find(change.conn, request.id, request.attempt)
    if attempt is None or request.host is None:
        raise Conflict(f"the request {request.id} has no attempt to stop")
    asked = {"cancel_requested": True, "cancel_id": call_id, "cancel_by": who, "reason": reason}
    sql.change(change.conn, request, change.at, asked)
    attempt_sql.change(change.conn, attempt, {"stop": True})
    said = f"cancel asked for: {reason}" if reason else "cancel asked for"
    life.note(change, request, str(request.state), who=who, reason=said)
    change.wake_labs([request.host])
    return life.find(change, request.id)


def _check(change: Change, caller: Caller, new: NewRequest) -> None:
    if new.package is not None and new.git is not None:
        raise Refused("a test comes from a package or from git, not from both")
    if new.package is not None and not sight.sees_package(change.conn, caller, new.package):
        raise Refused(f"the package {new.package} is not here: upload it first", code="unknown-package")
    if new.deadline is not None and new.deadline <= change.at:
        raise Refused(f"the deadline {new.deadline.isoformat()} is over")
    if new.min_version and (new.package or new.git):
        raise Refused("a version is asked of an installed test, not of one that is brought along")
    for user in new.notify:
        if not people_sql.user_exists(change.conn, user):
            raise Refused(f"there is no user {user} to be told")


def _check_eyes(conn: sa.Connection, caller: Caller, new: NewRequest, team: str, found: Sequence[Board]) -> None:
    """Raise Refused for who is to be told of a private request and may not see it."""
    about = Thing(owner=caller.name, team=team, labs={board.host: board.team for board in found}, private=new.private)
    for user in new.notify if new.private else ():
        eyes = people_sql.caller(conn, user)
        if eyes is None or not may(eyes.actor, Action.SEE_REQUEST, about):
            raise Refused(f"{user} may not see a private request of the team {team}, and so cannot be told of it")


def _parts(new: NewRequest, matching: Sequence[Board]) -> list[NewRequest]:
    if new.count == "each":
        if len(matching) > MAX_CAMPAIGN:
            raise Refused(f"more than {MAX_CAMPAIGN} boards match; one call may ask for at most {MAX_CAMPAIGN}")
        return [replace(new, selector=selectors.exactly(b.host, b.name).normal()) for b in matching]
    if new.count > len(matching):
        names = listed([str(board) for board in matching])
        raise Refused(f"{new.count} boards are asked for and {len(matching)} match: {names}", code="no-board")
    if new.count > MAX_CAMPAIGN:
        raise Refused(f"one call may make at most {MAX_CAMPAIGN} requests")
    return [new] * new.count


def fingerprint_of(new: NewRequest) -> str:
    """Of what was put, to know it again."""
    # A field that is newer than the hub that made the request counts only where it says something.
    newer = {"team": None, "private": False, "needs": (), "min_version": "", "notify": ()}
    whole = {**vars(new), "options": asdict(new.options), "git": asdict(new.git) if new.git else None}
    said = {name: value for name, value in whole.items() if name not in newer or value != newer[name]}
    # What the client reckons with each call: how far `2h` reaches, where a branch is by now.
    said["deadline"] = None
    if new.git is not None:
        said["git"].pop("commit")
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
