"""A SQUAD: one that answers as a real one was recorded; with `make test-peers` a real one, on each of its databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from zlib import crc32

import pytest

import postgresql_server
from front_door import FrontDoor
from fuego_jenkins_remote.publish.squad.mapping import Naming
from fuego_jenkins_remote.publish.squad.target import SquadTarget, open_site
from squad_servers import TOKEN, FakeSquad, RealSquad, installed_squad

NAMING = Naming(group="fuego", project="boards")
Squad = FakeSquad | RealSquad
_REAL = [pytest.mark.peers, pytest.mark.slow]


@pytest.fixture(
    scope="session",
    params=["fake", pytest.param("sqlite", marks=_REAL), pytest.param("postgresql", marks=_REAL)],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Squad]:
    with ExitStack() as stack:
        if request.param == "fake":
            squad: Squad = FakeSquad()
        else:
            python = installed_squad()
            if python is None:
                pytest.skip("no SQUAD is installed: make test-peers")
            database = _database(stack) if request.param == "postgresql" else ""
            squad = RealSquad(python, tmp_path_factory.mktemp("squad"), database)
        stack.callback(squad.close)
        yield squad


def _database(stack: ExitStack) -> str:
    why = postgresql_server.why_not()
    if why:
        pytest.skip(why)
    server = stack.enter_context(postgresql_server.running({"fsync": "off"}))
    server.create("squad")
    return f"ENGINE=django.db.backends.postgresql:NAME=squad:USER=postgres:HOST={server.folder}:PORT={server.port}"


@pytest.fixture
def door(server: Squad) -> Iterator[FrontDoor]:
    """What stands before the SQUAD and can break connections off."""
    door = FrontDoor(server.url, prefix="")
    yield door
    door.close()


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A run of its own for each test."""
    number = f"{crc32(request.node.name.encode()) % 10**9:09d}"
    return f"demolab/20261123-{number}-k3j7x2m4.1"


def target(door: FrontDoor, token: str = TOKEN, **naming: Any) -> SquadTarget:
    """The target behind that door, with its settings as a lab may have them."""
    from dataclasses import replace

    site = open_site(door.url, token)
    return SquadTarget(lambda: site, replace(NAMING, **naming), page_of=lambda key: f"https://vision.example/{key}")
