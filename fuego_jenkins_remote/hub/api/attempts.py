"""What a lab says of an attempt."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from fuego_jenkins_remote.hub import attempts
from fuego_jenkins_remote.hub.api.callers import LabHost, TheHub
from fuego_jenkins_remote.hub.models.attempts import (
    DoneIn,
    ErrorIn,
    GiveBackIn,
    Go,
    HeartbeatIn,
    HeartbeatOut,
    StartIn,
    TestedIn,
)
from fuego_jenkins_remote.hub.models.fields import RequestId
from fuego_jenkins_remote.hub.models.requests import CancelIn, RequestOut
from fuego_jenkins_remote.network.identities import MAX_ATTEMPTS, AttemptId

router = APIRouter(prefix="/requests/{request_id}/attempts/{number}")


def _attempt_id(request_id: RequestId, number: Annotated[int, Path(ge=1, le=MAX_ATTEMPTS)]) -> AttemptId:
    return AttemptId(request_id, number)


Which = Annotated[AttemptId, Depends(_attempt_id)]


@router.post("/give-back")
def give_back(hub: TheHub, lab: LabHost, which: Which, body: GiveBackIn) -> RequestOut:
    """It is not run now."""
    with hub.change() as change:
        request = attempts.give_back(
            change, lab, which, call_id=body.call_id, reason=body.reason, approval=body.approval
        )
    return RequestOut.model_validate(request)


@router.post("/start")
def start(hub: TheHub, lab: LabHost, which: Which, body: StartIn) -> Go:
    """The gate: 200 is go, 409 is no go."""
    with hub.change() as change:
        attempts.start(
            change, lab, which, call_id=body.call_id, build_url=body.build_url, build_number=body.build_number
        )
    return Go()


@router.post("/heartbeat")
def heartbeat(hub: TheHub, lab: LabHost, which: Which, body: HeartbeatIn) -> HeartbeatOut:
    """A sign of life."""
    with hub.change() as change:
        alive = attempts.heartbeat(
            change, lab, which, log_tail=body.log_tail, queue_why=body.queue_why, build_url=body.build_url
        )
    return HeartbeatOut.model_validate(alive)


@router.post("/tested")
def tested(hub: TheHub, lab: LabHost, which: Which, body: TestedIn) -> RequestOut:
    """The test has ended."""
    with hub.change() as change:
        request = attempts.tested(
            change,
            lab,
            which,
            call_id=body.call_id,
            status=body.status,
            key=body.run_key,
            summary=body.summary,
        )
    return RequestOut.model_validate(request)


@router.post("/done")
def done(hub: TheHub, lab: LabHost, which: Which, body: DoneIn) -> RequestOut:
    """The run is delivered."""
    with hub.change() as change:
        request = attempts.done(
            change,
            lab,
            which,
            call_id=body.call_id,
            target=body.target,
            run_url=body.run_url,
            note=body.note,
        )
    return RequestOut.model_validate(request)


@router.post("/error")
def error(hub: TheHub, lab: LabHost, which: Which, body: ErrorIn) -> RequestOut:
    """It could not be run."""
    with hub.change() as change:
        request = attempts.error(
            change,
            lab,
            which,
            call_id=body.call_id,
            reason=body.reason,
            detail=body.detail,
            console_tail=body.console_tail,
            key=body.run_key,
        )
    return RequestOut.model_validate(request)


@router.post("/cancelled")
def cancelled(hub: TheHub, lab: LabHost, which: Which, body: CancelIn) -> RequestOut:
    """It was stopped."""
    with hub.change() as change:
        request = attempts.cancelled(change, lab, which, call_id=body.call_id, reason=body.reason)
    return RequestOut.model_validate(request)
