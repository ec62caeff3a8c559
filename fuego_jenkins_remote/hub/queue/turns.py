"""Whose turn it is on a board, and with which request.

A claim looks at the queues that have something for the board (one row for each selector and team), then at the lanes of
the team whose turn it is, then into the index of waiting requests, for the lane that comes first. What queues and lanes
know of their first request may be too good, where a request went in another way than by a claim: it is seen then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.queue.terms import Door
from fuego_jenkins_remote.hub.statements import lanes as sql
from fuego_jenkins_remote.hub.statements import turns as turn_sql
from fuego_jenkins_remote.hub.statements.lanes import Filled, Queue
from fuego_jenkins_remote.network.shares import Clock, Contender, moved, rank, started, taken

_MOST_LANES_A_LOOK = 256


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


@dataclass(kw_only=True)
class _Team:
    """A team that waits for the board. Its lanes are read when it is its turn; `sure` are those looked into."""

    name: str
    own: bool
    used: float
    users: Clock
    queues: list[Queue] = field(default_factory=list)
    lanes: list[Filled] | None = None
    sure: set[int] = field(default_factory=set)

    def contender(self, door: Door) -> Contender:
        """As it stands among the teams: with the best of what it has."""
        best = min(self.queues if self.lanes is None else self.lanes, key=_order)
        return Contender(
            name=self.name,
            priority=door.priority(self.name, best.top),
            head=best.head,
            used=self.used,
            own=self.own,
        )


def count_last(change: Change, board_id: int) -> Clock:
    """Count what the last turn on the board has taken; gives the board's clock."""
    last = turn_sql.last(change.conn, board_id)
    if last is None:
        return Clock()
    seconds = ((last.ended_at or change.at) - last.claimed_at).total_seconds()
    used = taken(seconds, began=last.started_at is not None)
    if used:
        turn_sql.count(change.conn, board_id, last.team, last.user, used)
    return last.clock


def next_for(change: Change, door: Door, clock: Clock, only: Only | None = None) -> Pick | None:
    """Whose turn it is on a board with this clock, and with which request; None: nothing may run there now."""
    teams = _teams(change, door, only)
    looked_at = 1
    while teams:
        contenders = {team.name: team.contender(door) for team in teams.values()}
        team = teams[min(contenders, key=lambda name: rank(contenders[name], clock))]
        if team.lanes is None:
            team.lanes = _lanes(change, door, team, only)
        elif (lane := _best_lane(team)).id not in team.sure:
            _look_into_lanes(change, door, team, looked_at, only)
            looked_at = min(looked_at * 4, _MOST_LANES_A_LOOK)
        elif sql.lock(change.conn, lane.head):
            return Pick(
                request_id=lane.head,
                lane=lane,
                team=team.name,
                teams_clock=moved(clock, contenders.values(), counts=not team.own),
                users_clock=moved(team.users, [_user(one) for one in team.lanes]),
                team_used=started(team.used, clock),
                user_used=started(lane.used, team.users),
            )
        else:  # another lab was quicker
            team.lanes.remove(lane)
        if team.lanes == []:
            del teams[team.name]
    return None


def begin(change: Change, board_id: int, pick: Pick, attempt: int) -> None:
    """The turn begins: the clocks go on. What it takes is counted when the next one does."""
    write, user = turn_sql.write, pick.lane.user
    write(change.conn, board_id, pick.team, "", used=pick.team_used, clock=pick.users_clock, now=change.at)
    write(change.conn, board_id, pick.team, user, used=pick.user_used, clock=Clock(), now=change.at)
    turn_sql.begin(
        change.conn,
        board_id,
        pick.teams_clock,
        request_id=pick.request_id,
        attempt=attempt,
        team=pick.team,
        user=user,
    )


def _teams(change: Change, door: Door, only: Only | None) -> dict[str, _Team]:
    """The teams that have something for the board, as far as its terms let them."""
    found: dict[str, _Team] = {}
    allowed: dict[tuple[str, str], bool] = {}
    for queue in sql.queues_of(change.conn, door.board, door.teams):
        which = (queue.team, queue.answers)
        if which not in allowed:
            allowed[which] = door.lets_team(*which)
        limit = door.limit_of(queue.team)
        if not allowed[which] or (limit is not None and queue.shortest > limit):
            continue
        if only is not None and queue.id != only.queue_id:
            continue
        clock = Clock(seconds=queue.clock, turns=queue.turns)
        new = _Team(name=queue.team, own=door.is_own(queue.team), used=queue.used, users=clock)
        found.setdefault(queue.team, new).queues.append(queue)
    return found


def _lanes(change: Change, door: Door, team: _Team, only: Only | None) -> list[Filled]:
    limit = door.limit_of(team.name)
    lanes = sql.lanes_of(change.conn, door.board, [queue.id for queue in team.queues], team.name)
    return [
        lane
        for lane in lanes
        if (limit is None or lane.shortest <= limit)
        and (only is None or lane.id == only.lane_id)
        and door.lets_user(team.name, lane.user)
    ]


def _best_lane(team: _Team) -> Filled:
    """The lane of the user whose turn it is in the team; of one user's lanes the priority decides, then the age."""
    own: dict[str, Filled] = {}
    for lane in team.lanes or ():
        best = own.get(lane.user)
        if best is None or _order(lane) < _order(best):
            own[lane.user] = lane
    return min(own.values(), key=lambda lane: rank(_user(lane), team.users))


def _look_into_lanes(change: Change, door: Door, team: _Team, number: int, only: Only | None) -> None:
    """See what comes first in the best lane that was not looked into, and in as many more as are told."""
    lanes = team.lanes or []
    best = _best_lane(team)
    others = [lane for lane in lanes if lane.id not in team.sure and lane.id != best.id]
    others.sort(key=lambda lane: rank(_user(lane), team.users))
    looked = [best, *others[: number - 1]]
    firsts = sql.first_of_each(
        change.conn,
        door.board,
        [lane.id for lane in looked],
        change.at,
        limit=door.limit_of(team.name),
        request_id=None if only is None else only.request_id,
    )
    known = {lane.id: lane for lane in lanes}
    for lane in looked:
        first = firsts.get(lane.id)
        if (first is None or first.request_id != lane.head) and not sql.waits_in(change.conn, lane.head, lane.id):
            sql.look_again(change.conn, lane.id, lane.queue_id)
        if first is None:
            del known[lane.id]
        else:
            known[lane.id] = replace(lane, top=first.priority, head=first.request_id)
    team.sure |= {lane.id for lane in looked}
    team.lanes = list(known.values())


def _order(one: Queue | Filled) -> tuple[int, str]:
    return (-one.top, one.head)


def _user(lane: Filled) -> Contender:
    return Contender(name=lane.user, priority=lane.top, head=lane.head, used=lane.used)
