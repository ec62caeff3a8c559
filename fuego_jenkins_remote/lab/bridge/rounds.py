"""One sign of life for all attempts: every few seconds what has changed, and else as often as the hub's lease needs."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.values import Beaten
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.stepping import one_line
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.pace import Pace
from fuego_jenkins_remote.lab.bridge.schedule import Schedule
from fuego_jenkins_remote.network.identities import AttemptId

log = logging.getLogger("fuego.lab")

ROUND, LONGEST_ROUND = 2.0, 15.0
"""Seconds between two rounds; the second where they take the hub or us long."""
SHARE = 0.05
"""Of the time, at most, that rounds take the hub and us."""
LEASES = 4
"""Signs of life in the time of a lease."""
LIFE_SIGN = 15.0
"""Seconds between two signs of life where there is nothing to say, if the lease is not shorter."""


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What the hub has heard of an attempt; `at` by the monotonic clock, `mark` is the log's."""

    at: float
    again: float
    mark: tuple[int, int] = (0, 0)
    why: str | None = None
    over: bool = False


class Rounds:
    """The thread that goes round."""

    def __init__(self, steps: Steps, schedule: Schedule, *, stop: threading.Event) -> None:
        """Nothing has been told yet."""
        self._steps = steps
        self._schedule = schedule
        self._stop = stop
        self._pace = Pace(least=ROUND, most=LONGEST_ROUND, share=SHARE)
        self._told: dict[AttemptId, _Told] = {}
        self._cannot_redact: set[str] = set()

    def run(self) -> None:
        """Until the bridge stops."""
        pause = ROUND
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self.go()
            except ClientError as error:
                if not self._pace.is_in_trouble:
                    log.warning("%s; signs of life are tried again", error)
                pause = self._pace.after_trouble(time.monotonic() - began)
            except Exception:  # a mistake of ours must not end all signs of life
                log.exception("signs of life")
                pause = self._pace.after_trouble(time.monotonic() - began)
            else:
                pause = self._pace.after(time.monotonic() - began)

    def go(self) -> None:
        """One round. Raises ClientError: then the next one tells it all."""
        followed = self._schedule.followed()
        self._told = {entry.id: told for entry in followed if (told := self._told.get(entry.id)) is not None}
        now, beats, telling = time.monotonic(), [], []
        for entry in followed:
            before = self._told.get(entry.id, _Told(at=0.0, again=0.0))
            if before.over:
                continue
            beat, told = self._news_of(entry, before, now)
            if beat or now >= before.again:
                beats.append({"attempt": str(entry.id), **beat})
                telling.append((entry, told))
        if beats:
            for (entry, told), answer in zip(telling, self._steps.hub().heartbeats(beats), strict=True):
                self._take(entry, told, answer)

    def _news_of(self, entry: Entry, before: _Told, now: float) -> tuple[dict[str, str], _Told]:
        """What is new of an attempt, and what the hub will have heard then."""
        beat: dict[str, str] = {}
        mark, why = before.mark, before.why
        try:
            if entry.phase is Phase.RUN:
                mark = self._steps.folders.log_mark(entry.id)
                if mark != before.mark:
                    beat["log_tail"] = self._steps.log_tail(entry)
            elif (why := self._why(entry, before.why)) is not None and why != before.why:
                beat["queue_why"] = why
            self._cannot_redact.discard(entry.board)
        except (FormatError, OSError) as error:
            # What cannot be redacted does not leave the lab.
            if entry.board not in self._cannot_redact:
                log.warning("%s: its log is not shown: %s", entry.id, error)
            self._cannot_redact.add(entry.board)
            mark, why = before.mark, before.why
        return beat, _Told(at=now, again=now + LIFE_SIGN, mark=mark, why=why)

    def _why(self, entry: Entry, before: str | None) -> str | None:
        """What an attempt's build waits for, by the last look; as before where that look began too early."""
        if (trouble := self._steps.looks.trouble) is not None:
            return one_line(str(trouble), 1000)
        seen = self._steps.looks.since(entry.since)
        if seen is None:
            return before
        return self._steps.queue_why(entry, seen.find(self._steps.lab.job(entry.board), entry.id))

    def _take(self, entry: Entry, told: _Told, answer: Beaten) -> None:
        again = told.at + max(ROUND, min(LIFE_SIGN, answer.lease_seconds / LEASES))
        self._told[entry.id] = _Told(at=told.at, again=again, mark=told.mark, why=told.why, over=answer.is_over)
        if answer.is_over and entry.phase is Phase.GATE:
            self._schedule.look_at([entry.id])
        elif answer.cancel and not entry.stopping:
            self._schedule.stop_attempt(entry.id)
