"""Requests: put, read (also waiting for a change), cancel, approve."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub import approvals, records, requests, sight
from fuego_jenkins_remote.hub.api.callers import Caller, ResultsViewer, TheHub, asked_again
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.fields import MAX_VERSION, Host, RequestId
from fuego_jenkins_remote.hub.models.queue import QueueOut
from fuego_jenkins_remote.hub.models.requests import (
    ApprovalIn,
    CancelIn,
    ListQuery,
    Made,
    RequestIn,
    RequestOut,
    Requests,
    RequestWithHistory,
)
from fuego_jenkins_remote.hub.queue.order import order
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.hub.waiters import pause, request_key

router = APIRouter(prefix="/requests")


@router.post("", status_code=201)
async def put_request(hub: TheHub, who: Caller, body: RequestIn) -> Made:
    """Ask for a test."""
    # What a thread gives back is not handed to another one to be checked.
    return await run_in_threadpool(_put, hub, who, body)


def _put(hub: Hub, who: records.Caller, body: RequestIn) -> Made:
    with hub.change() as change:
        made, told = requests.put_and_tell(change, who, body.new())
    shown = tuple(RequestOut.model_validate(one) for one in made)
    return Made(requests=shown, campaign=made[0].campaign, told=tuple(told))


@router.get("")
def list_requests(hub: TheHub, who: ResultsViewer, query: Annotated[ListQuery, Query()]) -> Requests:
    """Requests that the caller sees, newest first; those after the ones given when `before` is their `before`."""
    with hub.reading() as conn:
        found = sql.listed(conn, who, query.wanted(), query.limit + 1)
    shown = tuple(RequestOut.model_validate(one) for one in found[: query.limit])
    return Requests(requests=shown, before=shown[-1].id if len(found) > query.limit else None)


@router.get("/{request_id}")
async def get_request(
    request: Request,
    hub: TheHub,
    who: ResultsViewer,
    request_id: RequestId,
    *,
    wait: Annotated[float, Query(ge=0, le=25)] = 0,
    seen: Annotated[int, Query(ge=0, le=MAX_VERSION)] = 0,
) -> RequestWithHistory:
    """One request with its history; with `wait` (seconds) not before its version is beyond `seen`."""
    if wait:
        await _changed(hub, who, request_id, seen, wait)
        who = await run_in_threadpool(asked_again, request)
    return await run_in_threadpool(_whole, hub, who, request_id)


@router.get("/{request_id}/queue")
def get_queue(hub: TheHub, who: ResultsViewer, request_id: RequestId) -> QueueOut:
    """Where a waiting request stands on the boards that may run it: what comes before it, what stops it, and why."""
    with hub.reading() as conn:
        request = sight.find_for(conn, who, request_id)
        now = hub.clock()
        return QueueOut.of(request, order(conn, who, request, now), str(requests.told(conn, who, request, now)))


@router.post("/{request_id}/cancel")
def cancel_request(hub: TheHub, who: Caller, request_id: RequestId, body: CancelIn) -> RequestOut:
    """Call a request off."""
    with hub.change() as change:
        request = requests.cancel(change, who, request_id, body.call_id, body.reason)
    return RequestOut.model_validate(request)


@router.put("/{request_id}/approvals/{host}")
def put_approval(hub: TheHub, who: Caller, request_id: RequestId, host: Host, body: ApprovalIn) -> RequestOut:
    """A lab's people answer."""
    always = approvals.Always(**dict(body.always)) if body.always else None
    with hub.change() as change:
        request = approvals.answer(change, who, request_id, host, given=body.answer, reason=body.reason, always=always)
    return RequestOut.model_validate(request)


async def _changed(hub: Hub, who: records.Caller | None, request_id: RequestId, seen: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    with hub.waiters.waiting(request_key(request_id)) as event:
        while True:
            event.clear()
            version = await run_in_threadpool(_version, hub, who, request_id)
            left = end - loop.time()
            if version > seen or left <= 0 or hub.waiters.closed:
                return
            await pause(event, left)


def _version(hub: Hub, who: records.Caller | None, request_id: RequestId) -> int:
    with hub.reading() as conn:
        return sight.version_for(conn, who, request_id)


def _whole(hub: Hub, who: records.Caller | None, request_id: RequestId) -> RequestWithHistory:
    with hub.reading() as conn:
        request = sight.find_for(conn, who, request_id)
        told = requests.told(conn, who, request, hub.clock())
        return RequestWithHistory.of(request, sql.history_of(conn, request_id), str(told))
