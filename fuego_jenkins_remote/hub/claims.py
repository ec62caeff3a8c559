"""Claims: a lab takes requests for its idle boards, at most one a board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub import boards, life, requests, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.hub.queue import turns
from fuego_jenkins_remote.hub.queue.terms import Door, has_quota
from fuego_jenkins_remote.hub.records import Assignment, Attempt, Board, Request
from fuego_jenkins_remote.hub.statements import attempts as sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import lanes as lane_sql
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import turns as turn_sql
from fuego_jenkins_remote.network.states import By, Event

_SOON = timedelta(milliseconds=100)
BRIDGE_GONE = timedelta(seconds=60)
"""After so long a bridge that says nothing has left its lab to another one; it claims more often than that."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a lab asks: for which of its boards, perhaps one request only; `peek` takes nothing.

    `limits` holds seconds by board: what takes longer and is of another team than the lab's is not for it now.
    `instance` is a bridge's name for itself, and one that `leaves` makes room for another; it gets nothing; `version`
    is that of its program (empty: not known).
    """

    host: str
    claim_id: str
    boards: Sequence[str]
    request: str | None = None
    peek: bool = False
    instance: str = ""
    version: str = ""
    leaves: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What it gets, and which of its running attempts it is asked to stop."""

    assignments: tuple[Assignment, ...]
    stops: tuple[sql.Stop, ...]
    again_at: datetime | None = None
    """When a pause of one of the lab's boards ends: there may be something for it then."""

    @property
    def worth_telling(self) -> bool:
        """Whether a waiting claim is answered with this at once.

        A stop is that once only: it takes a lab some time, and the claims it makes meanwhile are to wait as always.
        """
        return bool(self.assignments) or any(not stop.told for stop in self.stops)


def take(change: Change, claim: Claim) -> Answer:
    """Claim what is next for each of the boards; the same claim id again gives what it got.

    Boards that are not up or have an attempt are passed over. Raises NotKnown for a board the hub has never heard of,
    Conflict for a lab that another bridge serves.
    """
    if claim.leaves:
        people_sql.bridge_leaves(change.conn, claim.host, claim.instance)
        return Answer(assignments=(), stops=())
    if claim.instance:
        _must_be_the_labs(change, claim)
    # One claim of a lab after the other: its quotas are counted, and its boards' clocks read, before they are written;
    # and the same call, made twice at once, gives the same.
    people_sql.hold_lab(change.conn, claim.host)
    got = _given_before(change, claim)
    if not got:
        board_sql.seen(change.conn, claim.host, claim.boards, change.at)
        got = _take_all(change, claim)
    stops = tuple(sql.stops(change.conn, claim.host))
    if any(not stop.told for stop in stops):
        sql.stops_told(change.conn, claim.host)
    return Answer(assignments=tuple(got), stops=stops, again_at=None if got else _again_at(change, claim))


def _again_at(change: Change, claim: Claim) -> datetime | None:
    if change.passed_over:
        return change.at + _SOON  # they may wait on, once that is done, and nobody would say so
    return sql.next_pause_end(change.conn, claim.host, change.at)


def _must_be_the_labs(change: Change, claim: Claim) -> None:
    """Of two bridges that claim for one lab the second is turned away, until the first has been silent for a while."""
    host, bridge, gone_since = claim.host, claim.instance, change.at - BRIDGE_GONE
    if people_sql.bridge_comes(change.conn, host, bridge, version=claim.version, now=change.at, gone_since=gone_since):
        return
    other, seen = people_sql.bridge_of(change.conn, host)
    ago = max(0, round((change.at - seen).total_seconds()))
    raise Conflict(
        f"another bridge serves {host}: {other}, heard of {ago} s ago; this is {bridge}, which may come when the other"
        f" has been silent for {round(BRIDGE_GONE.total_seconds())} s",
        code="other-bridge",
    )


def peek(change: Change, claim: Claim) -> Answer:
    """What `take` would give, without taking it. A request that fits two of the boards is shown for the first."""
    shown: dict[str, Assignment] = {}
    only = _only(change, claim)
    doors = _doors(change, claim)
    waiting = turns.Waiting(change, doors)
    for door in doors:
        pick = turns.next_for(waiting, door, waiting.clock(door.board.id), only)
        if pick is not None:
            request = life.find(change, pick.request_id)
            shown.setdefault(request.id, _assignment(request, request.attempt + 1, door.board.host, door.board.name))
    again_at = None if shown else sql.next_pause_end(change.conn, claim.host, change.at)
    return Answer(assignments=tuple(shown.values()), stops=tuple(sql.stops(change.conn, claim.host)), again_at=again_at)


def _doors(change: Change, claim: Claim) -> list[Door]:
    """The boards that are up and free, with who may come in; raises NotKnown for one that is not there."""
    names = list(dict.fromkeys(claim.boards))
    found = {board.name: board for board in board_sql.named(change.conn, claim.host, names)}
    for name in names:
        if name not in found:
            boards.find(change.conn, claim.host, name)
    free = [found[name] for name in names if found[name].up and not found[name].busy]
    quotas = any(has_quota(board.terms.running) for board in free)
    taken = turn_sql.held_of_lab(change.conn, claim.host) if quotas else {}
    return [Door.of(board, change.at, claim.limits.get(board.name), taken) for board in free]


def _only(change: Change, claim: Claim) -> turns.Only | None:
    """The request that is asked for by name; raises NotKnown."""
    if claim.request is None:
        return None
    asked = sight.find_for(change.conn, sight.lab(claim.host), claim.request)
    lane = lane_sql.by_id(change.conn, asked.lane_id)
    return turns.Only(request_id=claim.request, lane_id=lane.id, queue_id=lane.queue_id)


def _given_before(change: Change, claim: Claim) -> list[Assignment]:
    return [_again(change.conn, attempt) for attempt in sql.of_claim(change.conn, claim.host, claim.claim_id)]


def _take_all(change: Change, claim: Claim) -> list[Assignment]:
    only = _only(change, claim)
    got: list[Assignment] = []
    doors = _doors(change, claim)
    waiting = turns.Waiting(change, doors)
    for door in doors:
        pick = turns.next_for(waiting, door, waiting.clock(door.board.id), only)
        if pick is not None:
            got.append(_give(change, door.board, pick, claim.claim_id))
            door.has_given(pick.team, pick.lane.user)
            waiting.look_again(pick.lane.id, pick.lane.queue_id, for_more=door is not doors[-1])
    return got


def _give(change: Change, board: Board, pick: turns.Pick, claim_id: str) -> Assignment:
    request = life.find(change, pick.request_id)
    number = sql.insert(change.conn, request, board, claim_id, now=change.at, due_at=change.at + change.times.lease)
    moved = life.move(
        change,
        request,
        Event.CLAIM,
        by=By.LAB,
        who=board.host,
        reason=f"attempt {number} on {board}",
        attempt=number,
        host=board.host,
        board=board.name,
    )
    turns.begin(change, board.id, pick, number)
    return _assignment(moved, number, board.host, board.name)


def _again(conn: sa.Connection, attempt: Attempt) -> Assignment:
    request = requests.find(conn, attempt.request_id)
    return _assignment(request, attempt.number, attempt.host, attempt.board)


def _assignment(request: Request, number: int, host: str, board: str) -> Assignment:
    approval = request.approval(host)
    approved = approval.by if approval is not None and approval.answer == "approved" else None
    return Assignment(request=request, number=number, board=board, approved_by=approved)
