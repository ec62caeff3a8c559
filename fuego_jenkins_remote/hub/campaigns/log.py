"""What people do to a campaign as a whole, in the audit log; each of its requests has entries of its own beside."""

from __future__ import annotations

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.records import Caller, Campaign


def write(change: Change, caller: Caller, action: str, campaign: Campaign, detail: str, *, through: str) -> None:
    """Write down that the caller has done `action` to the campaign.

    `through` is one of its requests that this concerns: who may not see that does not see the entry either, and the
    entry goes when it goes.
    """
    thing = f"campaign {campaign.id}"
    audit.write(change, caller, action, thing, detail, team=campaign.team, request_id=through)
