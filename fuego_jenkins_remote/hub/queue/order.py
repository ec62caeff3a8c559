"""Where a waiting request stands: for each board that may run it, what stops it there, and who comes before it and why.

Of requests that come before, only their number is told, and the lab's own team by name: a requester sees how long the
line is, not who stands in it. Private requests that the reader may not see are not counted, nor told in any other way:
for this reader they are not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from fuego_jenkins_remote.hub import choice, sight
from fuego_jenkins_remote.hub.queue.stops import Stop, Stops
from fuego_jenkins_remote.hub.queue.terms import Door
from fuego_jenkins_remote.hub.records import Board, Caller, Lane, Request
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import lanes as sql
from fuego_jenkins_remote.hub.statements import line
from fuego_jenkins_remote.hub.statements import turns as turn_sql
from fuego_jenkins_remote.hub.statements.lanes import Queue
from fuego_jenkins_remote.network.shares import Clock, Contender, rank
from fuego_jenkins_remote.network.states import State

MOST_BOARDS = 20
"""Of so many boards it is told; those first where least stops it."""

COUNTED = 1000
"""Requests that come before are counted up to here."""


class Rule(StrEnum):
    """Why something comes first."""

    OWN_TEAM = "own-team"  # the lab's own work
    PRIORITY = "priority"  # higher, as far as the board's band lets it count
    SHARE = "share"  # teams that have used less of the board, or as much and wait longer: a turn each
    TEAM_SHARE = "team-share"  # people of the same team, for the same reason
    OWN = "own"  # the requester's own requests, with a higher priority or older


@dataclass(frozen=True, kw_only=True)
class Before:
    """So many come first by this rule: requests, or turns of teams and people; `more`: it was not counted further."""

    rule: Rule
    count: int
    text: str

    @property
    def more(self) -> bool:
        """Whether there may be more of them."""
        return self.count >= COUNTED


@dataclass(frozen=True, kw_only=True)
class AtBoard:
    """Where the request stands at one board, and when its turn may come, as far as that can be said."""

    board: str
    stops: tuple[Stop, ...]
    before: tuple[Before, ...]
    next: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """Where a request stands; `total` is how many boards may run it (MOST looked at), `boards` those that are told."""

    total: int
    boards: tuple[AtBoard, ...] = ()


@dataclass(kw_only=True)
class _One:
    """A team or a person that waits, as the shares rank them."""

    own: bool
    priority: int
    head: str
    used: float


@dataclass(frozen=True, kw_only=True)
class _Sight:
    """Who reads it, and in which lanes there is something that is not for the reader."""

    conn: sa.Connection
    reader: Caller | None
    hiding: frozenset[int]


def order(conn: sa.Connection, reader: Caller | None, request: Request, now: datetime) -> Order:
    """Say it of a waiting request to who may see that; nothing of one that does not wait."""
    if request.state is not State.PENDING:
        return Order(total=0)
    lane = sql.by_id(conn, request.lane_id)
    boards = sight.boards_for(conn, reader, board_sql.of_lane(conn, request.lane_id, most=choice.MOST_BOARDS))
    by = _Sight(conn=conn, reader=reader, hiding=line.lanes_with_hidden(conn, reader))
    seen = Stops(conn=conn, reader=reader, now=now).of_request(request, boards)
    seen.sort(key=lambda one: (len(one.stops), one.board.busy, str(one.board)))
    told = []
    for one in seen[:MOST_BOARDS]:
        before = _before(by, request, lane, one.board, now)
        following = _next(conn, one.board, one.stops, before)
        told.append(AtBoard(board=str(one.board), stops=one.stops, before=before, next=following))
    return Order(total=len(boards), boards=tuple(told))


# -- what comes before it


def _before(by: _Sight, request: Request, lane: Lane, board: Board, now: datetime) -> tuple[Before, ...]:
    conn = by.conn
    door = Door.of(board, now, None, {})
    selectors = sql.filled_selectors(conn, [board.id]).get(board.id, frozenset())
    waiting = line.queues_of(conn, by.reader, selectors, door.teams, by.hiding)
    queues = [one for one in waiting if door.lets_team(one.team, one.answers)]
    mine = door.priority(request.team, request.priority)
    others = [one for one in queues if one.team != request.team]
    of_team = [one for one in queues if one.team == request.team]
    own = [] if door.is_own(request.team) else [one for one in others if door.is_own(one.team)]
    higher = (
        []
        if door.is_own(request.team)
        else [one for one in others if one not in own and door.priority(one.team, one.top) > mine]
    )
    found = [
        _count(by, own, -1, Rule.OWN_TEAM, f"of the lab's own team {board.team}, which is first on its boards"),
        _count(by, higher, mine, Rule.PRIORITY, "of other teams with a higher priority"),
        _teams_before(conn, request, door, others, mine),
        _people_before(by, request, door, of_team, mine),
        _own_before(by, request, lane, of_team),
    ]
    return tuple(one for one in found if one is not None)


def _count(by: _Sight, queues: Sequence[Queue], above: int, rule: Rule, whose: str) -> Before | None:
    number = line.count_above(by.conn, by.reader, [one.id for one in queues], above, COUNTED) if queues else 0
    return Before(rule=rule, count=number, text=f"{_number(number, 'request')} {whose}") if number else None


def _teams_before(
    conn: sa.Connection, request: Request, door: Door, others: Sequence[Queue], mine: int
) -> Before | None:
    """Teams of the same priority that have a turn first."""
    if door.is_own(request.team):
        return None
    shares = turn_sql.of_teams(conn, door.board.id)
    last = turn_sql.last_of(conn, [door.board.id]).get(door.board.id)
    clock = Clock(seconds=last.clock.seconds) if last is not None else Clock()
    heads: dict[str, str] = {}
    for one in others:
        if not door.is_own(one.team) and door.priority(one.team, one.top) == mine:
            heads[one.team] = min(one.head, heads.get(one.team, one.head))
    me = _One(own=False, priority=mine, head=request.id, used=shares.get(request.team, (0.0, Clock()))[0])
    first = [
        team
        for team, head in heads.items()
        if _is_first(_One(own=False, priority=mine, head=head, used=shares.get(team, (0.0, Clock()))[0]), me, clock)
    ]
    each = "another team that has" if len(first) == 1 else f"each of {len(first)} other teams that have"
    text = f"one turn of {each} used less of the board, or as much and waited longer"
    return Before(rule=Rule.SHARE, count=len(first), text=text) if first else None


def _people_before(by: _Sight, request: Request, door: Door, queues: Sequence[Queue], mine: int) -> Before | None:
    """People of the same team that have the team's turn first."""
    used = turn_sql.of_users(by.conn, door.board.id, request.team)
    clock = turn_sql.of_teams(by.conn, door.board.id).get(request.team, (0.0, Clock()))[1]
    me = _One(own=False, priority=mine, head=request.id, used=used.get(request.requester, 0.0))
    best: dict[str, tuple[int, str]] = {}
    for lane in line.lanes_of(by.conn, by.reader, [one.id for one in queues], by.hiding):
        if lane.user != request.requester:
            key = (-door.priority(request.team, lane.top), lane.head)
            best[lane.user] = min(key, best.get(lane.user, key))
    first = [
        user
        for user, (priority, head) in best.items()
        if _is_first(
            _One(own=False, priority=-priority, head=head, used=used.get(user, 0.0)), me, Clock(seconds=clock.seconds)
        )
    ]
    each = "another person" if len(first) == 1 else f"each of {len(first)} other people"
    text = f"one turn of {each} of the team {request.team}"
    return Before(rule=Rule.TEAM_SHARE, count=len(first), text=text) if first else None


