"""Which requests are there for old clients, and under which id: those for exactly one board of their team's labs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fuego_jenkins_remote.fuego.fserver_format import RequestId, lab_time
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.view import run_of
from fuego_jenkins_remote.hub.records import NewRequest, Request
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.hub.statements.requests import Row
from fuego_jenkins_remote.network.selectors import Place, parse

_STEP = timedelta(milliseconds=10)


def on_put(change: Change, fserver: Fserver, rows: Sequence[Row]) -> None:
    """Requests were put, by whatever client: those that an old lab can run get an id for old clients."""
    given: dict[Place, datetime] = {}
    for row in rows:
        place = _place(row.new)
        if place is not None and sql.team_of_board(change.conn, place.host, place.name) == fserver.team:
            given[place] = give_id(change, row.id, place.host, place.name, after=given.get(place))


def give_id(change: Change, request_id: str, host: str, board: str, *, after: datetime | None = None) -> datetime:
    """Old clients see the request from now on, as one for this board; the moment that its id has.

    That is its own; of two in the same hundredth of a second the later one gets the next that is free. `after` is the
    moment of the one before, where several are put at once.
    """
    free = _free(change, change.at if after is None else after + _STEP, host, board)
    sql.show(change.conn, request_id, str(free), host, board)
    return free.at


def _free(change: Change, at: datetime, host: str, board: str) -> RequestId:
    """An id that is free, the one before it being taken: hundreds that were put before are not passed one by one."""

    def later(steps: int) -> RequestId:
        return RequestId(at=at + steps * _STEP, host=host, board=board)

    taken, free = -1, 0
    while sql.is_taken(change.conn, str(later(free))):
        taken, free = free, 2 * free + 1
    while free - taken > 1:
        middle = (taken + free) // 2
        if sql.is_taken(change.conn, str(later(middle))):
            taken = middle
        else:
            free = middle
    return later(free)


def on_done(change: Change, request: Request, run_url: str) -> None:
    """A run of a request has arrived: old clients that see the request find it among the runs."""
    seen = sql.of_request(change.conn, request.id)
    run = None if seen is None else run_of(seen)
    if seen is None or run is None or not request.run_key or sql.run(change.conn, str(run)) is not None:
        return
    new = sql.OldRun(
        name=str(run),
        host=seen.host,
        board=seen.board,
        test=seen.test,
        spec=seen.spec,
        status=request.status,
        timestamp=lab_time(run.at),
        request=seen.old_id,
        run_key=request.run_key,
        run_url=run_url,
    )
    sql.add_run(change.conn, new, change.at)


def _place(new: NewRequest) -> Place | None:
    """The one board that it is for; None where it is for others, or asks for what old labs do not know."""
    if new.package or new.git or new.variables or new.phases or new.min_version or new.needs or new.private:
        return None
    place = parse(new.selector)
    return place if isinstance(place, Place) and "*" not in {place.host, place.name} else None
