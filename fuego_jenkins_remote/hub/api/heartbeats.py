"""Signs of life of many attempts in one call."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub import heartbeats
from fuego_jenkins_remote.hub.api.callers import LabHost, TheHub
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.attempts import BeatOut, HeartbeatsIn, HeartbeatsOut
from fuego_jenkins_remote.service.contract import takes
from fuego_jenkins_remote.service.guard import allow_body

MAX_BYTES = 4 * 1024 * 1024

router = APIRouter()


@router.post("/heartbeats", openapi_extra=takes(HeartbeatsIn))
async def take_heartbeats(request: Request, hub: TheHub, lab: LabHost) -> HeartbeatsOut:
    """Take signs of life."""
    # Larger than other bodies may be: read here, when it is known that a lab calls.
    allow_body(request, MAX_BYTES)
    body = await request.body()
    return await run_in_threadpool(_take, hub, lab, body)


def _take(hub: Hub, lab: str, body: bytes) -> HeartbeatsOut:
    try:
        beats = [one.beat() for one in HeartbeatsIn.model_validate_json(body).beats]
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None
    with hub.change() as change:
        answers = heartbeats.beat(change, lab, beats)
    return HeartbeatsOut(answers=tuple(BeatOut.model_validate(one) for one in answers))