def _own_before(by: _Sight, request: Request, lane: Lane, queues: Sequence[Queue]) -> Before | None:
    mine = {one.id for one in sql.lanes_of(by.conn, [one.id for one in queues]) if one.user == lane.user}
    ids = sorted(mine | {lane.id})
    number = line.count_before(by.conn, by.reader, ids, (request.priority, request.id), COUNTED)
    text = f"{_number(number, 'request')} of {request.requester}'s own, of a higher priority or older"
    return Before(rule=Rule.OWN, count=number, text=text) if number else None


def _is_first(one: Contender, me: Contender, clock: Clock) -> bool:
    return rank(one, clock) < rank(me, clock)


# -- when


def _next(conn: sa.Connection, board: Board, stops: Sequence[Stop], before: Sequence[Before]) -> str:
    if stops:
        return "not before that has changed"
    # Of what is not for the reader, nothing is said: not for how long it may run either.
    end = attempt_sql.latest_end(conn, board.host, board.name) if board.busy_with else None
    free = (
        f"when what runs there has ended, at {_clock(end)} at the latest" if end else "when what runs there has ended"
    )
    if not before:
        return f"next, {free}" if board.busy else "next, as soon as its lab asks"
    shared = ""
    if any(one.rule is Rule.PRIORITY for one in before):
        shared = " (one turn of four goes by the shares alone, whatever the priorities)"
    first = f"; the first of them {free}" if board.busy else ""
    return f"after these{shared}: when that is depends on how long they take{first}"


def _clock(end: datetime) -> str:
    return f"{end:%H:%M} UTC"


def _number(count: int, noun: str) -> str:
    if count >= COUNTED:
        return f"{COUNTED} {noun}s or more"
    return f"{count} {noun}{'' if count == 1 else 's'}"
