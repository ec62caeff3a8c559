"""Removes what is old enough, if its operator says so: requests that ended, packages, the audit log, dead tokens.

Nothing is removed by itself. A call goes in small transactions, so that the hub works on beside it; killed, it has done
a part, and the next one goes on. What is alive never goes: a request that has not ended, one of a campaign that goes
on, a package that something names.

What a call has removed stands in the audit log, as one entry: written with the first step and kept up with each, so
that a call that is killed is told of, too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub import packages as package_files
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.statements import audit as audit_sql
from fuego_jenkins_remote.hub.statements import retention as sql
from fuego_jenkins_remote.network.identities import check_sha256, new_campaign_id, new_request_id
from fuego_jenkins_remote.service.backup import in_care
from fuego_jenkins_remote.service.engine import reading

A_BATCH = 50
"""Requests, packages or entries that go in one transaction."""

_Key = TypeVar("_Key", str, int)
_PAUSE = 0.02
_ORPHANS = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How long each is kept after its end; None: for ever."""

    requests: timedelta | None = None
    packages: timedelta | None = None
    audit: timedelta | None = None
    tokens: timedelta | None = None

    def __str__(self) -> str:
        """As the audit log tells it: requests 365d, audit 730d."""
        return ", ".join(
            f"{name} {format_timeout(round(age.total_seconds()))}"
            for name, age in vars(self).items()
            if age is not None
        )


@dataclass(kw_only=True)
class Removed:
    """What went, or would go. `longest` is the longest transaction in seconds."""

    requests: int = 0
    campaigns: int = 0
    events: int = 0
    packages: int = 0
    bytes: int = 0
    audit: int = 0
    tokens: int = 0
    sessions: int = 0
    longest: float = field(default=0.0, compare=False)

    def counts(self) -> dict[str, int]:
        """How many, or bytes, of each."""
        return {name: value for name, value in vars(self).items() if name != "longest"}

    def __str__(self) -> str:
        """In words: 12 requests, 3 campaigns."""
        return ", ".join(f"{value} {name}" for name, value in self.counts().items() if value) or "nothing"


def prune(
    engine: sa.Engine, data_dir: Path, keep: Keep, *, now: datetime, dry_run: bool = False, address: str = ""
) -> Removed:
    """Remove what is older than is to be kept, or, dry, only count it. Raises BackupError while a backup is made.

    `address` is from where the operator calls, for the audit log.
    """
    work = _Work(engine=engine, data_dir=data_dir, keep=keep, now=now, dry=dry_run, address=address)
    with in_care(data_dir, alone=True):
        if keep.requests is not None:
            work.requests(now - keep.requests)
        if keep.audit is not None:
            work.audit(now - keep.audit)
        if keep.tokens is not None:
            work.tokens(now - keep.tokens)
        if keep.packages is not None:
            # After the requests: what only they named is named no more.
            work.packages(now - keep.packages)
    return work.removed


