"""What follows when a campaign has ended: one place for whoever is to be told."""

from __future__ import annotations

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.records import Campaign


def campaign_ended(change: Change, campaign: Campaign) -> None:
    """The last of its requests has just ended, in this change: called once for each end, whoever else writes meanwhile.

    A campaign of which requests are put again goes on, and ends again: `campaign.round` says how often that was.
    """
