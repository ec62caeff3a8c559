"""Whose turn it is on a board, and with which request.

A claim looks at the queues that have something for the board (one row for each selector and team), then at the lanes of
the team whose turn it is, then into the index of waiting requests, for the lane that comes first. What queues and lanes
know of their first request may be too good, where a request went in another way than by a claim: it is seen then.
Boards that are claimed for in one call read queues and lanes once for all of them, where the same selectors match.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from typing import TypeVar

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.queue.terms import Door
from fuego_jenkins_remote.hub.statements import lanes as sql
from fuego_jenkins_remote.hub.statements import locks
from fuego_jenkins_remote.hub.statements import turns as turn_sql
from fuego_jenkins_remote.hub.statements.lanes import Filled, First, Queue
from fuego_jenkins_remote.network.shares import Clock, moved, rank, started, taken

_MOST_LANES_A_LOOK = 256
_NEW = (0.0, Clock())
_Row = TypeVar("_Row", Queue, Filled)


@dataclass(frozen=True, kw_only=True)
class Only:
    """What a person has asked for by name: this request, which waits in this lane of this queue."""

    request_id: str
    lane_id: int
    queue_id: int


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Whose turn it is and with which request; with the clocks as they go on, and from where on the turn counts."""

    request_id: str
    lane: Filled
    team: str
    teams_clock: Clock
    users_clock: Clock
    team_used: float
    user_used: float


@dataclass(kw_only=True, slots=True)
class _User:
    """A user who waits for the board, with the lanes that may have something for it; the best one speaks for it."""

    name: str
    used: float
    lanes: list[Filled]
    own: bool = False
    priority: int = 0
    head: str = ""

    def look(self) -> Filled:
        """The lane that comes first: of one person's requests the priority decides, then the age."""
        best = min(self.lanes, key=_order)
        self.priority, self.head = best.top, best.head
        return best


@dataclass(kw_only=True, slots=True)
class _Team:
    """A team that waits for the board. Its users are read when it is its turn; `sure` are the lanes looked into."""

    name: str
    own: bool
    used: float
    clock: Clock
    queues: list[Queue]
    priority: int = 0
    head: str = ""
    users: dict[str, _User] | None = None
    sure: set[int] = field(default_factory=set)

    def look(self, door: Door) -> None:
        """See what the team has that is best."""
        if self.users is None:
            best: Queue | Filled = min(self.queues, key=_order)
        else:
            best = min((one.look() for one in self.users.values()), key=_order)
        self.priority, self.head = door.priority(self.name, best.top), best.head


class Waiting:
    """What waits for the boards of one claim, as it was read for one of them, and is good for the next."""

    def __init__(self, change: Change, doors: Sequence[Door]) -> None:
        """`doors` are the boards of the claim."""
        self.change = change
        self.last = turn_sql.last_of(change.conn, [door.board.id for door in doors])
        teams = [door.teams for door in doors]
        known = [one for one in teams if one is not None]
        self._teams = None if len(known) < len(teams) else set().union(*known)
        self._selectors = sql.filled_selectors(change.conn, [door.board.id for door in doors])
        self._queues: dict[frozenset[int], dict[str, list[Queue]]] = {}
        self._lanes: dict[tuple[int, ...], list[Filled]] = {}

    def queues(self, board_id: int) -> dict[str, list[Queue]]:
        """The queues with something that matches the board, by team."""
        selectors = self._selectors.get(board_id, frozenset())
        if selectors not in self._queues:
            found: dict[str, list[Queue]] = {}
            # The best of a team stands first.
            for queue in sorted(sql.queues_of(self.change.conn, selectors, self._teams), key=_order):
                found.setdefault(queue.team, []).append(queue)
            self._queues[selectors] = found
        return self._queues[selectors]

    def lanes(self, queues: Iterable[Queue]) -> list[Filled]:
        """The lanes of these queues with something in them."""
        ids = tuple(sorted(queue.id for queue in queues))
        if ids not in self._lanes:
            self._lanes[ids] = sql.lanes_of(self.change.conn, ids)
        return self._lanes[ids]

    def look_again(self, lane_id: int, queue_id: int, *, for_more: bool = True) -> None:
        """See what comes first in the lane and in its queue, since something has left it; `for_more` boards here."""
        sql.look_again(self.change.conn, lane_id, queue_id)
        if not for_more:
            return
        queue = sql.queue_now(self.change.conn, queue_id)
        for by_team in self._queues.values():
            for queues in by_team.values() if queue is None else [by_team.get(queue.team, [])]:
                _put_in_place(queues, queue_id, queue)
                queues.sort(key=_order)
        lane = sql.lane_now(self.change.conn, lane_id)
        for ids, lanes in self._lanes.items():
            if queue_id in ids:
                _put_in_place(lanes, lane_id, lane)

    def clock(self, board_id: int) -> Clock:
        """The clock of the board's teams, after what its last turn has taken is counted."""
        last = self.last.get(board_id)
        if last is None:
            return Clock()
        seconds = ((last.ended_at or self.change.at) - last.claimed_at).total_seconds()
        used = taken(seconds, began=last.started_at is not None)
        if used:
            turn_sql.count(self.change.conn, board_id, last.team, last.user, used)
        return last.clock


