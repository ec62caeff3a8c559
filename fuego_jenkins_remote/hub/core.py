"""The running hub: the database, the clock, who waits, and the two ways to get at the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from fuego_jenkins_remote.hub.campaigns import ending
from fuego_jenkins_remote.hub.changes import Change, Times
from fuego_jenkins_remote.hub.errors import ShutOut
from fuego_jenkins_remote.hub.fserver import naming
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.messages import Messenger
from fuego_jenkins_remote.hub.news import News
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.streams import Streams
from fuego_jenkins_remote.hub.waiters import NEWS, Waiters, lab_key
from fuego_jenkins_remote.service.clock import Clock, utc_now
from fuego_jenkins_remote.service.engine import reading, writing
from fuego_jenkins_remote.service.loops import Loops


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who makes a change, and from where."""

    caller: Caller | None = None
    address: str = ""


@dataclass(kw_only=True)
class Hub:
    """What all routes share. `base_url` is known once the service listens; without `mail` there is no mail."""

    engine: sa.Engine
    data_dir: Path
    clock: Clock = utc_now
    times: Times = field(default_factory=Times)
    base_url: str = ""
    mail: str | None = None
    fserver: Fserver | None = None
    """Clients of old Fuego servers are let in, like this; None: they are not."""
    waiters: Waiters = field(default_factory=Waiters)
    newest_claim: dict[str, str] = field(default_factory=dict)
    """By lab, the id of the claim that waits."""
    messenger: Messenger | None = None
    """Tells other processes of the same hub; only on PostgreSQL."""
    news: News = field(default_factory=News)
    streams: Streams = field(default_factory=Streams)
    loops: Loops = field(default_factory=Loops)
    count: Callable[[Counter[str], list[float]], None] = lambda _states, _waits: None
    """Takes what a change has done when it is committed: states that requests came into, seconds that some waited."""
    origin: Callable[[], Origin] = Origin
    """Who makes the changes: in each call's own copy (api/callers.py) whoever calls."""

    @contextmanager
    def change(self, *, in_line: bool = False) -> Iterator[Change]:
        """A write transaction; after its commit those whom it concerns are woken. For `in_line` see `writing`."""
        with writing(self.engine, in_line=in_line) as conn:
            # The time is taken inside: the transactions stand one behind the other, and so do their times.
            origin, at = self.origin(), self.clock()
            _must_still_be_good(conn, origin.caller, at)
            change = Change(
                conn=conn,
                at=at,
                caller=origin.caller,
                address=origin.address,
                times=self.times,
                page_of=self.page_of,
                page_of_board=self.page_of_board,
            )
            if self.fserver is not None:
                change.on_put = partial(naming.on_put, fserver=self.fserver)
                change.on_done = naming.on_done
            yield change
            ending.settle(change)
        if change.moved:
            self.count(change.moved, change.waits)
        self.news.add(change.news)
        if change.news:
            self.waiters.wake([NEWS])
        if change.wakes:
            self.waiters.wake(change.wakes)
            if self.messenger is not None:
                self.messenger.wake(change.wakes)

    @property
    def leads(self) -> bool:
        """Whether this process does what only one of a hub's may do; the only process does."""
        return self.messenger is None or self.messenger.leads

    def claims(self, host: str, claim_id: str) -> None:
        """A lab waits with this claim from now on: an older one is let go, whichever process has it."""
        self.newest_claim[host] = claim_id
        self.waiters.wake([lab_key(host)])
        if self.messenger is not None:
            self.messenger.claims(host, claim_id)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that only reads."""
        return reading(self.engine)

    def page_of_board(self, host: str, name: str) -> str:
        """The address of a board's page."""
        return f"{self.base_url}/boards/{quote(host)}/{quote(name)}"

    def page_of(self, request_id: str) -> str:
        """The address of a request's page."""
        return f"{self.base_url}/requests/{request_id}"


def _must_still_be_good(conn: sa.Connection, caller: Caller | None, at: datetime) -> None:
    """A call may have waited since it came, as claims do: who was shut out meanwhile gets nothing any more."""
    if caller is not None and caller.token and not people_sql.token_is_good(conn, caller.token, at):
        raise ShutOut("This token has expired or was revoked.")
