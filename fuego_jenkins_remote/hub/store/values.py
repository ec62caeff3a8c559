"""What the store keeps, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fuego_jenkins_remote.fuego.releases import Key, sort_key
from fuego_jenkins_remote.network.states import State


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A package with a name, and whose it is; `size` in bytes. A private one is for its team alone."""

    id: int
    name: str
    sha256: str
    size: int
    uploaded_by: str
    team: str
    private: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StoredTest(Stored):
    """A version of a test; `label` is VERSION-RELEASE, `newest`: of those that its team, or everybody, has."""

    version: str
    release: int
    label: str
    newest: bool
    description: str
    license: str
    author: str
    tags: tuple[str, ...]

    @property
    def key(self) -> Key:
        """What versions are sorted by."""
        return sort_key(self.version, self.release)


@dataclass(frozen=True, kw_only=True)
class StoredBinary(Stored):
    """Binaries of a test for one toolchain."""

    toolchain: str


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """What a test last did on a board; `source` is installed, git, a stored version's label, or a package."""

    host: str
    board: str
    request: str
    state: State
    status: str
    source: str
    run_url: str
    at: datetime