def next_for(waiting: Waiting, door: Door, clock: Clock, only: Only | None = None) -> Pick | None:
    """Whose turn it is on a board with this clock, and with which request; None: nothing may run there now."""
    change = waiting.change
    teams = _teams(waiting, door, only)
    order = [(rank(team, clock), name) for name, team in teams.items()]
    heapify(order)
    number = 1
    while order:
        _, name = heappop(order)
        team = teams[name]
        if team.users is None:
            team.users = _users(waiting, door, team, only)
        else:
            user = min(team.users.values(), key=lambda one: rank(one, team.clock))
            lane = user.look()
            if lane.id not in team.sure:
                _look_into(waiting, door, team, _to_look_into(team, lane, number), only)
                number = min(number * 4, _MOST_LANES_A_LOOK)
            elif lane.head in change.locked or sql.lock(change.conn, lane.head):
                change.locked.add(lane.head)
                return Pick(
                    request_id=lane.head,
                    lane=lane,
                    team=team.name,
                    teams_clock=moved(clock, teams.values(), counts=not team.own),
                    users_clock=moved(team.clock, team.users.values()),
                    team_used=started(team.used, clock),
                    user_used=started(user.used, team.clock),
                )
            else:  # another lab was quicker, or somebody changes it just now: what comes next in the lane?
                change.passed_over.add(lane.head)
                _look_into(waiting, door, team, [lane], only)
        if team.users:
            team.look(door)
            heappush(order, (rank(team, clock), name))
        else:
            del teams[name]
    return None


def begin(change: Change, board_id: int, pick: Pick, attempt: int) -> None:
    """The turn begins: the clocks go on. What it takes is counted when the next one does."""
    turn_sql.begin(
        change.conn,
        board_id,
        teams=pick.teams_clock,
        users=pick.users_clock,
        used=(pick.team_used, pick.user_used),
        turn=(pick.request_id, attempt, pick.team, pick.lane.user),
        now=change.at,
    )


def _teams(waiting: Waiting, door: Door, only: Only | None) -> dict[str, _Team]:
    """The teams that have something for the board, as far as its terms let them."""
    found: dict[str, _Team] = {}
    shares = turn_sql.of_teams(waiting.change.conn, door.board.id)
    for name, queues in waiting.queues(door.board.id).items():
        limit = door.limit_of(name)
        # Mostly a team has no answers of labs and enough time: asked once for all of its queues.
        plainly = door.lets_team(name, "")
        fitting = [
            queue
            for queue in queues
            if (limit is None or queue.shortest <= limit)
            and (only is None or queue.id == only.queue_id)
            and (door.lets_team(name, queue.answers) if queue.answers else plainly)
        ]
        if fitting:
            used, clock = shares.get(name, _NEW)
            best = fitting[0]
            found[name] = _Team(
                name=name,
                own=door.is_own(name),
                used=used,
                clock=clock,
                queues=fitting,
                priority=door.priority(name, best.top),
                head=best.head,
            )
    return found


