"""Campaigns: put, read (also waiting for a change), call off, put again."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.api.callers import Caller, ResultsViewer, TheHub, asked_again
from fuego_jenkins_remote.hub.api.waiting import newer
from fuego_jenkins_remote.hub.campaigns import again, calling_off, putting, reading
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.campaigns import (
    CalledOffOut,
    CampaignIn,
    CampaignMade,
    CampaignOut,
    CampaignQuery,
    Campaigns,
    CampaignWhole,
    LeftOut,
    RerunIn,
    RerunOut,
)
from fuego_jenkins_remote.hub.models.fields import MAX_VERSION, CampaignId
from fuego_jenkins_remote.hub.models.requests import CancelIn
from fuego_jenkins_remote.hub.waiters import campaign_key

router = APIRouter(prefix="/campaigns")


@router.post("", status_code=201)
def put_campaign(hub: TheHub, who: Caller, body: CampaignIn) -> CampaignMade:
    """Ask for several tests, or on several selectors, at once: all of it or nothing."""
    with hub.change() as change:
        campaign, told = putting.put_and_tell(change, who, body.new())
    return CampaignMade(**dict(_whole(hub, who, campaign.id)), told=tuple(told))


@router.get("")
def list_campaigns(hub: TheHub, who: ResultsViewer, query: Annotated[CampaignQuery, Query()]) -> Campaigns:
    """Campaigns, newest first; those that come after the ones given when `before` is their `before`."""
    with hub.reading() as conn:
        found = reading.listed(conn, who, query.wanted(), query.limit + 1)
    shown = tuple(CampaignOut.of(one) for one in found[: query.limit])
    return Campaigns(campaigns=shown, before=shown[-1].id if len(found) > query.limit else None)


@router.get("/{campaign_id}")
async def get_campaign(
    request: Request,
    hub: TheHub,
    who: ResultsViewer,
    campaign_id: CampaignId,
    *,
    wait: Annotated[float, Query(ge=0, le=25)] = 0,
    seen: Annotated[int, Query(ge=0, le=MAX_VERSION)] = 0,
) -> CampaignWhole:
    """One campaign with its requests; with `wait` (seconds) not before its version is beyond `seen`."""
    if wait:
        version = partial(_version, hub, who, campaign_id)
        await newer(hub, campaign_key(campaign_id), version, seen=seen, seconds=wait)
        who = await run_in_threadpool(asked_again, request)
    return await run_in_threadpool(_whole, hub, who, campaign_id)


@router.post("/{campaign_id}/cancel")
def cancel_campaign(hub: TheHub, who: Caller, campaign_id: CampaignId, body: CancelIn) -> CalledOffOut:
    """Call off all of it that has not ended."""
    done = calling_off.cancel(hub, who, campaign_id, body.call_id, body.reason)
    return CalledOffOut(
        cancelled=tuple(done.cancelled), stopping=tuple(done.stopping), campaign=_whole(hub, who, campaign_id)
    )


@router.post("/{campaign_id}/rerun")
def rerun_campaign(hub: TheHub, who: Caller, campaign_id: CampaignId, body: RerunIn) -> RerunOut:
    """Put again what failed or was lost."""
    with hub.change() as change:
        done = again.rerun(change, who, campaign_id, body.call_id, frozenset(body.groups))
    return RerunOut(
        made=tuple(one.id for one in done.made),
        left=tuple(LeftOut(request=one, reason=why) for one, why in done.left),
        campaign=_whole(hub, who, campaign_id),
    )


def _whole(hub: Hub, who: records.Caller | None, campaign_id: str) -> CampaignWhole:
    with hub.reading() as conn:
        return CampaignWhole.of_whole(reading.whole(conn, who, campaign_id))


def _version(hub: Hub, who: records.Caller | None, campaign_id: str) -> int:
    with hub.reading() as conn:
        return reading.version_for(conn, who, campaign_id)
