"""Test packages: files named by their SHA-256 in the data folder. The hub stores
them; of what is inside it reads test.yaml alone, for what the test needs of a board."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadPackage, BadTestYaml
from fuego_jenkins_remote.fuego.packages import Limits, read_test_yaml_of
from fuego_jenkins_remote.fuego.test_yaml import read_needs
from fuego_jenkins_remote.hub import audit, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.records import Caller, Package
from fuego_jenkins_remote.hub.rights import allowed, must_be_good_for
from fuego_jenkins_remote.hub.statements import packages as sql
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.identities import check_sha256
from fuego_jenkins_remote.network.permissions import Action, Thing

MAX_BYTES = 64 * 1024 * 1024
"""The largest test package; labs may allow less."""


@dataclass
class Upload:
    """A package on its way in, in a temporary file; `write` what comes."""

    file: IO[bytes]
    path: Path
    size: int = 0
    most: int = MAX_BYTES

    def __post_init__(self) -> None:
        """Begin the digest."""
        self._digest = hashlib.sha256()

    def write(self, part: bytes) -> None:
        """Take the next bytes; raises Refused beyond what it may have."""
        self.size += len(part)
        if self.size > self.most:
            raise Refused(f"such a package may have at most {self.most // 1024 // 1024} MiB", code="too-large")
        self._digest.update(part)
        self.file.write(part)

    @property
    def sha256(self) -> str:
        """The digest of what came."""
        return self._digest.hexdigest()


def folder(data_dir: Path) -> Path:
    """Where the packages are."""
    return data_dir / "packages"


def sweep(data_dir: Path) -> None:
    """Remove what uploads have left that a kill ended; for the start of the service."""
    for left in folder(data_dir).glob(".upload-*"):
        left.unlink(missing_ok=True)


@contextmanager
def upload(data_dir: Path, most: int = MAX_BYTES) -> Iterator[Upload]:
    """A place for a package of at most so many bytes that comes in; nothing is left of one that was not stored."""
    folder(data_dir).mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".upload-", dir=folder(data_dir))
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield Upload(file=file, path=path, most=most)
    finally:
        path.unlink(missing_ok=True)


def must_be_allowed_to_bring(caller: Caller) -> None:
    """Raise NotYours for who may not ask for tests, or put some, in the name of any team."""
    must_be_good_for(caller, Action.PUT_REQUEST)
    if not any(allowed(caller, Action.PUT_REQUEST, Thing(team=one.team)) for one in caller.teams):
        raise NotYours("packages are brought by people who may ask for tests: members of a team")


def keep(hub: Hub, incoming: Upload, sha256: str, by: Caller) -> bool:
    """Keep an upload, with what its test needs; see `store` and `needs_of` for the rest."""
    needs = needs_of(incoming)  # read before there is a transaction: it takes its time
    with hub.change() as change:
        return store(change, hub.data_dir, incoming, sha256, by, needs=needs)


def store(
    change: Change, data_dir: Path, incoming: Upload, sha256: str, by: Caller, *, needs: tuple[str, ...] = ()
) -> bool:
    """Keep an upload; False when it was there for the caller already. Raises Refused when what came is something else.

    `needs` are the test's (`needs_of`).

    That somebody else has brought it before is not told: it may be the test of a private request.
    """
    if incoming.sha256 != sha256:
        raise Refused(f"what came has the SHA-256 {incoming.sha256}, not {sha256}", code="wrong-digest")
    path, known = folder(data_dir) / check_sha256(sha256), sql.find(change.conn, sha256) is not None
    there = path.is_file()  # else it was lost, by a restored backup or a hand
    seen = known and there and sight.sees_package(change.conn, by, sha256)
    if not there:
        incoming.file.flush()
        os.fsync(incoming.file.fileno())
        incoming.path.replace(path)
        _sync_folder(path.parent)
    if not known:
        sql.insert(
            change.conn, Package(sha256=sha256, size=incoming.size, uploaded_by=by.name, at=change.at, needs=needs)
        )
    sql.brought(change.conn, sha256, by, change.at)
    if not seen:
        # Which one is not said: it may be the test of a private request.
        audit.write(change, by, "put-package", "a test package")
    return not seen


def needs_of(incoming: Upload) -> tuple[str, ...]:
    """What the test in it needs of a board; nothing, where it is no test package: labs will say so. Reads it through.

    Raises Refused where its needs cannot be read: it would run where it may not.
    """
    incoming.file.flush()
    try:
        needs = read_needs(read_test_yaml_of(incoming.path, replace(Limits(), package=MAX_BYTES)))
        selectors.parse_needs(needs)
    except BadPackage:
        return ()
    except (BadTestYaml, selectors.SelectorError) as error:
        raise Refused(f"the package's test.yaml: {error}", code="bad-package") from error
    return needs


def _sync_folder(path: Path) -> None:
    # The row is durable when it is committed: so must be the name of its file.
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def find_for(conn: sa.Connection, data_dir: Path, caller: Caller, sha256: str) -> Path:
    """The file of a package; raises NotKnown, also for one that is not for the caller."""
    path = folder(data_dir) / check_sha256(sha256)
    if not path.is_file() or not sight.sees_package(conn, caller, sha256):
        raise NotKnown(f"there is no package {sha256}")
    return path
