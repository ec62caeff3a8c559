"""What the requester of a test should know when it was put: that it waits, how long it may take, who is asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.hub.choice import MOST_BOARDS
from fuego_jenkins_remote.hub.records import Board, NewRequest
from fuego_jenkins_remote.network.boards import Standing
from fuego_jenkins_remote.network.matching import listed

_FEW = 3
_CAN_BE_HAD = frozenset({Standing.FREE, Standing.BUSY})


def sentences(boards: Sequence[Board], team: str, new: NewRequest, now: datetime) -> list[str]:
    """Say it of what this team has asked for, which these boards may run: all of them, or as many as are looked at."""
    outside = [board for board in boards if board.team != team]
    waits = _waits(boards, new, now) if len(boards) < MOST_BOARDS else []
    return [*waits, *_limits(outside, new), *_asked(outside)]


def _waits(boards: Sequence[Board], new: NewRequest, now: datetime) -> list[str]:
    away = [board for board in boards if board.standing(now) not in _CAN_BE_HAD]
    if not away or (new.count != "each" and len(away) < len(boards)):
        return []
    some = "; ".join(f"{board} is {_stands(board, now)}" for board in away[:_FEW])
    more = f"; and {len(away) - _FEW} more" if len(away) > _FEW else ""
    if len(away) == len(boards):
        return [f"It waits, since no board that may run it is to be had now: {some}{more}."]
    return [f"{len(away)} of {len(boards)} wait for boards that are not to be had now: {some}{more}."]


def _stands(board: Board, now: datetime) -> str:
    words = {
        Standing.WITHDRAWN: "withdrawn by its lab for now",
        Standing.SILENT: "of a lab that was not heard of lately",
        Standing.MAINTENANCE: "in maintenance",
    }
    standing = board.standing(now)
    reason = board.offer(now).because
    return words.get(standing, str(standing)) + (f" ({reason[:200]})" if reason else "")


def _limits(outside: Sequence[Board], new: NewRequest) -> list[str]:
    """For how long outsiders may have the boards, shortest first, where that is near enough to matter."""
    by_limit: dict[int, list[str]] = {}
    for board in outside:
        by_limit.setdefault(board.terms.max_time, []).append(str(board))
    this = format_timeout(new.timeout)
    return [
        f"Outsiders have {listed(names)} for {format_timeout(limit)} at most; this may take {this}."
        for limit, names in sorted(by_limit.items())[:1]
    ]


def _asked(outside: Sequence[Board]) -> list[str]:
    """Whose people are asked first, and whose policy may refuse it."""
    hosts = sorted({board.host for board in outside if board.terms.ask})
    asking = sorted({board.host for board in outside if board.terms.asks} - set(hosts))
    refusing = sorted({board.host for board in outside if board.terms.policy == "refuse"})
    said = {
        f"The people of {listed(hosts)} are asked before it runs there, unless they have allowed such requests.": hosts,
        f"The people of {listed(asking)} are asked before it runs there, unless a rule of the lab's policy lets it run"
        " or they have allowed such requests.": asking,
        f"The policy of {listed(refusing)} refuses requests of other teams, but for those that it names.": refusing,
    }
    return [sentence for sentence, of in said.items() if of]
