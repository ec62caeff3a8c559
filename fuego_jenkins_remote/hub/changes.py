"""One write transaction, with what is to follow its commit: who is woken, which notices are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.waiters import NOTICES, campaign_key, lab_key, request_key


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long the hub waits for a lab."""

    lease: timedelta = timedelta(seconds=60)  # for the start of an attempt, from one sign of life to the next
    grace: timedelta = timedelta(minutes=10)  # beyond the time limit, before a silent attempt is lost
    give_up: timedelta = timedelta(days=1)  # for the late result of a lost one
    remind: timedelta = timedelta(days=1)  # before people who have not answered are told again
    pause: timedelta = timedelta(seconds=10)  # times the attempt's number: before a board that gave back is asked again


@dataclass(kw_only=True)
class Change:
    """A transaction that changes something at the moment `at`; functions of the domain take it and add to it."""

    conn: sa.Connection
    at: datetime
    times: Times = Times()
    caller: Caller | None = None  # whose call it is; none: the hub's own doing, or its operator's
    address: str = ""  # where the call came from
    page_of: Callable[[str], str] = str
    page_of_board: Callable[[str, str], str] = "{}:{}".format
    wakes: set[str] = field(default_factory=set)
    news: set[str] = field(default_factory=set)
    moved: Counter[str] = field(default_factory=Counter)
    """How many requests came into which states."""
    waits: list[float] = field(default_factory=list)
    """Seconds from the put to the first claim, for requests that were claimed."""
    ended_in: set[str] = field(default_factory=set)
    """The campaigns of which a request has ended."""
    locked: set[str] = field(default_factory=set)
    """Requests that nobody else changes until this transaction ends."""
    passed_over: set[str] = field(default_factory=set)
    """Requests that a claim would have taken, but somebody else is changing them just now."""
    on_put: Callable[..., None] | None = None
    """Told of requests that are put (the change, their rows), where clients of old Fuego servers are to see them."""
    on_done: Callable[..., None] | None = None
    """Told of a run that has arrived (the change, its request, the run's address), likewise."""

    def wake_labs(self, hosts: Iterable[str]) -> None:
        """There may be something to claim for these labs."""
        self.wakes.update(lab_key(host) for host in hosts)

    def wake_readers(self, request_id: str) -> None:
        """A reader of the request has something new to see."""
        self.wakes.add(request_key(request_id))

    def wake_campaign(self, campaign_id: str | None) -> None:
        """A reader of the campaign, if it is one, has something new to see."""
        if campaign_id is not None:
            self.wakes.add(campaign_key(campaign_id))

    def has_news(self, request_id: str) -> None:
        """A lab has sent new text for the request: its readers are told soon, though not of each line (see news.py)."""
        self.news.add(request_id)

    def wake_sender(self) -> None:
        """There are notices to send."""
        self.wakes.add(NOTICES)
