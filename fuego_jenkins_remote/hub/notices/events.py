"""What happens that people may be told of, written down in the change in which it happens: so nothing goes untold.

Who is told is found out afterwards (fan_out.py), and it is sent after that (sender.py): a change waits for neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.notices import wording
from fuego_jenkins_remote.hub.notices.values import NewEvent
from fuego_jenkins_remote.hub.records import Board, Campaign, Request
from fuego_jenkins_remote.hub.statements import notices as sql
from fuego_jenkins_remote.network.campaigns import WELL, Progress
from fuego_jenkins_remote.network.occasions import Occasion
from fuego_jenkins_remote.network.states import FINAL, State

_FEW = 20


def asked(change: Change, request: Request, host: str, reason: str, *, since: datetime | None = None) -> None:
    """The lab's people have a request to answer for; `since`: they were told of it then, and have not."""
    words = wording.asked(request, host, reason, since, change.page_of(request.id))
    approval = {"host": host, "reason": reason, "reminder": since is not None}
    _of_request(change, request, Occasion.REQUESTED, words, {"approval": approval}, host=host)


def moved(change: Change, request: Request, who: str) -> None:
    """It has started, is lost, or has ended by what `who` did; of other states nobody is told."""
    page = change.page_of(request.id)
    if request.state is State.RUNNING:
        _of_request(change, request, Occasion.STARTED, wording.started(request, page))
    elif request.state is State.LOST:
        _of_request(change, request, Occasion.LOST, wording.lost(request, page))
    elif request.state in FINAL:
        _ended(change, request, who)


def _ended(change: Change, request: Request, who: str) -> None:
    """What the requester did is not told back."""
    if request.state is State.CANCELLED and request.requester in {who, request.cancel_by}:
        return
    well = request.state is State.DONE and request.status in WELL
    words = wording.ended(request, who, change.page_of(request.id))
    _of_request(change, request, Occasion.DONE if well else Occasion.FAILED, words)


def board_changed(change: Change, board: Board) -> None:
    """A board is broken now, or is so no more."""
    page = change.page_of_board(board.host, board.name)
    if board.health == "broken":
        occasion, words = Occasion.BOARD_BROKEN, wording.board_broken(board, page)
    else:
        occasion, words = Occasion.BOARD_BACK, wording.board_back(board, page)
    title, line, body = words
    said = {"host": board.host, "name": board.name, "health": board.health, "reason": board.health_reason, "page": page}
    _write(
        change,
        NewEvent(
            occasion=occasion,
            title=title,
            line=line,
            body=body,
            data={"board": said},
            host=board.host,
            board=board.name,
        ),
    )


def campaign_ended(change: Change, campaign: Campaign, progress: Progress, bad: Sequence[str]) -> None:
    """The last request of a campaign has ended."""
    title, line, body = wording.campaign_ended(campaign, list(progress.counts.items()), bad[:_FEW])
    said = {
        "id": campaign.id,
        "name": campaign.name,
        "requester": campaign.requester,
        "team": campaign.team,
        "round": campaign.round,
        "total": progress.total,
        "well": progress.well,
        "counts": dict(progress.counts),
        "ended_at": _iso(campaign.ended_at),
    }
    _write(
        change,
        NewEvent(
            occasion=Occasion.CAMPAIGN_ENDED,
            title=title,
            line=line,
            body=body,
            data={"campaign": said},
            campaign=campaign.id,
            team=campaign.team,
            users=(campaign.requester,),
        ),
    )


def _of_request(
    change: Change,
    request: Request,
    occasion: Occasion,
    words: tuple[str, str, str],
    more: Mapping[str, Any] | None = None,
    *,
    host: str | None = None,
) -> None:
    title, line, body = words
    said = {"request": request_data(request, change.page_of(request.id)), **(more or {})}
    _write(
        change,
        NewEvent(
            occasion=occasion,
            title=title,
            line=line,
            body=body,
            data=said,
            request_id=request.id,
            campaign=request.campaign,
            host=host if host is not None else request.host or "",
            board=(request.board or "") if host is None else "",
            team=request.team,
            users=(request.requester, *(user for user in request.notify if user != request.requester)),
            test=request.test,
        ),
    )


def request_data(request: Request, page: str) -> dict[str, Any]:
    """A request as a webhook tells of it: what it asked for, where it stands, and where its page is."""
    texts = ("id", "test", "spec", "selector", "requester", "team", "campaign", "host", "board", "status", "reason")
    return {
        **{name: getattr(request, name) for name in (*texts, "run_key", "run_url", "attempt", "priority", "notes")},
        "state": str(request.state),
        "git": None if request.git is None else asdict(request.git),
        "package": request.package,
        **{name: _iso(getattr(request, name)) for name in ("created_at", "started_at", "ended_at", "deadline")},
        "page": page,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _write(change: Change, event: NewEvent) -> None:
    sql.add_event(change.conn, event, change.at)
    change.wake_sender()
