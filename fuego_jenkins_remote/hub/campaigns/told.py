"""What follows when a campaign has ended: one place for whoever is to be told."""

from __future__ import annotations

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.records import Campaign
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.campaigns import Part, progress


def campaign_ended(change: Change, campaign: Campaign) -> None:
    """The last of its requests has just ended, in this change: called once for each end, whoever else writes meanwhile.

    A campaign of which requests are put again goes on, and ends again: `campaign.round` says how often that was.
    """
    parts = [member.part for member in sql.members(change.conn, campaign.id)]
    bad = [_line(part) for part in parts if not part.well]
    events.campaign_ended(change, campaign, progress(parts), bad)


def _line(part: Part) -> str:
    return f"{part.word}: {part.test} on {part.place}" + (f" ({part.reason})" if part.reason else "")
