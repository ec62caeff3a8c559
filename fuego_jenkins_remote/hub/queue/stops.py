"""What keeps a waiting request from a board, whoever comes before it: its standing, the lab's terms, people, failures.

One answer for `ftc query-request --why`, for what is happening now, and for what a put is told: see `queue/order.py`,
`telling.py`, `outlook.py`. Of boards that others have only those count that the reader may see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub import choice
from fuego_jenkins_remote.hub.queue import lanes
from fuego_jenkins_remote.hub.queue.terms import has_quota
from fuego_jenkins_remote.hub.records import Attempt, Board, Caller, Request
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import line
from fuego_jenkins_remote.network import matching
from fuego_jenkins_remote.network.boards import Standing, in_brief
from fuego_jenkins_remote.network.matching import Offer, Reason, Why, Wish


@dataclass(frozen=True, kw_only=True)
class Stop:
    """What keeps the request from a board; `why` is a word for scripts."""

    why: str
    text: str


NEVER = frozenset({Why.SELECTOR, Why.NEED, Why.CLOSED, Why.TOO_LONG, Why.WINDOW, Why.NO_QUOTA})
"""What does not pass by itself: such a board is none that would do."""
STANDS = frozenset({Why.WITHDRAWN, Why.OFFLINE, Why.MAINTENANCE, Why.BROKEN, Why.SILENT})
"""What is the matter with the board itself, whoever asks for it."""


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A board, and what keeps a request from it; nothing, where it is taken there as soon as the board is free."""

    board: Board
    stops: tuple[Stop, ...]

    def has(self, whys: Iterable[str]) -> bool:
        """Whether one of these keeps the request from it."""
        return any(one.why in whys for one in self.stops)

    @property
    def only_stands(self) -> bool:
        """Whether nothing but the board's own standing keeps the request from it."""
        return all(one.why in STANDS for one in self.stops)

    def in_words(self) -> str:
        """The board with all that stops it, as part of a sentence."""
        said = [_stands(self.board, one) for one in self.stops if one.why in STANDS]
        terms = ", and ".join(one.text for one in self.stops if one.why not in STANDS)
        if terms:
            said.append(terms if said else f"{self.board}: {terms}")
        return ", and ".join(said)


@dataclass(kw_only=True)
class Stops:
    """Looks at boards for one reader; what is asked of a lab is asked once, however many boards it has."""

    conn: sa.Connection
    reader: Caller | None
    now: datetime
    _held: dict[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)

    def of_request(self, request: Request, boards: Sequence[Board]) -> list[Stopped]:
        """Each of the boards, with what stops this request there."""
        wish = choice.wish_of(request, (request.team,), request.requester)
        attempts = attempt_sql.of_request(self.conn, request.id) if request.attempt else []
        pauses = _pauses(attempts, self.now)
        return [self._of_request(request, wish, board, pauses) for board in boards]

    def of_wish(self, wish: Wish, boards: Sequence[Board]) -> list[Stopped]:
        """Each of the boards, which may run it some day for the wish's one team, with what stops it now.

        Whether people are asked is another matter.
        """
        return [
            Stopped(board=board, stops=(*self._now(wish, board, board.offer(self.now)), *self._quota(wish, board)))
            for board in boards
        ]

    def _of_request(
        self, request: Request, wish: Wish, board: Board, pauses: Mapping[tuple[str, str], Sequence[Stop]]
    ) -> Stopped:
        offer = board.offer(self.now)
        stops = (
            *_stops(matching.never(offer, wish, self.now)),
            *self._now(wish, board, offer),
            *_people(request, board),
            *self._quota(wish, board),
            *_failed(request, board),
            *pauses.get((board.host, board.name), ()),
        )
        return Stopped(board=board, stops=stops)

    def _now(self, wish: Wish, board: Board, offer: Offer) -> list[Stop]:
        found = [one for one in _stops(matching.not_now(offer, wish, self.now)) if one.why != Why.BUSY]
        windows = board.terms.windows.read()
        if windows is not None and any(one.why == Why.SHUT for one in found):
            opens = windows.opens(self.now, timedelta(seconds=wish.timeout))
            if opens is not None:
                text = f"the next window that is long enough opens at {opens:%Y-%m-%d %H:%M} UTC"
                found.append(Stop(why="opens", text=text))
        return found

    def _quota(self, wish: Wish, board: Board) -> list[Stop]:
        if board.team in wish.teams or not has_quota(board.terms.running) or board.terms.none_run:
            return []
        if board.host not in self._held:
            self._held[board.host] = line.held_of_lab(self.conn, self.reader, board.host)
        return _stops(matching.used_up(board.offer(self.now), wish, self._held[board.host]))


def _stops(reasons: Iterable[Reason]) -> list[Stop]:
    return [Stop(why=one.why, text=one.text) for one in reasons]


def _people(request: Request, board: Board) -> list[Stop]:
    approval = request.approval(board.host)
    if approval is not None and approval.answer == "approved":
        return []
    if approval is not None and not lanes.asked_by_the_hub(approval):
        said = {"requested": "are asked for their approval", "rejected": "have said no"}[approval.answer]
        return [Stop(why=approval.answer, text=f"the people of {board.host} {said}")]
    if not board.terms.ask or request.team == board.team:
        return []
    if approval is None:
        said = f"the board asks for an approval; {board.host} has others that would do, so its people were not asked"
        return [Stop(why="approval-needed", text=said)]
    return [Stop(why="requested", text=f"the people of {board.host} are asked for their approval")]


def _failed(request: Request, board: Board) -> list[Stop]:
    if str(board) not in request.avoided:
        return []
    return [Stop(why="failed-here", text="it could not be run there before: it is tried on another board")]


def _pauses(attempts: Sequence[Attempt], now: datetime) -> dict[tuple[str, str], list[Stop]]:
    """By host and board, where it was given back and is not offered again yet."""
    until: dict[tuple[str, str], datetime] = {}
    for one in attempts:
        if one.pause_until is not None and one.pause_until > now:
            until[one.host, one.board] = max(one.pause_until, until.get((one.host, one.board), now))
    said = "its lab has given it back, and is asked again at"
    return {place: [Stop(why="given-back", text=f"{said} {end:%H:%M:%S} UTC")] for place, end in until.items()}


def _stands(board: Board, stop: Stop) -> str:
    match stop.why:
        case Why.WITHDRAWN:
            return f"{board} is offline, as its lab wants it"
        case Why.SILENT:
            return f"nothing was heard of the lab {board.host} since {board.last_seen:%Y-%m-%d %H:%M} UTC ({board})"
        case Why.MAINTENANCE:
            by = f", says {board.maintenance_by}" if board.maintenance_by and board.maintenance else ""
            reason = f" ({in_brief(board.because)}{by})" if board.because else ""
            return f"{board} is in maintenance{reason}"
        case _:
            reason = f" ({in_brief(board.health_reason)})" if board.health_reason else ""
            return f"{board} is {Standing(stop.why)}{reason}"
