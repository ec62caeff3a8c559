"""Runs taken over from an old Fuego server's data folder.

Each package is taken in as if its lab had sent it now with `ftc put-run`: under the same key, so that neither a second
import nor a lab that sends it again makes another run of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, OldFile, Torn, open_plain
from fuego_jenkins_remote.fuego.fserver_format import RunId
from fuego_jenkins_remote.fuego.names import check_host_name
from fuego_jenkins_remote.fuego.packages import key_of_content
from fuego_jenkins_remote.service.clock import Clock, utc_now
from fuego_jenkins_remote.service.problems import Problem
from fuego_jenkins_remote.vision.contents import LIMITS
from fuego_jenkins_remote.vision.runs import take_in
from fuego_jenkins_remote.vision.store import PackageStore

BY = "import of an old server"
"""Who has brought such a run."""

_PART = 2**20


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A run that vision has now; whether it is new."""

    path: str
    key: str
    is_new: bool


def import_runs(
    engine: sa.Engine, data_dir: Path, folder: FserverFolder, *, clock: Clock = utc_now
) -> Iterator[Taken | Torn]:
    """Take all runs of the folder in, one after the other. Where it is broken off, it goes on when called again."""
    store = PackageStore(data_dir)
    for one in folder.runs():
        if isinstance(one, Torn):
            yield one
            continue
        try:
            yield _take(engine, store, one, clock)
        except FormatError as error:
            yield Torn(path=one.path, what=error.what)
        except Problem as problem:
            yield Torn(path=one.path, what=problem.detail)
        except OSError as error:
            yield Torn(path=one.path, what=f"cannot be read: {error.strerror}")


def _take(engine: sa.Engine, store: PackageStore, one: OldFile, clock: Clock) -> Taken:
    assert isinstance(one.id, RunId)  # noqa: S101 - the folder's runs are called so
    host = check_host_name(one.id.host)
    with store.receive(limit=LIMITS.package) as incoming:
        with open_plain(one.file) as file:
            shutil.copyfileobj(file, incoming, _PART)
        digest = incoming.sha256
        key = key_of_content(host, digest)
        _, is_new = take_in(engine, store, incoming, key=key, sha256=digest, by=BY, clock=clock)
    return Taken(path=one.path, key=key, is_new=is_new)
