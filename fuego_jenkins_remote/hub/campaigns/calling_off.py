"""Calling a campaign off: all of it that has not ended, as if each request were called off by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fuego_jenkins_remote.hub import requests, rights
from fuego_jenkins_remote.hub.campaigns import log, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.network.states import State

A_CHANGE = 50
"""Requests that are called off in one transaction: labs and others write in between."""


@dataclass(frozen=True, kw_only=True)
class CalledOff:
    """The requests that this call has ended, and those whose labs are asked to stop them."""

    cancelled: Sequence[str]
    stopping: Sequence[str]


def cancel(hub: Hub, caller: Caller, campaign_id: str, call_id: str, reason: str) -> CalledOff:
    """Call off what has not ended. What was tested, or ended meanwhile, stays as it is.

    The same call id again gives what it has called off, and goes on where it was cut short. Raises NotYours, NotKnown,
    and Conflict where nothing was left to call off.
    """
    with hub.reading() as conn:
        campaign = sight.find_for(conn, caller, campaign_id)
        otherwise = (
            f"only {campaign.requester}, who put it, and the maintainers of the team {campaign.team} may call off "
            f"{campaign_id}"
        )
        rights.require(caller, Action.CANCEL_REQUEST, sight.thing(campaign), otherwise=otherwise)
        wanted = [one.part.id for one in sql.members(conn, campaign_id) if _may_end(one)]
    noted = False
    for start in range(0, len(wanted), A_CHANGE):
        with hub.change() as change:
            some = wanted[start : start + A_CHANGE]
            done = [one for one in some if _cancel_one(change, caller, one, call_id, reason)]
            if done and not noted:
                # With the first of them: a call that is cut short has been made, too.
                log.write(change, caller, "cancel-campaign", campaign, reason, through=done[0])
                noted = True
    with hub.reading() as conn:
        mine = [one.part for one in sql.members(conn, campaign_id) if one.cancel_id == call_id]
    if not mine:
        raise Conflict(f"too late: nothing of {campaign_id} is left to call off")
    return CalledOff(
        cancelled=[part.id for part in mine if part.ended], stopping=[part.id for part in mine if not part.ended]
    )


def _may_end(one: sql.Member) -> bool:
    return not (one.part.ended or one.part.state is State.TESTED or one.cancel_requested)


def _cancel_one(change: Change, caller: Caller, request_id: str, call_id: str, reason: str) -> bool:
    try:
        requests.cancel(change, caller, request_id, call_id, reason)
    except Conflict:
        return False  # it has ended meanwhile
    return True
