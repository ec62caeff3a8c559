"""An old Fuego server where a hub is asked: boards and requests in our own words, and a plain no to everything else.

What it promises is less than a hub does. It has no login; it forgets requests that are put within the same hundredth of
a second for one board (so a put reads back what it has put); it knows four states; it tells nobody of a cancel.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from fuego_jenkins_remote.client.api import Api, Json
from fuego_jenkins_remote.client.errors import ClientError, Invalid, NotFound, Unreachable
from fuego_jenkins_remote.client.fserver import boards, requests, runs
from fuego_jenkins_remote.client.fserver.calls import Failed, Fserver
from fuego_jenkins_remote.client.values import Board, Made, Request
from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.fserver_format import RequestId, RunId
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.states import FINAL, OLD_FUEGO_STATE, State

POLL = 3.0
"""Seconds between two looks at a request that is waited for: there is no long poll."""
_TRIES = 3
_LOOKED_AT = 20
"""So many of a board's newest requests are looked at for one that was put before under the same key."""

_NOT_THERE = {
    "package": "test packages of a request (ftc put-test first)",
    "git": "tests from git",
    "deadline": "deadlines",
    "retries": "retries",
    "private": "private requests",
    "notify": "notices",
    "min_version": "versions of installed tests",
    "team": "teams",
}


class NoSuchThing(ClientError):
    """What was asked for is not to be had from an old Fuego server."""