@dataclass(kw_only=True)
class _Work:
    engine: sa.Engine
    data_dir: Path
    keep: Keep
    now: datetime
    dry: bool
    address: str
    removed: Removed = field(default_factory=Removed)
    entry: int | None = None

    def requests(self, before: datetime) -> None:
        """Those that ended before that time, then campaigns that have none any more."""
        after: str | None = ""
        while after is not None:
            with reading(self.engine) as conn:
                old, after = sql.ended_requests(
                    conn, before=before, before_id=new_request_id(before), after=after, most=A_BATCH
                )
            self.removed.requests += len(old)
            self._in_one(old, sql.remove_requests)
        for old in self._again(
            lambda conn, after: sql.empty_campaigns(
                conn, before=before, before_id=new_campaign_id(before), after=after, most=A_BATCH
            )
        ):
            self.removed.campaigns += len(old)
            self._in_one(old, sql.remove_campaigns)
        self._events(before)

    def _events(self, before: datetime) -> None:
        """What people were told of before that time: of boards and campaigns, too."""
        while True:
            with reading(self.engine) as conn:
                old_events = sql.old_events(conn, before=before, most=1_000_000 if self.dry else A_BATCH)
            self.removed.events += len(old_events)
            if self.dry or not old_events:
                break
            self._in_one(old_events, sql.remove_events)
        if self.dry:
            return
        for old in self._again(lambda conn, after: sql.empty_messages(conn, before=before, after=after, most=A_BATCH)):
            self._in_one(old, sql.remove_messages)

    def audit(self, before: datetime) -> None:
        """Entries of before that time."""
        while True:
            with reading(self.engine) as conn:
                most = 1_000_000 if self.dry else 10 * A_BATCH
                old = sql.old_audit(conn, before=before, most=most)
            self.removed.audit += len(old)
            if self.dry or not old:
                return
            self._in_one(old, sql.remove_audit)

    def tokens(self, before: datetime) -> None:
        """Those that are good for nothing since before that time, and sign-ins that are over."""
        while True:
            with reading(self.engine) as conn:
                old = sql.dead_tokens(conn, before=before, most=1_000_000 if self.dry else A_BATCH)
            self.removed.tokens += len(old)
            if self.dry or not old:
                break
            self._in_one(old, sql.remove_tokens)
        if not self.dry:
            with self._transaction() as conn:
                self.removed.sessions += sql.remove_sessions(conn, before=before)

    def packages(self, before: datetime) -> None:
        """Those of before that time that nothing names, and files without a row."""
        after: str | None = ""
        while after is not None:
            with reading(self.engine) as conn:
                old, after = sql.unused_packages(conn, before=before, after=after, most=A_BATCH)
            if self.dry:
                self._count(old)
            elif old:
                with self._transaction() as conn:
                    # Asked once more, with nobody beside: it may have been named meanwhile.
                    old = sql.still_unused(conn, old, before=before)
                    self._count(old)
                    sql.remove_packages(conn, old)
                    for one in old:
                        self._file(one).unlink(missing_ok=True)
        self._orphans()

    def _orphans(self) -> None:
        """Files of which no row tells, as a kill leaves them: nobody can ask for them."""
        folder = package_files.folder(self.data_dir)
        if self.dry or not folder.is_dir():
            return
        oldest = time.time() - _ORPHANS.total_seconds()
        with os.scandir(folder) as entries:
            names = [one.name for one in entries if len(one.name) == 64 and one.stat().st_mtime < oldest]
        for start in range(0, len(names), A_BATCH):
            part = names[start : start + A_BATCH]
            with self._transaction() as conn:
                known = sql.known_packages(conn, part)
                for name in part:
                    if name not in known:
                        (folder / name).unlink(missing_ok=True)

    def _count(self, digests: list[str]) -> None:
        self.removed.packages += len(digests)
        for one in digests:
            file = self._file(one)
            self.removed.bytes += file.stat().st_size if file.is_file() else 0

    def _file(self, sha256: str) -> Path:
        return package_files.folder(self.data_dir) / check_sha256(sha256)

    def _again(self, find: Callable[[sa.Connection, str], list[str]]) -> Iterator[list[str]]:
        after = ""
        while True:
            with reading(self.engine) as conn:
                old = find(conn, after)
            if not old:
                return
            after = old[-1]
            yield old

    def _in_one(self, keys: list[_Key], remove: Callable[[sa.Connection, list[_Key]], None]) -> None:
        if keys and not self.dry:
            with self._transaction() as conn:
                remove(conn, keys)

    def _note(self, conn: sa.Connection) -> None:
        """Say in the audit log what has gone so far, this step included; nothing where nothing has."""
        if not any(self.removed.counts().values()):
            return
        said = f"kept: {self.keep}; removed: {self.removed}"
        if self.entry is None:
            change = Change(conn=conn, at=self.now, address=self.address)
            self.entry = audit.write(change, None, "prune", "hub", said)
        else:
            audit_sql.say_more(conn, self.entry, said)

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """One of many; after it a pause, so that the hub is never kept waiting for long."""
        with self.engine.begin() as conn:
            began = time.perf_counter()
            yield conn
            self._note(conn)
        self.removed.longest = max(self.removed.longest, time.perf_counter() - began)
        time.sleep(_PAUSE)
