"""A hub that lets clients of old Fuego servers in, and a vision for their runs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import uvicorn
from fastapi.testclient import TestClient

import hub_folders
import vision_folders
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.fserver.settings import Fserver, Mode
from fuego_jenkins_remote.service.limits.entrance import Limits
from fuego_jenkins_remote.vision import admin as vision_admin
from fuego_jenkins_remote.vision.app import make_app as make_vision

TEAM = "oldteam"


@dataclass
class Clock:
    """The time, a hundredth of a second later with each look; it may be moved."""

    at: datetime = datetime(2026, 11, 23, 18, 11, 47, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=10)
        return self.at

    def forward(self, **how: float) -> None:
        self.at += timedelta(**how)


@dataclass
class OldHub:
    """The hub as old clients reach it, and as those of today do; what tests ask for, in short words."""

    client: TestClient
    engine: sa.Engine
    clock: Clock
    secrets: dict[str, str]

    @property
    def hub(self) -> Hub:
        return self.client.app.state.hub  # type: ignore[attr-defined,no-any-return]

    def ask(self, action: str, **fields: str) -> str:
        """An action as old clients have it: fields in a form."""
        answer = self.client.post(
            f"/cgi-bin/fserver.py?action={action}",
            content=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
        return str(answer.text)

    def done(self, action: str, **fields: str) -> str:
        """The same, which is to be OK; what follows that line."""
        answer = self.ask(action, **fields)
        assert answer.startswith("OK\n"), answer
        return answer.removeprefix("OK\n")

    def failed(self, action: str, **fields: str) -> str:
        """The same, which is to fail; why it did."""
        answer = self.ask(action, **fields)
        assert answer.startswith("FAIL\n"), answer
        return answer.removeprefix("FAIL\n")

    def upload(self, action: str, name: str, content: bytes) -> str:
        """A file in a form."""
        answer = self.client.post(f"/fserver.py?action={action}", files={"file1": (name, content)})
        assert answer.status_code == 200
        return str(answer.text)

    def put_board(self, place: str = "timslab:bbb", **fields: str) -> None:
        host, _, board = place.partition(":")
        self.done("put_board", host=host, board=board, **{"architecture": "arm", **fields})

    def put_request(self, place: str = "timslab:bbb", **fields: str) -> str:
        """Its id."""
        host, _, board = place.partition(":")
        wanted = {"test_name": "Functional.hello_world", "requestor": "otherlab:ann", "timeout": "5m", **fields}
        return self.done("put_request", host=host, board=board, **wanted).strip().removeprefix("request_id=")

    def update(self, request: str, **fields: str) -> str:
        return self.done("update_request", request_id=request, **fields)

    def today(self, who: str, method: str, path: str, status: int = 200, **values: Any) -> Any:
        """A call of the hub's own API."""
        headers = {"Authorization": f"Bearer {self.secrets[who]}"}
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **values)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def newest(self) -> Any:
        """The newest request, as people see it today."""
        return self.today("tim", "GET", "/requests")["requests"][0]


@contextmanager
def old_hub(
    folder: Path, fserver: Fserver, clock: Clock | None = None, limits: Limits | None = None
) -> Iterator[OldHub]:
    """A hub whose team of old clients has an admin, tim, and the lab of today newlab with the board qemu."""
    clock = clock or Clock()
    hub_folders.init(folder)
    engine = admin.open_data(folder)
    secrets = {
        "newlab": admin.add_lab(engine, "newlab", team=TEAM),
        "tim": admin.add_user(engine, "tim", teams=[f"{TEAM}:admin"]),
        "ann": admin.add_user(engine, "ann", teams=["annslab"]),
    }
    admin.let_old_clients_in(engine, fserver)
    app = make_app(
        engine, folder, clock=clock, sweep_seconds=3600, send=lambda *_: True, limits=limits, old_clients=fserver
    )
    with TestClient(app) as client:
        yield OldHub(client=client, engine=engine, clock=clock, secrets=secrets)
    engine.dispose()
    hub_folders.remove(folder)


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """An app that listens, in a thread; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def served_vision(folder: Path) -> Iterator[Fserver]:
    """A vision that listens, and what a hub is told of it; all is open there."""
    vision_folders.init(folder)
    engine = vision_admin.open_data(folder)
    token = folder / "token"
    token.write_text(vision_admin.add_token(engine, "*"))
    with listening(make_vision(engine, folder)) as url:
        yield Fserver(mode=Mode.OPEN, team=TEAM, vision=url, vision_token_file=token)
    engine.dispose()


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fserver]:
    """See `served_vision`."""
    with served_vision(tmp_path_factory.mktemp("vision")) as fserver:
        yield fserver


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., OldHub]]:
    """Starts hubs, which end with the test."""
    with ExitStack() as stack:

        def begin(fserver: Fserver) -> OldHub:
            return stack.enter_context(old_hub(tmp_path / "hub", fserver))

        yield begin


@pytest.fixture
def old(start: Callable[..., OldHub]) -> OldHub:
    """An open hub without vision."""
    return start(Fserver(mode=Mode.OPEN, team=TEAM))


@pytest.fixture
def held(start: Callable[..., OldHub]) -> OldHub:
    """A hub that holds what old clients put."""
    return start(Fserver(mode=Mode.HELD, team=TEAM))
