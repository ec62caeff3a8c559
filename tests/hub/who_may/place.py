"""A hub with people of every role, as they reach it over HTTP; the tables' columns are these people."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

import hub_folders
from fuego_jenkins_remote.hub import admin, records
from fuego_jenkins_remote.hub.people.tokens import caller_of
from fuego_jenkins_remote.network.permissions import Level
from hub_apps import make_app

from ..conftest import World, open_world

LABS = ("annslab", "demolab", "otherlab")
"""Each of a team of that name: annslab's people ask, demolab's have the boards, otherlab's are strangers."""

PEOPLE = {
    "ann": ("annslab", Level.MEMBER),  # whose the things are
    "mate": ("annslab", Level.MEMBER),
    "boss": ("annslab", Level.MAINTAINER),
    "ada": ("annslab", Level.ADMIN),
    "gus": ("annslab", Level.GUEST),
    "tim": ("demolab", Level.MAINTAINER),
    "tom": ("demolab", Level.MEMBER),
    "gil": ("demolab", Level.GUEST),
    "dora": ("demolab", Level.ADMIN),
    "otto": ("otherlab", Level.MAINTAINER),
    "eve": ("otherlab", Level.ADMIN),
}
EVERYBODY = (*PEOPLE, "root", *LABS)
"""Users, the network's admin, labs."""


@dataclass
class Place:
    """The hub: `world` is its inside, where things are brought about; `call` is what is tried, from outside."""

    world: World
    client: TestClient
    tokens: dict[str, str]
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new(self, word: str = "outside") -> str:
        """A name or a call's id that was not used before."""
        return f"{word}-{next(self._numbers):06}"

    def call(self, who: str, method: str, path: str, json: Any = None, **values: Any) -> Any:
        """The answer to one of the people."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self.client.request(method, f"/api/v1{path}", json=json, headers=headers, **values)

    def ok(self, who: str, method: str, path: str, json: Any = None, **values: Any) -> Any:
        """What is in the answer to one who may."""
        answer = self.call(who, method, path, json, **values)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def caller(self, who: str) -> records.Caller:
        """One of the people, as the hub knows them."""
        with self.world.hub.reading() as conn:
            found = caller_of(conn, self.tokens[who], self.world.clock())
        assert found is not None
        return found


@contextmanager
def open_place(folder: Path) -> Iterator[Place]:
    """A hub with everybody in it and no things yet."""
    world = open_world(folder / "hub")
    engine = world.hub.engine
    tokens = {host: admin.add_lab(engine, host) for host in LABS}
    tokens |= {name: admin.add_user(engine, name, teams=[f"{team}:{level}"]) for name, (team, level) in PEOPLE.items()}
    tokens["root"] = admin.add_user(engine, "root", network_admin=True)
    app = make_app(engine, world.hub.data_dir, clock=world.clock, sweep_seconds=60, limits=None, send=lambda *_: True)
    with TestClient(app) as client:
        yield Place(world=world, client=client, tokens=tokens, folder=folder)
    engine.dispose()
    hub_folders.remove(folder / "hub")
