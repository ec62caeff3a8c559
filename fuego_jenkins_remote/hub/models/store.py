"""Messages on stored tests and binaries."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from fuego_jenkins_remote.hub.models.fields import Host, Sha256, Short, Switch, Wire


class StoreIn(Wire):
    """A package that gets a name in the store: that of the test.yaml, or binary-package.json, in it."""

    package: Sha256
    team: Host | None = None
    private: Switch = False


class StoredTestOut(Wire):
    """A version of a test."""

    name: str
    version: str
    release: int
    label: str
    newest: bool
    description: str
    license: str
    author: str
    tags: tuple[str, ...]
    sha256: str
    size: int
    uploaded_by: str
    team: str
    private: bool
    at: datetime


class StoredBinaryOut(Wire):
    """Binaries of a test for a toolchain."""

    name: str
    toolchain: str
    sha256: str
    size: int
    uploaded_by: str
    team: str
    private: bool
    at: datetime


class LastRunOut(Wire):
    """What a test last did on a board."""

    host: str
    board: str
    request: str
    state: str
    status: str
    source: str
    run_url: str
    at: datetime


class TestOut(Wire):
    """A test: its versions, the newest first, its binaries, and where it ran last."""

    __test__ = False  # not for pytest

    name: str
    versions: tuple[StoredTestOut, ...]
    binaries: tuple[StoredBinaryOut, ...]
    runs: tuple[LastRunOut, ...]


class TestsOut(Wire):
    """A page of tests in their newest versions, by name; `after` gives the next one."""

    __test__ = False  # not for pytest

    tests: tuple[StoredTestOut, ...]
    after: str | None


class TestQuery(Wire):
    """What a list of tests is narrowed to; an empty one says nothing."""

    __test__ = False  # not for pytest

    text: Short = ""
    tag: Short = ""
    after: Short = ""
    limit: int = Field(default=100, ge=1, le=500)
