"""How many requests may wait: a lab's word on the length of its queue, kept when requests are put."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from math import inf

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.records import Lane
from fuego_jenkins_remote.hub.statements import lanes as lane_sql
from fuego_jenkins_remote.hub.statements import matches
from fuego_jenkins_remote.hub.statements.matches import Offer
from fuego_jenkins_remote.hub.statements.requests import Row
from fuego_jenkins_remote.network.terms import Quota


def must_have_room(
    conn: sa.Connection, rows: Sequence[Row], offers: Mapping[int, Sequence[Offer]], now: datetime
) -> None:
    """Raise Refused if all labs that may run one of the new requests have as many waiting as they want.

    A lab lets a user and a team have so many waiting for each of its boards that are open to them; what may run there
    counts, wherever else it may. `offers` has how the boards are shared, by selector.
    """
    rooms = _Rooms(conn)
    for _, group in groupby(rows, key=lambda row: row.lane.id):
        of_lane = list(group)
        lane, longest = of_lane[0].lane, max(row.new.timeout for row in of_lane)
        suiting = [one for one in offers[lane.selector_id] if one.suits(lane.team, lane.user, longest, now)]
        full = [rooms.full(host, lane, len(of_lane), suiting) for host in sorted({one.host for one in suiting})]
        if full and all(full):
            raise Refused("too many wait already: " + "; ".join(filter(None, full[:5])), code="queue-full")


@dataclass(kw_only=True)
class _Room:
    """What a lab lets wait, of a user and of a team; how many boards that is for; who has how many there."""

    boards: int
    user: float
    team: float
    waits: dict[str, int] = field(default_factory=dict)


class _Rooms:
    """The labs' rooms, each looked up once; what is put now counts with it."""

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn
        self._known: dict[tuple[str, str, str], _Room] = {}
        self._new: Counter[str] = Counter()

    def full(self, host: str, lane: Lane, number: int, suiting: Sequence[Offer]) -> str:
        """Why a lab has no room for so many more; empty where it has. `suiting`: ways in which labs share boards."""
        if any(one.host == host and _is_endless(one, lane.team) for one in suiting):
            self._new[host] += number
            return ""
        key = (host, lane.team, lane.user)
        if key not in self._known:
            self._known[key] = self._look(host, lane)
        room = self._known[key]
        self._new[host] += number
        for name, most, who in ((lane.user, room.user, lane.user), ("", room.team, f"the team {lane.team}")):
            has = room.waits.get(name, 0)
            if has + self._new[host] > most:
                boards = "its board" if room.boards == 1 else f"its {room.boards} boards"
                return f"{who} has {has} requests waiting for {host}, which lets {int(most)} wait for {boards}"
        return ""

    def _look(self, host: str, lane: Lane) -> _Room:
        offers = [one for one in matches.offers_of_lab(self._conn, host) if one.admits(lane.team, lane.user)]
        room = _Room(boards=sum(one.boards for one in offers), user=0, team=0)
        for one in offers:
            quota = one.terms.waiting
            own = lane.team == one.team
            room.user += inf if own or quota.user is None else quota.user * one.boards
            room.team += inf if own or quota.team is None else quota.team * one.boards
        if room.user < inf:
            room.waits[lane.user] = self._waiting(host, lane.team, lane.user)
        if room.team < inf:
            room.waits[""] = self._waiting(host, lane.team, None)
        return room

    def _waiting(self, host: str, team: str, user: str | None) -> int:
        waiting = lane_sql.waiting_of(self._conn, team, user)
        return sum(waiting[one] for one in matches.lanes_at(self._conn, sorted(waiting), host))


def _is_endless(offer: Offer, team: str) -> bool:
    """Whether so many of the team's may wait for these boards as want to: then so they may for the lab's boards."""
    return team == offer.team or offer.terms.waiting == Quota()