def _users(waiting: Waiting, door: Door, team: _Team, only: Only | None) -> dict[str, _User]:
    limit = door.limit_of(team.name)
    shares = turn_sql.of_users(waiting.change.conn, door.board.id, team.name)
    found: dict[str, _User] = {}
    for lane in waiting.lanes(team.queues):
        if (limit is not None and lane.shortest > limit) or (only is not None and lane.id != only.lane_id):
            continue
        if lane.user in found:
            found[lane.user].lanes.append(lane)
        elif door.lets_user(team.name, lane.user):
            found[lane.user] = _User(name=lane.user, used=shares.get(lane.user, 0.0), lanes=[lane])
    return found


def _to_look_into(team: _Team, best: Filled, number: int) -> list[Filled]:
    """The lane that comes first, and more that were not looked into: the first may have nothing for this board."""
    if number == 1:
        return [best]
    users = sorted((team.users or {}).values(), key=lambda one: rank(one, team.clock))
    others = [lane for user in users for lane in user.lanes if lane.id not in team.sure and lane.id != best.id]
    return [best, *others[: number - 1]]


def _look_into(waiting: Waiting, door: Door, team: _Team, lanes: Collection[Filled], only: Only | None) -> None:
    change = waiting.change
    if len(lanes) == 1 and locks.runs_beside_others(change.conn):
        firsts = _take_first(change, door, team, next(iter(lanes)), only)
    else:
        firsts = _first_of_each(change, door, team, lanes, only)
    for lane in lanes:
        first = firsts.get(lane.id)
        _replace(team, lane, None if first is None else replace(lane, top=first.priority, head=first.request_id))
        if (first is None or first.request_id != lane.head) and not sql.waits_in(change.conn, lane.head, lane.id):
            waiting.look_again(lane.id, lane.queue_id)
        team.sure.add(lane.id)


def _take_first(change: Change, door: Door, team: _Team, lane: Filled, only: Only | None) -> dict[int, First]:
    """Look into the lane that comes first, and keep at once what is found there: mostly that is what is claimed."""
    limit, request_id = door.limit_of(team.name), None if only is None else only.request_id
    first = sql.take_first(change.conn, door.board, lane.id, change.at, limit=limit, request_id=request_id)
    if first is not None:
        change.locked.add(first.request_id)
        return {lane.id: first}
    # Is there nothing, or has somebody else what there is just now?
    found = _first_of_each(change, door, team, [lane], only)
    change.passed_over.update(one.request_id for one in found.values())
    return {}


def _first_of_each(
    change: Change, door: Door, team: _Team, lanes: Collection[Filled], only: Only | None
) -> dict[int, First]:
    return sql.first_of_each(
        change.conn,
        door.board,
        [lane.id for lane in lanes],
        change.at,
        limit=door.limit_of(team.name),
        request_id=None if only is None else only.request_id,
        without=change.passed_over,
    )


def _replace(team: _Team, lane: Filled, by: Filled | None) -> None:
    """This is what the lane has for the board; None: nothing."""
    users = team.users or {}
    user = users[lane.user]
    user.lanes = [one for one in user.lanes if one.id != lane.id] + ([] if by is None else [by])
    if not user.lanes:
        del users[user.name]


def _put_in_place(rows: list[_Row], row_id: int, new: _Row | None) -> None:
    """One of the rows is this now; None: it is empty."""
    for at, one in enumerate(rows):
        if one.id == row_id:
            rows[at : at + 1] = [] if new is None else [new]
            return


def _order(one: Queue | Filled) -> tuple[int, str]:
    return (-one.top, one.head)
