"""An old Fuego server where the bridge asks a hub: the calls of a lab, over claims that are races by nature.

A claim is written (`state=running` and our mark), left alone for a moment, and read again: whoever finds his own mark
there has the request, all others back off. It is read once more at the gate, before the board is touched. Two labs can
still both win, where one writes after the other has read for the last time: the server cannot compare and set.

Nobody there is who they say, so a requester is a text, and of no team. There is no sign of life and no console; a
request that is removed there is stopped here.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from fuego_jenkins_remote.client.api import Json
from fuego_jenkins_remote.client.errors import ClientError, Conflict, NotFound, Unreachable
from fuego_jenkins_remote.client.fserver import requests
from fuego_jenkins_remote.client.fserver.calls import Failed, Fserver
from fuego_jenkins_remote.client.fserver.hub import FserverHub
from fuego_jenkins_remote.client.values import Attempt, Beaten, Claims, Request
from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.fserver_format import RequestId, RunId, lab_time
from fuego_jenkins_remote.lab.fserver.book import ClaimBook, Held, Taken
from fuego_jenkins_remote.lab.fserver.marks import bridge_of, is_ours, mark_of, request_name, told
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.reasons import meaning

log = logging.getLogger("fuego.lab")

READ_AGAIN = (1.0, 3.0)
"""Seconds between a claim's mark and the look whether it still stands: any number between these."""
LOOK_EVERY = 60.0
"""Seconds between two looks at a request that runs: whether it was removed."""
ASIDE = 300.0
"""Seconds for which a request is left alone that this lab has given back."""
LEFTOVERS_EVERY = 600.0
"""Seconds between two looks for marks of ours that stand for no claim: a call that took effect after we gave it up."""
KEPT = 30 * 86400.0
"""Seconds for which a claim that is over is remembered, and its attempt's number not used again."""
_LEASE = 3600.0
_FOR_EVER = 4e9


