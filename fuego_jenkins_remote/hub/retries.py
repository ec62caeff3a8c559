"""Where another try may be, and what becomes of a request that failed when the last board for another try is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fuego_jenkins_remote.hub import life
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.records import Request
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.states import By, Event, State

_FAILED = (State.ERROR, State.LOST)


def is_left(change: Change, request: Request, avoid: Sequence[str]) -> bool:
    """Whether there is a board for it beside these (HOST:BOARD), of a lab whose people have not said no."""
    left = lanes.labs_left(change.conn, replace(request, avoid=" ".join(avoid)), change.at)
    answers = [request.approval(host) for host in left]
    return any(answer is None or answer.answer != "rejected" for answer in answers)


def without_new_board(change: Change, request: Request, why: str) -> Request:
    """A request that has failed, and waits, has no board left where it has not: `why`.

    By the rule of every retry it goes to another board than the last, though it has failed there before; where there is
    none, it ends as it would have ended then: as an error, for the reason of the failure.
    """
    last = request.avoided[-1]
    if len(request.avoided) > 1 and is_left(change, request, [last]):
        sql.change(change.conn, request, change.at, {"avoid": last})
        life.note(change, request, str(request.state), who=life.HUB, reason=f"another try, not on {last}: {why}")
        again = life.find(change, request.id)
        if not again.held:
            lanes.enter(change.conn, again)
        return again
    return give_up(change, request, why)


def give_up(change: Change, request: Request, why: str) -> Request:
    """A request that has failed, and waits for another try, gets none: it ends as the error that it was, and `why`."""
    failed = [one for one in attempt_sql.of_request(change.conn, request.id) if one.state in _FAILED][-1]
    # What belongs to the attempt, as the end of its console, is shown with the request where it is the newest.
    is_newest = failed.number == request.attempt
    place: dict[str, Any] = {"host": failed.host, "board": failed.board} if is_newest else {}
    reason = f"{failed.reason} (on {failed.host}:{failed.board}; {why})"
    return life.move(change, request, Event.GIVEN_UP, by=By.HUB, who=life.HUB, reason=reason, **place)
