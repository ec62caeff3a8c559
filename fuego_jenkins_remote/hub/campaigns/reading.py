"""Campaigns as they are read: one with its requests, and lists of them with how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from fuego_jenkins_remote.hub.campaigns import sight
from fuego_jenkins_remote.hub.records import Caller, Campaign
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.campaigns import Progress, progress, progress_of


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A campaign with all that stands in its table; `version` grows with whatever the table shows."""

    campaign: Campaign
    version: int
    requests: Sequence[sql.Member]

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return progress(one.part for one in self.requests)


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A campaign in a list."""

    campaign: Campaign
    progress: Progress


def whole(conn: sa.Connection, caller: Caller | None, campaign_id: str) -> Whole:
    """One campaign; raises NotKnown, also for one that the caller may not see."""
    campaign = sight.find_for(conn, caller, campaign_id)
    # The version first: what changes after it shows as a newer version to who waits with this one.
    version = sql.version_of(conn, campaign_id)
    return Whole(campaign=campaign, version=version, requests=sql.members(conn, campaign_id))


def version_for(conn: sa.Connection, caller: Caller | None, campaign_id: str) -> int:
    """Only the version: what a waiting reader asks again and again. Raises as `whole`."""
    sight.find_for(conn, caller, campaign_id)
    return sql.version_of(conn, campaign_id)


def listed(conn: sa.Connection, caller: Caller | None, wanted: sql.Filter, limit: int) -> list[Brief]:
    """At most `limit` campaigns that the caller may see, newest first."""
    found = sql.listed(conn, caller, wanted, limit)
    counted = sql.counts_of(conn, [one.id for one in found])
    return [Brief(campaign=one, progress=progress_of(counted.get(one.id, ()))) for one in found]
