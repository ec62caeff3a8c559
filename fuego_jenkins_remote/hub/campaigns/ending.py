"""When a campaign is over: looked at once at the end of each change in which one of its requests has ended."""

from __future__ import annotations

from dataclasses import replace

from fuego_jenkins_remote.hub.campaigns import told
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.statements import campaigns as sql


def settle(change: Change) -> None:
    """End the campaigns of which nothing goes on any more.

    Each is locked first: where two of its last requests end beside each other, who comes second sees the other's end.
    All of a change's requests are written before, and the campaigns follow in one order: no two changes wait for each
    other in a circle.
    """
    for campaign_id in sorted(change.ended_in):
        campaign = sql.find(change.conn, campaign_id, lock=True)
        if campaign is None or campaign.ended_at is not None or sql.goes_on(change.conn, campaign_id):
            continue
        if sql.end(change.conn, campaign_id, change.at):
            change.wake_campaign(campaign_id)
            told.campaign_ended(change, replace(campaign, ended_at=change.at))
