"""Putting a campaign: several tests for several selectors in one call, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from fuego_jenkins_remote.hub import requests
from fuego_jenkins_remote.hub.campaigns import log, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.choice import Chooser, teams_of
from fuego_jenkins_remote.hub.errors import HubError, NoBoard, Refused
from fuego_jenkins_remote.hub.queue.stops import Stops
from fuego_jenkins_remote.hub.records import Caller, Campaign, NewCampaign, NewRequest
from fuego_jenkins_remote.hub.requests import MAX_CAMPAIGN, Plan
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.identities import new_campaign_id

_SHOWN = 10


def put(change: Change, caller: Caller, new: NewCampaign) -> Campaign:
    """Make all its requests, for one team. The same call id again gives what it made.

    Raises Refused with what is the matter with each part that cannot be put; then nothing was made.
    """
    return put_and_tell(change, caller, new)[0]


def put_and_tell(change: Change, caller: Caller, new: NewCampaign) -> tuple[Campaign, list[str]]:
    """The same, and what its requester should know of it, in sentences; nothing is told again."""
    requests.must_be_a_user(caller)
    fingerprint = _fingerprint(new)
    made = requests.made_before(change, caller, new.call_id, fingerprint)
    if made:
        return sight.find_for(change.conn, caller, str(made[0].campaign)), []
    plans = _plans(change, caller, new)
    total = sum(len(plan.parts) for plan in plans)
    if total > MAX_CAMPAIGN:
        raise Refused(f"it comes to {total} requests; one call may make at most {MAX_CAMPAIGN}")
    campaign_id = new_campaign_id(change.at)
    sql.insert(
        change.conn,
        campaign_id=campaign_id,
        new=new,
        requester=caller.name,
        team=plans[0].team,
        now=change.at,
    )
    made = requests.write(change, caller, plans, campaign=campaign_id, fingerprint=fingerprint)
    campaign = sight.find_for(change.conn, caller, campaign_id)
    said = ": ".join(filter(None, (new.name, f"{total} requests")))
    log.write(change, caller, "put-campaign", campaign, said, through=made[0].id)
    # Of parts that ask the same for different tests one stands for all.
    alike = {(part.selector, part.needs, part.timeout, part.count): (at, part) for at, part in enumerate(new.parts)}
    stops = Stops(conn=change.conn, reader=caller, now=change.at)
    told = [sentence for at, part in alike.values() for sentence in requests.to_know(stops, caller, plans[at], part)]
    return campaign, list(dict.fromkeys(told))[:_SHOWN]


def _plans(change: Change, caller: Caller, new: NewCampaign) -> list[Plan]:
    """What each part comes to, for the first of the caller's teams that may have all of it run."""
    teams = teams_of(caller, new.team)
    refused: list[tuple[NewRequest, HubError]] = []
    for team in teams:
        plans, refused = _planned_for(change, caller, new.parts, team)
        if not refused:
            return plans
    if len(teams) > 1:
        # Which part no team of the caller may have run says more than what one team may not.
        _, refused_to_all = _planned_for(change, caller, new.parts, None)
        if not refused_to_all:
            raise Refused(
                f"none of your teams ({', '.join(teams)}) may have all of it run, though each part may be had by one: "
                "put the parts apart, each for its team",
                code="no-board",
            )
        refused = refused_to_all
    raise _why_not(refused, len(new.parts))


def _planned_for(
    change: Change, caller: Caller, parts: Sequence[NewRequest], team: str | None
) -> tuple[list[Plan], list[tuple[NewRequest, HubError]]]:
    chooser = Chooser(conn=change.conn, caller=caller, now=change.at)
    plans: list[Plan] = []
    refused: list[tuple[NewRequest, HubError]] = []
    for part in parts:
        try:
            plans.append(requests.plan(change, caller, requests.for_team(part, team), chooser=chooser))
        except Refused as error:
            refused.append((part, error))
    return plans, refused


def _why_not(refused: Sequence[tuple[NewRequest, HubError]], total: int) -> Refused:
    if total == 1:
        return Refused(str(refused[0][1]), code=refused[0][1].code)
    lines = [f"{part.test} on {part.selector}: {error}".replace("\n", "\n  ") for part, error in refused[:_SHOWN]]
    more = [f"and {len(refused) - _SHOWN} more"] if len(refused) > _SHOWN else []
    only_boards = all(isinstance(error, NoBoard) for _, error in refused)
    return Refused(
        "\n  ".join([f"nothing was put, since {len(refused)} of {total} parts cannot be:", *lines, *more]),
        code="no-board" if only_boards else "refused",
    )


def _fingerprint(new: NewCampaign) -> str:
    said = {
        "campaign": [new.name, new.notes, new.team, new.private],
        "parts": [requests.fingerprint_of(part) for part in new.parts],
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
