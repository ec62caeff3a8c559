"""Whose campaigns there are for whom.

A private one is for its requester and its team alone. A lab that runs a request of it sees that request, but not what
the other labs make of theirs.
"""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.records import Caller, Campaign
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.permissions import Action, Thing, may


def thing(campaign: Campaign) -> Thing:
    """A campaign as the permissions see it: as one of its requests, wherever that runs."""
    return Thing(owner=campaign.requester, team=campaign.team, private=campaign.private)


def find_for(conn: sa.Connection, caller: Caller | None, campaign_id: str) -> Campaign:
    """One campaign; raises NotKnown, also for one that the caller may not see. None: a reader without a token."""
    campaign = sql.find(conn, campaign_id)
    if campaign is None or not _sees(caller, campaign):
        raise NotKnown(f"there is no campaign {campaign_id}")
    return campaign


def _sees(caller: Caller | None, campaign: Campaign) -> bool:
    if caller is None:
        return not campaign.private
    return may(caller.actor, Action.SEE_REQUEST, thing(campaign))
