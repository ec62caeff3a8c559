"""What the requester of a test should know when it was put: that it waits, how long it may take, who is asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.hub.choice import MOST_BOARDS
from fuego_jenkins_remote.hub.queue.stops import Stopped
from fuego_jenkins_remote.hub.records import Board, NewRequest
from fuego_jenkins_remote.network.matching import listed

_FEW = 3


def sentences(seen: Sequence[Stopped], team: str, new: NewRequest) -> list[str]:
    """Say it of what this team has asked for, which these boards may run: all of them, or as many as are looked at."""
    outside = [one.board for one in seen if one.board.team != team]
    waits = _waits(seen, new) if len(seen) < MOST_BOARDS else []
    return [*waits, *_limits(outside, new), *_asked(outside)]


def _waits(seen: Sequence[Stopped], new: NewRequest) -> list[str]:
    """That not as many boards as are asked for are to be had, free or busy, and why."""
    away = [one for one in seen if one.stops]
    wanted = len(seen) if new.count == "each" else new.count
    lacking = wanted - (len(seen) - len(away))
    if lacking < 1:
        return []
    some = "; ".join(one.in_words() for one in away[:_FEW])
    more = f"; and {len(away) - _FEW} more" if len(away) > _FEW else ""
    if len(away) == len(seen):
        return [f"It waits, since no board that may run it is to be had now: {some}{more}."]
    verb = "waits" if lacking == 1 else "wait"
    return [f"{lacking} of {wanted} {verb} for boards that are not to be had now: {some}{more}."]


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
