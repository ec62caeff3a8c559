"""SQL on campaigns and on the requests in them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import NewCampaign
from fuego_jenkins_remote.hub.schema import campaigns


def insert(
    conn: sa.Connection, *, campaign_id: str, new: NewCampaign, requester: str, team: str, now: datetime
) -> None:
    """Write down that there is one; its requests name it."""
    conn.execute(
        campaigns.insert().values(
            id=campaign_id,
            name=new.name,
            notes=new.notes,
            requester=requester,
            team=team,
            private=new.private,
            call_id=new.call_id,
            created_at=now,
            round=0,
        )
    )
