"""Claims: the call in which a lab waits for work."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub import claims
from fuego_jenkins_remote.hub.api.callers import LabHost, TheHub
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.models.attempts import ClaimIn, ClaimOut
from fuego_jenkins_remote.hub.waiters import lab_key, pause
from fuego_jenkins_remote.network.programs import version_in

router = APIRouter()

_NOTHING = claims.Answer(assignments=(), stops=())


@router.post("/claims")
async def claim(request: Request, hub: TheHub, lab: LabHost, body: ClaimIn) -> ClaimOut:
    """Take requests for idle boards, or wait until there are some, holding neither thread nor connection meanwhile."""
    wanted = claims.Claim(
        host=lab,
        claim_id=body.claim_id,
        boards=body.boards,
        request=body.request,
        peek=body.peek,
        instance=body.instance or "",
        leaves=body.leaves,
        # Not of the body: so bridges of before say it, too, and a hub of before refuses no field it does not know.
        version=version_in(request.headers.get("user-agent", "")),
        limits=body.limits,
    )
    answer = await _answer(request, hub, wanted, body.wait)
    return ClaimOut.of(answer, hub.times.lease.total_seconds())


async def _answer(request: Request, hub: Hub, wanted: claims.Claim, seconds: float) -> claims.Answer:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    if (seconds or wanted.leaves) and not wanted.peek:
        # A lab waits in one call: a newer one, for the boards that are idle now, lets the older one go.
        hub.claims(wanted.host, wanted.claim_id)
    with hub.waiters.waiting(lab_key(wanted.host)) as event:
        while True:
            if await request.is_disconnected():
                return _NOTHING  # nobody would get what is claimed now
            if seconds and not wanted.peek and hub.newest_claim.get(wanted.host) != wanted.claim_id:
                return _NOTHING
            # Cleared before the look: what is put after it wakes us.
            event.clear()
            answer = await run_in_threadpool(_look, hub, wanted)
            left = end - loop.time()
            if answer.worth_telling or left <= 0 or hub.waiters.closed:
                return answer
            until = _until(answer.again_at, hub)
            if not await pause(event, min(left, until)) and left <= until:
                return answer  # nothing has changed: another look, at the end of each wait, would be half of all looks


def _until(moment: datetime | None, hub: Hub) -> float:
    """Seconds; a little longer, so that the moment is over then."""
    return math.inf if moment is None else max((moment - hub.clock()).total_seconds(), 0) + 0.005


def _look(hub: Hub, wanted: claims.Claim) -> claims.Answer:
    # In line: all that come at once want what is first in the queue.
    with hub.change(in_line=not wanted.peek) as change:
        return claims.peek(change, wanted) if wanted.peek else claims.take(change, wanted)