class FserverHub:
    """What verbs ask of a hub, asked of an old server. All raise ClientError."""

    def __init__(
        self,
        server: Fserver,
        requestor: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`requestor` is who asks, HOST:USER."""
        self.server = server
        self._requestor = requestor
        self._clock = clock
        self._sleep = sleep

    @property
    def url(self) -> str:
        """The server's address."""
        return self.server.url

    @property
    def api(self) -> Api:
        """A hub's API, which an old server has not: raises NoSuchThing."""
        self._no("place for this: it knows boards, requests, runs, tests and binaries, and no more")

    def whoami(self) -> Json:
        """Raises NoSuchThing: it knows nobody."""
        self._no("users, teams and tokens")

    # -- boards

    def boards(self, *, selector: str = "", host: str = "") -> list[Board]:
        """Its boards, all or those that match."""
        wanted = selectors.parse(selector) if selector else None
        found = [boards.get_or_why_not(self.server, *place) for place in boards.names(self.server, host)]
        return [one for one in found if wanted is None or wanted.matches(_as_matched(one))]

    def board(self, host: str, board: str) -> Board:
        """One board; raises NotFound."""
        return boards.get(self.server, host, board)

    def put_board(self, host: str, board: str, record: Mapping[str, Any]) -> Board:
        """Register a board, in place of what was said of it before."""
        return boards.put(self.server, host, board, record, merge=False)

    def update_board(self, host: str, board: str, record: Mapping[str, Any]) -> Board:
        """Say a board's facts anew; what others have said of it beside them stays."""
        return boards.put(self.server, host, board, record, merge=True)

    def rm_board(self, host: str, board: str) -> None:
        """Say that it takes nothing: boards stay until the server's people remove their files. Raises NotFound."""
        boards.withdraw(self.server, host, board)

    def put_health(self, host: str, board: str, health: str, reason: str = "") -> Board:
        """What the lab sees of a board."""
        return boards.put_health(self.server, host, board, health, reason)

    # -- requests

    def put(self, wanted: Mapping[str, Any]) -> Made:
        """Ask for a test. "Any of these boards" is decided here and now, since the server knows requests for one board
        only. Raises NoSuchThing for what an old server has no place for, Invalid (`unknown-board`).
        """
        self._check(wanted)
        fields = requests.fields_of(wanted, self._requestor)
        _plain(fields)
        places, told = self._places(wanted["selector"], wanted.get("count") or 1)
        unusual = requests.unusual(wanted)
        if unusual:
            told += (f"a lab with an old client may pass these over: {', '.join(sorted(unusual))}",)
        return Made(requests=self._put_all(places, fields), campaign=None, told=told)

    def requests(self, **filters: object) -> tuple[list[Request], str | None]:
        """The newest requests that match (`board`, `test`, `state`, `host`, `requester`, at most `limit`)."""
        said = {key: str(value) for key, value in filters.items() if value not in (None, "")}
        if "campaign" in said:
            self._no("campaigns")
        limit = int(said.get("limit", "50"))
        host, _, board = said.get("board", "").rpartition(":")
        host = host or said.get("host", "")
        found: list[Request] = []
        for one in requests.ids(self.server, self._filters(said, host)):
            if len(found) == limit:
                break
            if (board and one.board != board) or (host and one.host != host):
                continue
            with contextlib.suppress(NotFound):  # it was removed meanwhile
                found.append(self._request_or_why_not(one))
        return found, None

    def _request_or_why_not(self, one: RequestId) -> Request:
        """For lists: a request whose record cannot be read stands there with the reason."""
        try:
            record = requests.record(self.server, one)
        except (NotFound, Unreachable):
            raise
        except ClientError as error:
            record = {"reason": str(error)}
        return requests.request_of(one, record)

    def request(self, request: str) -> Request:
        """One request; where it is done, with how its run ended."""
        one = RequestId.parse(request)
        record = requests.record(self.server, one)
        run = None
        with contextlib.suppress(BadName):
            run = runs.legible(self.server, RunId.parse(record.get("run_id", "")))
        return requests.request_of(one, record, run)

    def wait_for_change(self, request: str, seen: int, wait: float = 25.0) -> Request:
        """The request when it is other than `seen`, or as it is after `wait` seconds."""
        until = self._clock() + wait
        while True:
            now = self.request(request)
            left = until - self._clock()
            if now.version != seen or left <= 0:
                return now
            self._sleep(min(POLL, left))

    def cancel(self, request: str, call_id: str, reason: str) -> Request:  # noqa: ARG002 - as a hub has it
        """Have the server forget a request; it is given back as cancelled, or as it had ended, with `removed`.

        A lab that runs it is not told.
        """
        one = RequestId.parse(request)
        before = requests.record(self.server, one)
        requests.remove(self.server, one)
        was = requests.request_of(one, before)
        state = was.state if was.state in FINAL else State.CANCELLED
        return Request.from_json({**was.raw, "state": str(state), "removed": True})

    def update_request(self, request: str, changes: Mapping[str, str]) -> Request:
        """Change a request's state, run_id, start_time, done_time or reason, as labs do."""
        one = RequestId.parse(request)
        return requests.request_of(one, requests.update(self.server, one, changes))

    # -- what verbs of a hub ask besides

    def put_package(self, sha256: str, source: Path) -> None:  # noqa: ARG002
        """Raises NoSuchThing."""
        self._no(_NOT_THERE["package"])

    def get_package(self, sha256: str, destination: Path, *, limit: int) -> None:  # noqa: ARG002
        """Raises NoSuchThing."""
        self._no("packages by their SHA-256")

    # -- how it is done

    def _no(self, what: str) -> NoReturn:
        raise NoSuchThing(
            f"an old Fuego server ({self.url}) has no {what}; a hub has (hub_url in fuego.conf names one)"
        )

    def _check(self, wanted: Mapping[str, Any]) -> None:
        asked = [what for key, what in _NOT_THERE.items() if wanted.get(key)]
        if int(wanted.get("priority", 50)) != 50:
            asked.append("priorities")
        if asked:
            self._no(", no ".join(asked))

    def _places(self, text: str, count: object) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
        """The boards that a selector means now, and what its requester should know of that."""
        selector = selectors.parse(text)
        if isinstance(selector, selectors.Place) and "*" not in {selector.host, selector.name}:
            return [(selector.host, selector.name)], ()
        matching = [one for one in self.boards() if selector.matches(_as_matched(one))]
        free = [(one.host, one.name) for one in matching if one.online]
        if not free:
            why = f"{', '.join(map(str, matching))} take nothing (state is not online)" if matching else "none matches"
            raise Invalid(f"no board of the Fuego server at {self.url} for {text}: {why}", status=422, code="no-board")
        if count == "each":
            return free, ()
        wanted = int(str(count))
        if wanted > len(free):
            raise Invalid(f"{wanted} boards are wanted, {len(free)} match {text}", status=422, code="no-board")
        load = self._load()
        chosen = sorted(free, key=lambda place: (load[place], place))[:wanted]
        names = ", ".join(f"{host}:{board}" for host, board in chosen)
        if len(free) == wanted:
            return chosen, ()
        return chosen, (f"an old Fuego server knows no 'any of these': of {len(free)} boards {names} has least to do",)

    def _load(self) -> Counter[tuple[str, str]]:
        under_way = [one for state in ("pending", "running") for one in requests.ids(self.server, {"state": state})]
        return Counter((one.host, one.board) for one in under_way)

    def _put_all(self, places: Sequence[tuple[str, str]], fields: dict[str, str]) -> tuple[Request, ...]:
        """One for each place, as far as that goes; where it stops, what is put already is told."""
        made: list[Request] = []
        for host, board in places:
            try:
                made.append(self._put_one(host, board, fields))
            except ClientError as error:
                if not made:
                    raise
                there = ", ".join(one.id for one in made)
                raise ClientError(
                    f"{error}; before that {len(made)} of {len(places)} were put, and stay: {there}"
                ) from error
        return tuple(made)

    def _put_one(self, host: str, board: str, fields: Mapping[str, str]) -> Request:
        """Put it, and see whether it is there: what several put at the same moment is forgotten, all but one."""
        call_id = fields["call_id"]
        if not _is_new(call_id) and (before := self._put_before(host, board, call_id)):
            return before
        for _ in range(_TRIES):
            try:
                one = requests.put(self.server, host, board, fields)
            except Failed as error:
                code = "unknown-board" if "No matching board" in str(error) else ""
                raise Invalid(str(error), status=422, code=code) from error
            except Unreachable:
                there = self._put_before(host, board, call_id)
                if there is None:
                    raise
                return there
            record = self._read_back(one)
            if record.get("call_id") == call_id:
                return requests.request_of(one, record)
        raise ClientError(f"the Fuego server at {self.url} took the request {_TRIES} times and forgot it each time")

    def _read_back(self, one: RequestId) -> dict[str, str]:
        try:
            return requests.record(self.server, one)
        except Unreachable:
            raise
        except ClientError:
            return {}

    def _put_before(self, host: str, board: str, call_id: str) -> Request | None:
        """The request that was put under this key before, if it is among the board's newest."""
        there = [one for one in requests.ids(self.server, {"host": host}) if (one.host, one.board) == (host, board)]
        for one in there[:_LOOKED_AT]:
            record = self._read_back(one)
            if record.get("call_id") == call_id:
                return requests.request_of(one, record)
        return None

    def _filters(self, said: Mapping[str, str], host: str) -> dict[str, str]:
        filters = {"host": host, "requestor": said.get("requester", ""), "test_name": said.get("test", "")}
        if state := said.get("state", ""):
            old = OLD_FUEGO_STATE[State(state)]
            if old != state:
                self._no(f"state {state}: there are pending, running, done and error")
            filters["state"] = old
        return {key: value for key, value in filters.items() if value}


def _plain(fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        if not (value.isascii() and value.isprintable()):
            raise NoSuchThing(
                f"{name}: letters beyond ASCII, and line ends, break an old Fuego server's lists for everybody"
            )


def _as_matched(board: Board) -> selectors.Board:
    return selectors.Board(host=board.host, name=board.name, facts=board.facts, labels=board.labels)


def _is_new(call_id: str) -> bool:
    """Whether it is one that was made for this call alone, and not a person's --key: none was put under it before."""
    return len(call_id) == 32 and all(sign in "0123456789abcdef" for sign in call_id)