class FserverLab(FserverHub):
    """The lab's side of an old server. Not to be shared between threads; the book is. All raise ClientError."""

    def __init__(
        self,
        server: Fserver,
        host: str,
        book: ClaimBook,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`now` in seconds since 1970; `between` gives a number from this to that one."""
        super().__init__(server, f"{host}:bridge", sleep=sleep)
        self._host = host
        self._book = book
        self._now = now
        self._between = between

    # -- claims

    def claim(
        self,
        claim_id: str,
        boards: Sequence[str],
        *,
        wait: float = 0,
        request: str | None = None,
        peek: bool = False,
        limits: Mapping[str, float] | None = None,
        instance: str = "",  # noqa: ARG002 - nothing there tells two bridges of one lab apart
    ) -> Claims:
        """Take at most one request for each of `boards`. There is no long poll: where nothing is won it comes back
        after most of `wait`. `request` is named as this lab calls it. Asked again under an id, it says what that won.
        """
        known = self._book.of_claim(claim_id)
        if not known and boards:
            wanted = self._wanted(boards, request, limits or {})
            if peek:
                return Claims(attempts=tuple(self._peeked(*one) for one in wanted), cancels=())
            self._sweep()
            known = self._mark(claim_id, wanted)
        won = tuple(attempt for one in known if (attempt := self._settled(one)) is not None)
        if wait and not won:
            self._sleep(self._between(0.6 * wait, wait))
        return Claims(attempts=won, cancels=())

    def leave(self, claim_id: str, instance: str) -> None:
        """Nobody there waits for another bridge of this lab: nothing is said."""

    def _wanted(
        self, boards: Sequence[str], request: str | None, limits: Mapping[str, float]
    ) -> list[tuple[RequestId, Mapping[str, str]]]:
        """The oldest request for each board that may be taken now, with its record."""
        found: dict[str, tuple[RequestId, Mapping[str, str]]] = {}
        for one in reversed(requests.ids(self.server, {"host": self._host, "state": "pending"})):
            if one.host != self._host or one.board not in boards or one.board in found:
                continue
            if request is not None and request_name(one) != request:
                continue
            if request is None and not self._may_be_taken(one):
                continue
            if not self._book.may_begin(one):
                continue  # it stands before no other one for its board
            record = self._legible(one)
            if record.get("state") != "pending":
                continue
            if requests.request_of(one, record).timeout > limits.get(one.board, _FOR_EVER):
                continue
            found[one.board] = (one, record)
        return list(found.values())

    def _may_be_taken(self, one: RequestId) -> bool:
        aside = self._book.aside(one)
        return aside is None or (not aside.asked and aside.until <= self._now())

    def _mark(self, claim_id: str, wanted: Sequence[tuple[RequestId, Mapping[str, str]]]) -> list[Taken]:
        """Write our mark into each, and leave them alone for a moment."""
        start_time = lab_time(datetime.fromtimestamp(self._now(), UTC))
        for one, record in wanted:
            mark = mark_of(self._host, self._book.bridge, secrets.token_hex(6))
            attempt = self._book.begin(
                one, record, claim_id=claim_id, mark=mark, start_time=start_time, now=self._now()
            )
            if attempt is None:
                continue
            try:
                requests.update(self.server, one, {"state": "running", "start_time": start_time, "reason": mark})
            except Failed as error:
                log.info("%s: %s", one, error)  # it was removed meanwhile
                self._book.end(attempt)
        marked = self._book.of_claim(claim_id)
        if marked:
            self._sleep(self._between(*READ_AGAIN))
        return marked

    def _settled(self, one: Taken) -> Attempt | None:
        """The attempt, if the mark of a claim stands there; else it is over."""
        if one.held is Held.MARKING:
            if not self._stands(one):
                log.info("%s: somebody else was first, or it is gone", one.request)
                self._book.end(one.id)
                return None
            self._book.hold(one.id)
        aside = self._book.aside(one.request)
        return Attempt(
            request=_request(one.request, one.record),
            number=one.id.number,
            board=one.board,
            lease_seconds=_LEASE,
            approved_by=(aside.approved_by if aside else "") or None,
        )

    def _peeked(self, one: RequestId, record: Mapping[str, str]) -> Attempt:
        return Attempt(request=_request(one, record), number=1, board=one.board, lease_seconds=_LEASE, approved_by=None)

    def _sweep(self) -> None:
        """Give back what bears a mark of this bridge and belongs to no claim, and forget what was over long ago."""
        now = self._now()
        if now - self._book.swept_at < LEFTOVERS_EVERY:
            return
        self._book.swept_at = now
        for left in self._book.left_marking(now - LEFTOVERS_EVERY):
            self._book.end(left.id)
        for one in requests.ids(self.server, {"host": self._host, "state": "running"}):
            record = self._legible(one)
            reason = record.get("reason", "")
            if bridge_of(reason) == self._book.bridge and reason not in self._book.marks():
                log.warning("%s: marked by us, and no claim of ours: given back", one)
                try:
                    requests.update(self.server, one, {"state": "pending", "reason": "given back"})
                except Failed as refused:
                    requests.update(self.server, one, {"state": "error", "reason": told(_put_anew("given back"))})
                    log.warning("%s: %s", one, refused)
        self._book.forget(now - KEPT)

    # -- an attempt's way

    def start(self, attempt: AttemptId, call_id: str, build_url: str, build_number: str) -> bool:  # noqa: ARG002
        """The gate: True for go, if our mark still stands there; raises Conflict for no go."""
        one = self._held(attempt)
        if not self._stands(one):
            self._book.end(attempt)
            raise Conflict(f"{one.request} was removed, or somebody else has taken it", status=409)
        if not self._book.start(attempt, call_id):
            raise Conflict(f"another build of {attempt} has started", status=409)
        return True

    def heartbeat(self, attempt: AttemptId, **said: str) -> Json:  # noqa: ARG002 - nobody there hears it
        """A look whether the request is still there; raises Conflict when the attempt is over."""
        one = self._held(attempt)
        return {"lease_seconds": _LEASE, "cancel": self._is_gone(one), "state": "running"}

    def heartbeats(self, beats: Sequence[Mapping[str, str]]) -> list[Beaten]:
        """The same of many, in the same order."""
        answers = []
        for beat in beats:
            attempt = AttemptId.parse(beat["attempt"])
            one = self._book.get(attempt)
            held = one is not None and one.held is Held.HELD
            cancel = held and one is not None and self._is_gone(one)
            state = "running" if held else "over"
            answers.append(Beaten(attempt=attempt, lease_seconds=_LEASE, cancel=cancel, state=state))
        return answers

    def tested(self, attempt: AttemptId, call_id: str, status: str, run_key: str, summary: str) -> Request:  # noqa: ARG002
        """The test has ended; the server has no word for that, and goes on calling it running."""
        one = self._held(attempt)
        self._book.tested(attempt, status)
        return _request(one.request, one.record)

    def done(self, attempt: AttemptId, call_id: str, target: str, run_url: str, note: str = "") -> Request:  # noqa: ARG002
        """The run is delivered: where that is at this server, under its name there."""
        one = self._held(attempt)
        run_id = _run_id(run_url)
        how = note or (one.status if run_id else f"{one.status}, the run is at {run_url or target}")
        return self._tell(one, "done", how, run_id=run_id)

    def error(
        self,
        attempt: AttemptId,
        call_id: str,  # noqa: ARG002
        reason: str,
        detail: str,
        console_tail: str,  # noqa: ARG002 - there is no place for it
        *,
        run_key: str = "",  # noqa: ARG002
    ) -> Request:
        """It could not be run."""
        one = self._held(attempt)
        return self._tell(one, "error", f"{meaning(reason)}: {detail}" if detail else meaning(reason))

    def run_came(self, attempt: AttemptId, run_url: str) -> None:
        """The run with what logs there are of an attempt that was told as an error is delivered: its request names it.

        Nothing is said where it is not at this server, or the request is not ours any more.
        """
        one, run_id = self._book.get(attempt), _run_id(run_url)
        record = self._record(one.request) if one and run_id else None
        if one is None or record is None or not is_ours(record, one.mark, one.start_time):
            return
        if record.get("run_id") != run_id:
            requests.update(self.server, one.request, {"run_id": run_id})

    def cancelled(self, attempt: AttemptId, call_id: str, reason: str) -> Request:  # noqa: ARG002
        """A running attempt was stopped."""
        return self._tell(self._held(attempt), "error", reason or "stopped")

    def give_back(self, attempt: AttemptId, call_id: str, reason: str, approval: str | None = None) -> Request:  # noqa: ARG002
        """This lab does not run it now, or, where it is refused, nobody will: a board belongs to one lab."""
        one = self._held(attempt)
        if one.started_by:
            raise Conflict(f"{attempt} has passed the gate", status=409)
        if approval == "rejected":
            return self._tell(one, "error", f"refused by {self._host}: {reason}")
        now = self._now()
        asked = (reason or "its people are asked") if approval else ""
        self._book.put_aside(one.request, now + ASIDE, now, asked=asked)
        why = f"waits for the people of {self._host}: {reason}" if approval else reason
        try:
            return self._tell(one, "pending", why)
        except Failed as refused:
            # A hub that stands in for an old server: what was taken there does not wait again.
            log.warning("%s: %s", one.request, refused)
            return self._tell(one, "error", _put_anew(f"given back by {self._host}: {reason}"))

    def request(self, request: str) -> Request:
        """One request, by the name that this lab has for it or by the server's own."""
        there = self._book.of_request(request)
        try:
            return super().request(str(there or request))
        except BadName as error:
            raise NotFound(f"this lab has taken no request {request} of {self.url}", status=404) from error

    # -- how it is done

    def _held(self, attempt: AttemptId) -> Taken:
        one = self._book.get(attempt)
        if one is None or one.held is not Held.HELD:
            raise Conflict(f"this lab does not have {attempt} at {self.url} any more", status=409)
        return one

    def _record(self, request: RequestId) -> dict[str, str] | None:
        """What the server has of a request now; None where that is gone."""
        try:
            return requests.record(self.server, request)
        except NotFound:
            return None

    def _legible(self, request: RequestId) -> dict[str, str]:
        """The same of one among others, which it must not hold up: nothing where its record cannot be read."""
        try:
            return self._record(request) or {}
        except Unreachable:
            raise
        except ClientError as error:
            log.info("%s: %s", request, error)
            return {}

    def _stands(self, one: Taken) -> bool:
        """Whether a claim's mark stands there now."""
        record = self._record(one.request)
        return record is not None and record.get("state") == "running" and is_ours(record, one.mark, one.start_time)

    def _is_gone(self, one: Taken) -> bool:
        now = self._now()
        if now - one.looked_at < LOOK_EVERY:
            return one.is_gone
        try:
            is_gone = self._record(one.request) is None
        except ClientError as error:
            log.info("%s", error)
            return one.is_gone
        self._book.looked(one.id, now, is_gone=is_gone)
        return is_gone

    def _tell(self, one: Taken, state: str, reason: str, *, run_id: str = "") -> Request:
        """Write how it ended, and see that it stands there. Raises Conflict where the request is not ours any more."""
        record = self._record(one.request)
        if record is None or not is_ours(record, one.mark, one.start_time):
            self._book.end(one.id)
            raise Conflict(f"{one.request} was removed, or somebody else has taken it", status=409)
        ended = "" if state == "pending" else lab_time(datetime.fromtimestamp(self._now(), UTC))
        changes = {"state": state, "reason": told(reason), "run_id": run_id, "done_time": ended}
        requests.update(self.server, one.request, changes)
        after = self._record(one.request)
        if after is not None and after.get("state") != state:
            raise ClientError(f"{self.url} has forgotten that {one.request} is {state}: it is told again")
        if state != "pending":
            self._book.take_up(one.request)
        self._book.end(one.id)
        return _request(one.request, after or record)


def _run_id(run_url: str) -> str:
    """What a run is called at an old server whose folder is at this address; empty for one that is elsewhere."""
    try:
        return RunId.parse(run_url.rstrip("/").rpartition("/")[2]).bare
    except BadName:
        return ""


def _put_anew(why: str) -> str:
    """What is said of a request that is given back to a server where it cannot wait again."""
    return f"{why}; here it cannot wait again: put it anew"


def _request(one: RequestId, record: Mapping[str, str]) -> Request:
    """A request as this lab knows it: under a name that folders and jobs can have."""
    there = requests.request_of(one, record)
    return Request.from_json({**there.raw, "id": request_name(one), "fserver_request": str(one)})
