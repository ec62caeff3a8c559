"""How many requests may wait: a lab's word on the length of its queue, kept when requests are put."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import inf

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.records import Board, Lane
from fuego_jenkins_remote.hub.statements import lanes as lane_sql
from fuego_jenkins_remote.hub.statements import locks, matches
from fuego_jenkins_remote.hub.statements.matches import Offer
from fuego_jenkins_remote.hub.statements.requests import Row
from fuego_jenkins_remote.network import matching
from fuego_jenkins_remote.network.matching import Wish
from fuego_jenkins_remote.network.terms import Quota


def must_have_room(
    conn: sa.Connection, rows: Sequence[Row], offers: Mapping[int, Sequence[Offer]], now: datetime
) -> None:
    """Raise Refused if all labs that may run one of the new requests have as many waiting as they want.

    A lab lets a user and a team have so many waiting for each of its boards that are open to them and have a limit.
    What a board of the lab without a limit may run has room, and counts for none. What only boards with limits may run
    there counts, wherever else it may: for all boards with limits together, and for those that may run it. `offers` has
    how the boards are shared, by selector.
    """
    rooms = _Rooms(conn, [row.lane for row in rows], now)
    for (_, timeout), group in groupby(rows, key=lambda row: (row.lane.id, row.new.timeout)):
        alike = list(group)
        lane = alike[0].lane
        rooms.new[lane.id, timeout] += len(alike)
        suiting = [one for one in offers[lane.selector_id] if one.suits(lane.team, lane.user, timeout, now)]
        if said := rooms.refusal(lane, suiting):
            raise Refused(said, code="queue-full")


def refusal(conn: sa.Connection, wish: Wish, boards: Sequence[Board], now: datetime) -> str:
    """Why a request that these boards may run, for its one team, would be refused now; empty where it would not."""
    [team] = wish.teams
    if any(one.team == team or one.terms.waiting == Quota() for one in boards):
        return ""
    offer_of = matches.offers_of_boards(conn, [one.id for one in boards])
    new: dict[str, dict[int, int]] = {}
    for board in boards:
        new.setdefault(board.host, {})[board.id] = offer_of[board.id]
    lane = Lane(id=_NEW, user=wish.user, queue_id=0, selector_id=0, selector="", team=team, answers="")
    rooms = _Rooms(conn, [], now, new_lane=new)
    rooms.new[_NEW, wish.timeout] = 1
    used = set(offer_of.values())
    return rooms.refusal(
        lane, [one for host in sorted(new) for one in matches.offers_of_lab(conn, host) if one.id in used]
    )


_NEW = 0
"""No lane has this id: that of a request that is not put."""


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    """What waits at a lab. `offers`: how its boards are shared, by id; `numbers`: how many wait, by lane.

    `users`: whose lane it is; `boards`: the lab's boards that a lane's requests may use, each with its offer.
    """

    offers: Mapping[int, Offer]
    numbers: Mapping[int, int]
    users: Mapping[int, str]
    boards: Mapping[int, Mapping[int, int]]

    def only_for(self, boards: Set[int], user: str | None, longest: Mapping[int, float]) -> dict[int, float]:
        """The lanes, of one user or of all, with requests that none but these of the lab's boards may run: those that
        take longer than so many seconds, since others let outsiders have them for so long (`longest`, by offer).
        """
        return {
            lane: max((longest[offer] for board, offer in its.items() if board not in boards), default=0)
            for lane, its in self.boards.items()
            if not boards.isdisjoint(its) and (user is None or self.users[lane] == user)
        }


class _Rooms:
    """The labs' rooms, each looked up once. `new`: what is put now, by lane and time limit; `lanes`: all of these.

    `new_lane`: of a lane that is not stored the boards by lab, each with its offer; nothing is put then.
    """

    def __init__(
        self,
        conn: sa.Connection,
        lanes: Sequence[Lane],
        now: datetime,
        *,
        new_lane: Mapping[str, Mapping[int, int]] | None = None,
    ) -> None:
        self.new: Counter[tuple[int, int]] = Counter()
        self._conn = conn
        self._lanes = lanes
        self._now = now
        self._new_lane = new_lane
        self._known: dict[tuple[str, str, str], _Waiting] = {}
        self._longer: dict[tuple[int, float], int] = {}

    def refusal(self, lane: Lane, suiting: Sequence[Offer]) -> str:
        """Why the new ones of the lane have no room at any lab; empty where they have. `suiting`: who may run them."""
        hosts = sorted({one.host for one in suiting})
        full = [self._full(host, lane, [one for one in suiting if one.host == host]) for host in hosts]
        return "too many wait already: " + "; ".join(full[:5]) if full and all(full) else ""

    def _full(self, host: str, lane: Lane, suiting: Sequence[Offer]) -> str:
        """Why a lab has no room for the new ones of the lane; empty where it has. `suiting`: its offers for them."""
        if any(lane.team == one.team or one.terms.waiting == Quota() for one in suiting):
            return ""
        key = (host, lane.team, lane.user)
        if key not in self._known:
            self._known[key] = self._look(host, lane)
        at = self._known[key]
        for user, who in ((None, f"the team {lane.team}"), (lane.user, lane.user)):
            for room in _rooms_for(at, lane, user, {one.id for one in suiting}):
                only = at.only_for(room.boards, user, self._longest(at))
                has = self._waiting(at, only)
                new = sum(number for (one, timeout), number in self.new.items() if timeout > only.get(one, inf))
                if has + new > room.most:
                    return f"{who} has {has} requests waiting {room.words}"
        return ""

    def _longest(self, at: _Waiting) -> dict[int, float]:
        return {one.id: matching.longest(one.terms, self._now) for one in at.offers.values()}

    def _waiting(self, at: _Waiting, only: Mapping[int, float]) -> int:
        """How many wait in these lanes that take longer than so many seconds."""
        for seconds in sorted({most for lane, most in only.items() if most and (lane, most) not in self._longer}):
            lanes = sorted(lane for lane, most in only.items() if most == seconds and lane in at.numbers)
            found = lane_sql.waiting_longer(self._conn, lanes, int(seconds))
            self._longer |= {(lane, seconds): found.get(lane, 0) for lane, most in only.items() if most == seconds}
        return sum(self._longer[lane, most] if most else at.numbers.get(lane, 0) for lane, most in only.items())

    def _look(self, host: str, lane: Lane) -> _Waiting:
        if self._new_lane is None:
            locks.puts_in_line(self._conn, lane.team)
        offers = {one.id: one for one in matches.offers_of_lab(self._conn, host)}
        by_team = any(one.terms.waiting.team is not None for one in offers.values())
        numbers = lane_sql.waiting_of(self._conn, lane.team, None if by_team else lane.user)
        mine = {one.id for one in self._lanes if one.team == lane.team}
        users: dict[int, str] = {}
        boards: dict[int, dict[int, int]] = {}
        for found in matches.boards_of_lanes(self._conn, sorted(mine | numbers.keys()), host):
            users[found.lane_id] = found.user
            if offers[found.offer_id].admits(lane.team, found.user):
                boards.setdefault(found.lane_id, {})[found.board_id] = found.offer_id
        if self._new_lane is not None:
            users[_NEW], boards[_NEW] = lane.user, dict(self._new_lane[host])
        return _Waiting(offers=offers, numbers=numbers, users=users, boards=boards)


def _most(offer: Offer, user: str | None) -> float:
    """How many may wait for one of the boards, of a team, or of one of its users: of whom no more than of the team."""
    quota = offer.terms.waiting
    of_team = inf if quota.team is None else quota.team
    return of_team if user is None or quota.user is None else min(quota.user, of_team)


@dataclass(frozen=True, kw_only=True)
class _Room:
    """How many requests may wait that none but these boards may run, and how to say it."""

    boards: Set[int]
    most: int
    words: str


def _rooms_for(at: _Waiting, lane: Lane, user: str | None, suits: Set[int]) -> list[_Room]:
    """The rooms in which requests of a lane have to find place, for one user or for all of the team: that of all of the
    lab's boards with a limit, and that of those that suit it; none if one of these (`suits`: by offer) has no limit.
    """
    open_ = [one for one in at.offers.values() if one.admits(lane.team, lane.user)]
    most = {one.id: of_one for one in open_ if (of_one := _most(one, user)) < inf}
    if not suits <= most.keys():
        return []
    number = sum(one.boards for one in open_ if one.id in most)
    words = (
        f"for {open_[0].host}, which lets {{most}} wait for {'its board' if number == 1 else f'its {number} boards'}"
    )
    if len(most) < len(open_):
        words = _alone(open_[0].host, number)
    room = int(sum(most[one.id] * one.boards for one in open_ if one.id in most))
    limited = {board for its in at.boards.values() for board, offer in its.items() if offer in most}
    here = {board: most[offer] for board, offer in at.boards.get(lane.id, {}).items() if offer in suits}
    of_here = int(sum(here.values()))
    return [
        _Room(boards=limited, most=room, words=words.format(most=room)),
        _Room(boards=here.keys(), most=of_here, words=_alone(open_[0].host, len(here)).format(most=of_here)),
    ]


def _alone(host: str, number: int) -> str:
    some, them = ("one board", "it") if number == 1 else (f"{number} boards", "them")
    return f"that only {some} of {host} may run, and {{most}} may wait for {them}"
