"""Putting requests of a campaign again: new requests in the same campaign, which replace the old ones in its table."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from fuego_jenkins_remote.hub import life, requests, rights
from fuego_jenkins_remote.hub.campaigns import log, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.choice import Chooser
from fuego_jenkins_remote.hub.errors import Conflict, Refused
from fuego_jenkins_remote.hub.records import Caller, Campaign, NewRequest, Request
from fuego_jenkins_remote.hub.requests import MAX_CAMPAIGN, Plan
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.hub.statements import requests as request_sql
from fuego_jenkins_remote.network.campaigns import Group, Part
from fuego_jenkins_remote.network.permissions import Action, Thing
from fuego_jenkins_remote.network.states import By, Event, State

MAX_IN_ALL = 10 * MAX_CAMPAIGN
"""Requests of a campaign, with those that were replaced."""


@dataclass(frozen=True, kw_only=True)
class Again:
    """The new requests, and those that could not be put again, each with the reason."""

    made: Sequence[Request]
    left: Sequence[tuple[str, str]] = ()


def rerun(change: Change, caller: Caller, campaign_id: str, call_id: str, groups: Collection[Group]) -> Again:
    """Put again what ended as these groups say, by and for who calls; what cannot be put again stays as it is.

    Each is asked for as it was, but without its deadline: on the board where it was alone meant for, else on any that
    matches. A lost one is called off first, so that it has one result at most. The same call id again gives what it
    made. Raises Refused where there is nothing to put again, NotYours, NotKnown.
    """
    campaign = sight.find_for(change.conn, caller, campaign_id)
    _must_be_allowed(caller, campaign)
    fingerprint = _fingerprint(campaign_id, groups)
    made = requests.made_before(change, caller, call_id, fingerprint)
    if made:
        return Again(made=made)
    parts = [one.part for one in sql.members(change.conn, campaign_id)]
    wanted = [part.id for part in parts if part.group in groups]
    if not wanted:
        raise Refused(_nothing(campaign_id, groups, parts), code="nothing-to-do")
    if sql.size(change.conn, campaign_id) + len(wanted) > MAX_IN_ALL:
        raise Refused(f"{campaign_id} has had {MAX_IN_ALL} requests: put a new campaign")
    plans, left = _plans(change, caller, campaign, wanted, call_id)
    if not plans:
        reasons = "\n  ".join(dict.fromkeys(why for _, why in left))
        raise Refused(f"nothing of {campaign_id} can be put again:\n  {reasons}")
    made = requests.write(change, caller, plans, campaign=campaign_id, fingerprint=fingerprint)
    for request in made:
        _replace(change, caller, request)
    sql.goes_on_again(change.conn, campaign_id)
    said = f"{len(made)} put again of what is {' or '.join(sorted(groups))}"
    log.write(change, caller, "rerun-campaign", campaign, said, through=made[0].id)
    change.wake_campaign(campaign_id)
    return Again(made=made, left=left)


def _nothing(campaign_id: str, groups: Collection[Group], parts: Sequence[Part]) -> str:
    """That there is nothing to put again, and what there would be if other groups were asked for."""
    others = Counter(part.group for part in parts if part.group is not None)
    there = f"; {', '.join(f'{number} {group}' for group, number in sorted(others.items()))}" if others else ""
    return f"nothing of {campaign_id} is {' or '.join(sorted(groups))}{there}"


def _must_be_allowed(caller: Caller, campaign: Campaign) -> None:
    requests.must_be_a_user(caller)
    otherwise = (
        f"only {campaign.requester}, who put it, and the maintainers of the team {campaign.team} may put requests of "
        f"{campaign.id} again"
    )
    rights.require(caller, Action.PUT_REQUEST, Thing(team=campaign.team), otherwise=otherwise)
    rights.require(caller, Action.CANCEL_REQUEST, sight.thing(campaign), otherwise=otherwise)


def _plans(
    change: Change, caller: Caller, campaign: Campaign, wanted: Sequence[str], call_id: str
) -> tuple[list[Plan], list[tuple[str, str]]]:
    chooser = Chooser(conn=change.conn, caller=caller, now=change.at)
    plans: list[Plan] = []
    left: list[tuple[str, str]] = []
    for request_id in wanted:
        old = life.find(change, request_id)
        try:
            plans.append(
                requests.plan(change, caller, _as_new(old, campaign.team, call_id), again=old, chooser=chooser)
            )
        except Refused as error:
            left.append((request_id, str(error)))
    return plans, left


def _as_new(old: Request, team: str, call_id: str) -> NewRequest:
    """What the request asked for, whichever fields there are."""
    same = {one.name: getattr(old, one.name) for one in fields(NewRequest) if hasattr(old, one.name)}
    return NewRequest(**{**same, "call_id": call_id, "count": 1, "deadline": None, "team": team})


def _replace(change: Change, caller: Caller, new: Request) -> None:
    old = life.find(change, str(new.rerun_of))
    if old.state is State.LOST:
        asked: dict[str, Any] = {"cancel_requested": True, "cancel_by": caller.name}
        said = f"asked for again: {new.id}"
        old = life.move(change, old, Event.CANCEL, by=By.REQUESTER, who=caller.name, reason=said, **asked)
        requests.end_attempt(change, old, State.CANCELLED, said)
    # Where it ran does not keep the new one away.
    attempt_sql.spread_no_more(change.conn, old.id)
    if not request_sql.replace(change.conn, old, new.id, change.at):
        raise Conflict(f"the request {old.id} has changed meanwhile: somebody else was first")
    change.wake_readers(old.id)


def _fingerprint(campaign_id: str, groups: Collection[Group]) -> str:
    return hashlib.sha256(json.dumps(["again", campaign_id, sorted(groups)]).encode()).hexdigest()
