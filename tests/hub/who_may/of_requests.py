"""Requests: ann has put them for annslab, each for a board of demolab."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.network.states import State

from ..conftest import World
from .place import Place
from .tables import Table

NOT_PRIVATE = """
                                ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see     *                       yes  yes  yes  yes  yes  yes     yes  yes  yes     yes  yes      yes
cancel  pending,held            yes  no   yes  yes  no   no      no   no   no      no   no       yes
cancel  assigned,running        yes  no   yes  yes  no   no      yes  no   yes     no   no       yes
cancel  lost                    yes  no   yes  yes  no   no      late no   late    no   no       yes
cancel  tested,done,error       late no   late late no   no      late no   late    no   no       late
cancel  rejected,cancelled      late no   late late no   no      no   no   no      no   no       late
cancel  expired                 late no   late late no   no      no   no   no      no   no       late
approve pending,held            no   no   no   no   no   no      yes  no   yes     no   no       no
approve assigned,running        no   no   no   no   no   no      yes  no   yes     no   no       no
approve lost,tested             no   no   no   no   no   no      yes  no   yes     no   no       no
approve done,rejected,error     no   no   no   no   no   no      late no   late    no   no       no
approve cancelled,expired       no   no   no   no   no   no      late no   late    no   no       no
reject  pending,held            no   no   no   no   no   no      yes  no   yes     no   no       no
reject  assigned,running        no   no   no   no   no   no      yes  no   yes     no   no       no
reject  lost,tested             no   no   no   no   no   no      yes  no   yes     no   no       no
reject  done,error              no   no   no   no   no   no      late no   late    no   no       no
reject  rejected                no   no   no   no   no   no      late no   yes     no   no       no
reject  cancelled,expired       no   no   no   no   no   no      late no   late    no   no       no
"""
# What was rejected was so by demolab: it may say it once more.

PRIVATE = """
                                ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see     *                       yes  yes  yes  yes  yes  none    yes  none yes     none none     none
cancel  pending,held            yes  no   yes  yes  no   none    no   none no      none none     none
cancel  assigned,running        yes  no   yes  yes  no   none    yes  none yes     none none     none
cancel  lost                    yes  no   yes  yes  no   none    late none late    none none     none
cancel  tested,done,error       late no   late late no   none    late none late    none none     none
cancel  rejected,cancelled      late no   late late no   none    no   none no      none none     none
cancel  expired                 late no   late late no   none    no   none no      none none     none
approve pending,held            no   no   no   no   no   no      yes  no   yes     no   no       no
approve assigned,running        no   no   no   no   no   no      yes  no   yes     no   no       no
approve lost,tested             no   no   no   no   no   no      yes  no   yes     no   no       no
approve done,rejected,error     no   no   no   no   no   no      late no   late    no   no       no
approve cancelled,expired       no   no   no   no   no   no      late no   late    no   no       no
reject  pending,held            no   no   no   no   no   no      yes  no   yes     no   no       no
reject  assigned,running        no   no   no   no   no   no      yes  no   yes     no   no       no
reject  lost,tested             no   no   no   no   no   no      yes  no   yes     no   no       no
reject  done,error              no   no   no   no   no   no      late no   late    no   no       no
reject  rejected                no   no   no   no   no   no      late no   yes     no   no       no
reject  cancelled,expired       no   no   no   no   no   no      late no   late    no   no       no
"""
# Who does not answer for demolab is told so (no) before it is looked which request it is.


def _see(place: Place, who: str, which: str) -> Any:
    return place.call(who, "GET", f"/requests/{which}")


def _cancel(place: Place, who: str, which: str) -> Any:
    return place.call(who, "POST", f"/requests/{which}/cancel", {"call_id": place.new()})


def _approve(place: Place, who: str, which: str) -> Any:
    return place.call(who, "PUT", f"/requests/{which}/approvals/demolab", {"answer": "approved"})


def _reject(place: Place, who: str, which: str) -> Any:
    return place.call(who, "PUT", f"/requests/{which}/approvals/demolab", {"answer": "rejected"})


def brought_to(place: Place, state: str, *, private: bool) -> str:
    """A request in this state, for a board of its own."""
    world, board = place.world, place.new("board")
    world.put_board("demolab", board)
    deadline = world.clock.at + timedelta(minutes=1) if state == State.EXPIRED else None
    request = world.put(place.caller("ann"), f"demolab:{board}", private=private, deadline=deadline)
    WAYS[state](place, request.id, board)
    now = world.get(request.id)
    assert ("held" if now.held else now.state) == state
    return request.id


def _claimed(world: World, board: str) -> AttemptId:
    which = world.claim("demolab", board)
    assert which is not None
    return which


def _hold(place: Place, _: str, board: str) -> None:
    place.world.give_back("demolab", _claimed(place.world, board), approval="requested")


def _lose(place: Place, _: str, board: str) -> None:
    place.world.running("demolab", board)
    _wait(place)


def _wait(place: Place, *_: str) -> None:
    place.world.clock.forward(hours=1)
    place.world.sweep()


def _test(place: Place, _: str, board: str) -> AttemptId:
    which = place.world.running("demolab", board)
    place.world.tested("demolab", which)
    return which


WAYS: dict[str, Callable[[Place, str, str], object]] = {
    State.PENDING: lambda *_: None,
    "held": _hold,  # pending, and only for who is asked now
    State.ASSIGNED: lambda place, _, board: _claimed(place.world, board),
    State.RUNNING: lambda place, _, board: place.world.running("demolab", board),
    State.LOST: _lose,
    State.TESTED: _test,
    State.DONE: lambda place, *which: place.world.done("demolab", _test(place, *which)),
    State.REJECTED: lambda place, request, _: _reject(place, "demolab", request),
    State.ERROR: lambda place, _, board: place.world.error("demolab", place.world.running("demolab", board)),
    State.CANCELLED: lambda place, request, _: _cancel(place, "ann", request),
    State.EXPIRED: _wait,
}
"""What happens to a request until it is in a state: to the one of an id, for a board."""

CALLS = {
    "see": (Action.SEE_REQUEST, _see),
    "cancel": (Action.CANCEL_REQUEST, _cancel),
    "approve": (Action.ANSWER_REQUEST, _approve),
    "reject": (Action.ANSWER_REQUEST, _reject),
}

TABLES = [
    Table(
        name=name,
        rows=rows,
        states=tuple(WAYS),
        make=partial(brought_to, private=private),
        calls=CALLS,
        slow=not private,  # the private ones come into the same states in the same ways
    )
    for name, rows, private in (("requests", NOT_PRIVATE, False), ("private requests", PRIVATE, True))
]
