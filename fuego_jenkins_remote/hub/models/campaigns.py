"""Messages on campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.campaigns import reading
from fuego_jenkins_remote.hub.models.fields import CallId, Host, Short, Sought, Switch, Text, Wire
from fuego_jenkins_remote.hub.models.requests import Wanted
from fuego_jenkins_remote.hub.requests import MAX_CAMPAIGN
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.campaigns import USUALLY_AGAIN, Group, Progress


class CampaignIn(Wire):
    """Several tests, or selectors, in one put: all of them or none."""

    call_id: CallId
    name: Short = ""
    notes: Text = ""
    team: Host | None = None
    private: Switch = False
    parts: tuple[Wanted, ...] = Field(min_length=1, max_length=MAX_CAMPAIGN)

    def new(self) -> records.NewCampaign:
        """As the domain has it."""
        whole = {"call_id": self.call_id, "team": self.team, "private": self.private}
        parts = tuple(records.NewRequest(**{**part.values(), **whole}) for part in self.parts)
        return records.NewCampaign(
            call_id=self.call_id,
            name=self.name,
            notes=self.notes,
            team=self.team,
            private=self.private,
            parts=parts,
        )


class CampaignOut(Wire):
    """A campaign, and how far it is; `counts` has the worst word first."""

    id: str
    name: str
    notes: str
    requester: str
    team: str
    private: bool
    created_at: datetime
    ended_at: datetime | None
    round: int
    total: int
    ended: int
    well: int
    counts: dict[str, int]

    @classmethod
    def of(cls, brief: reading.Brief) -> Self:
        """For a list."""
        return cls(**vars(brief.campaign), **_counted(brief.progress))


class MemberOut(Wire):
    """A request of a campaign, as its table shows it; the request itself says more."""

    id: str
    test: str
    spec: str
    selector: str
    state: str
    status: str
    held: bool
    host: str
    board: str
    attempt: int
    reason: str
    run_key: str
    run_url: str
    rerun_of: str | None
    cancel_requested: bool
    created_at: datetime
    ended_at: datetime | None


class CampaignWhole(CampaignOut):
    """A campaign with the requests that stand in its table."""

    version: int
    requests: tuple[MemberOut, ...]

    @classmethod
    def of_whole(cls, whole: reading.Whole) -> Self:
        """Put it together."""
        return cls(
            **vars(whole.campaign),
            **_counted(whole.progress),
            version=whole.version,
            requests=_members(whole.requests),
        )


class CampaignMade(CampaignWhole):
    """A campaign that was put, and what its requester should know of it."""

    told: tuple[str, ...]


class Campaigns(Wire):
    """A page of campaigns, newest first; `before` gives the next one."""

    campaigns: tuple[CampaignOut, ...]
    before: str | None


class CalledOffOut(Wire):
    """What a cancel has done: ids of requests that it ended, and of those whose labs are asked to stop them."""

    cancelled: tuple[str, ...]
    stopping: tuple[str, ...]
    campaign: CampaignWhole


class RerunIn(Wire):
    """Which requests are put again."""

    call_id: CallId
    groups: tuple[Group, ...] = Field(default=USUALLY_AGAIN, min_length=1, max_length=len(Group))


class LeftOut(Wire):
    """A request that could not be put again."""

    request: str
    reason: str


class RerunOut(Wire):
    """The new requests' ids, and what stays as it is."""

    made: tuple[str, ...]
    left: tuple[LeftOut, ...]
    campaign: CampaignWhole


class CampaignQuery(Wire):
    """What a list of campaigns is narrowed to; an empty one says nothing."""

    requester: Sought = ""
    team: Sought = ""
    open: bool = False
    before: Sought = ""
    limit: int = Field(default=50, ge=1, le=100)

    def wanted(self) -> sql.Filter:
        """As the statements have it."""
        return sql.Filter(
            requester=self.requester or None, team=self.team or None, open=self.open, before=self.before or None
        )


def _counted(progress: Progress) -> dict[str, Any]:
    return {
        "total": progress.total,
        "ended": progress.ended,
        "well": progress.well,
        "counts": dict(progress.counts),
    }


def _members(members: Sequence[sql.Member]) -> tuple[MemberOut, ...]:
    return tuple(
        MemberOut(
            **{name: getattr(one.part, name) for name in _OF_PART},
            **{name: getattr(one, name) for name in MemberOut.model_fields if name not in _OF_PART},
        )
        for one in members
    )


_OF_PART = ("id", "test", "spec", "selector", "state", "status", "held", "host", "board", "reason", "run_url")
