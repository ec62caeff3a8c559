"""Data folders of hubs, for tests: on SQLite, or with `--database=postgresql` on a server that runs for the session.

A folder is a copy: the migrations, which take their time, run once.
"""

from __future__ import annotations

import itertools
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

import postgresql_server
from fuego_jenkins_remote.hub import admin

_ending = ExitStack()
_numbers = itertools.count()
_chosen = {"engine": "sqlite"}


def choose(engine: str) -> None:
    """`sqlite` or `postgresql`, for all that follows."""
    _chosen["engine"] = engine


def on_postgresql() -> bool:
    """Whether the tests run on PostgreSQL."""
    return _chosen["engine"] == "postgresql"


def about_sqlite() -> None:
    """Skip the test where it does not run on SQLite."""
    if on_postgresql():
        pytest.skip("is about SQLite")


def end() -> None:
    """Stop the server, if there is one."""
    _ending.close()


@cache
def server() -> postgresql_server.Server:
    """The session's PostgreSQL server. What it holds need not survive a power cut."""
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
    return _ending.enter_context(postgresql_server.running(settings))


def init(folder: Path) -> None:
    """As `admin.init_data`, quickly."""
    folder.mkdir(parents=True, mode=0o700)
    if on_postgresql():
        (folder / "database").write_text(new_database(like=_empty_database()))
    else:
        (folder / "hub.sqlite").write_bytes(_empty_file())


def remove(folder: Path) -> None:
    """Remove the folder's database from the server, if it is there: when nobody uses it any more."""
    address = admin.address_of(folder)
    if address is not None:
        server().drop(address.partition("@/")[2].partition("?")[0])


def new_database(*, like: str = "template0") -> str:
    """The address of a database of its own on the session's server."""
    return server().create(f"test{next(_numbers)}", like=like)


@cache
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        admin.init_data(Path(name))
        return (Path(name) / "hub.sqlite").read_bytes()


@cache
def _empty_database() -> str:
    with tempfile.TemporaryDirectory() as name:
        admin.init_data(Path(name), server().create("empty"))
    return "empty"
