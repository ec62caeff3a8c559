"""Each kind of target: who delivers dies, or loses the line, at each step; another try makes one whole run of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests.adapters

from front_door import FrontDoor
from fserver_server import FserverServer
from fuego_jenkins_remote.publish.making import Conf, make_target
from fuego_jenkins_remote.publish.targets import NotDelivered, RunPackage
from kcidb_server import TOKEN as KCIDB_TOKEN
from kcidb_server import KcidbServer
from squad_servers import TOKEN as SQUAD_TOKEN
from squad_servers import FakeSquad
from until import until

from .conftest import KEY

KINDS = ("squad", "kernelci", "fserver", "vision")
STEPS = {"squad": 3, "kernelci": 2, "fserver": 4, "vision": 1}
"""How many calls a delivery is."""
FTC = str(Path(sys.executable).parent / "ftc")
FATES = ("dies before", "dies after", "line breaks before", "line breaks after")
Packages = Callable[..., RunPackage]


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Peer:
    """A server of some kind behind a door, what a lab sets for it, and how many whole runs it has."""

    door: FrontDoor
    values: dict[str, str]
    token: str
    whole_runs: Callable[[], int]

    def deliver(self, kind: str, run: RunPackage) -> str:
        """A process of its own would know no more than this does."""
        return make_target(kind, Conf(values=self.values, token=self.token)).deliver(run)


@pytest.fixture
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """The server of the kind that the test is about."""
    kind = request.getfixturevalue("kind")
    with contextlib.ExitStack() as stack:
        url, values, token, whole = {"squad": _squad, "kernelci": _kernelci, "fserver": _fserver, "vision": _vision}[
            kind
        ](stack, tmp_path)
        door = FrontDoor(url, prefix="")
        stack.callback(door.close)
        yield Peer(door, {key: value.replace("DOOR", door.url) for key, value in values.items()}, token, whole)


def _squad(stack: contextlib.ExitStack, _folder: Path) -> Any:
    squad = FakeSquad()
    stack.callback(squad.close)
    values = {"squad_url": "DOOR", "squad_group": "fuego", "squad_project": "boards"}
    return squad.url, values, SQUAD_TOKEN, lambda: [run.whole and len(run.tests) == 5 for run in squad.runs].count(True)


def _kernelci(stack: contextlib.ExitStack, _folder: Path) -> Any:
    server = KcidbServer()
    stack.callback(server.close)
    values = {"kcidb_url": "DOOR", "kcidb_origin": "fuego"}
    return server.url, values, KCIDB_TOKEN, lambda: len(server.objects("tests")) // 6


def _fserver(stack: contextlib.ExitStack, _folder: Path) -> Any:
    server = FserverServer()
    stack.callback(server.close)
    return server.root, {"fserver_url": "DOOR/cgi-bin"}, "", lambda: len(server.data)


def _vision(stack: contextlib.ExitStack, folder: Path) -> Any:
    """A real one: it is ours."""
    from fuego_jenkins_remote.service.engine import reading
    from fuego_jenkins_remote.vision import admin
    from fuego_jenkins_remote.vision.statements import runs

    admin.init_data(folder / "vision")
    engine = admin.open_data(folder / "vision")
    stack.callback(engine.dispose)
    token = admin.add_token(engine, "demolab")
    command = [FTC, "vision", "serve", "--port", "0"]
    served = subprocess.Popen([*command, "--data", str(folder / "vision")], stdout=subprocess.PIPE, text=True)
    stack.callback(served.wait, 30)
    stack.callback(served.terminate)
    assert served.stdout is not None
    stack.callback(served.stdout.close)
    url = served.stdout.readline().split()[-1]

    def whole() -> int:
        with reading(engine) as conn:
            return int(runs.find(conn, KEY) is not None)

    return url, {"vision_url": "DOOR"}, token, whole


def _breaking(monkeypatch: pytest.MonkeyPatch, step: int, fate: str) -> None:
    """At the step of this number (from 0) the fate befalls whoever calls."""
    send, calls = requests.adapters.HTTPAdapter.send, [0]
    error: BaseException = Killed() if fate.startswith("dies") else requests.ConnectionError("the line broke")

    def broken(*arguments: Any, **more: Any) -> requests.Response:
        number, calls[0] = calls[0], calls[0] + 1
        if number == step and fate.endswith("before"):
            raise error
        answer = send(*arguments, **more)
        if number == step:
            answer.close()
            raise error
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", broken)


def until_delivered(peer: Peer, kind: str, run: RunPackage) -> None:
    """Try as the outbox does."""
    for _ in range(5):
        with contextlib.suppress(NotDelivered):
            peer.deliver(kind, run)
            return
    raise AssertionError("five tries, and it is not there")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_a_delivery_is_as_many_calls_as_are_broken_off_here(peer: Peer, kind: str, package: Packages) -> None:
    peer.deliver(kind, package())
    assert len(peer.door.seen) == STEPS[kind]
    assert peer.whole_runs() == 1


@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind in KINDS for step in range(STEPS[kind])])
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.slow
def test_whatever_befalls_a_step_there_is_one_whole_run_in_the_end(
    peer: Peer, kind: str, step: int, fate: str, package: Packages
) -> None:
    run = package()
    with pytest.MonkeyPatch.context() as monkeypatch:
        _breaking(monkeypatch, step, fate)
        with contextlib.suppress(Killed, NotDelivered):
            peer.deliver(kind, run)
    until_delivered(peer, kind, run)
    assert peer.whole_runs() == 1


@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind in KINDS for step in range(STEPS[kind])])
@pytest.mark.parametrize("is_dropped", [True, False], ids=["never-arrives", "arrives"])
@pytest.mark.slow
def test_a_process_that_is_killed_at_a_step_leaves_one_whole_run_in_the_end(
    peer: Peer, kind: str, step: int, package: Packages, is_dropped: bool
) -> None:
    run = package()
    conf = run.path.with_name("fuego.conf")
    conf.write_text("host_name=demolab\n" + "".join(f"{key}={value}\n" for key, value in peer.values.items()))
    environ = {**os.environ, "FUEGO_CONF": str(conf), f"FUEGO_{kind.upper()}_TOKEN": peer.token}
    command = [FTC, "put-run", str(run.path), "--to", kind]
    with peer.door.holding(method="GET|POST|PUT", spared=step) as held:
        putting = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        held.wait()
        held.is_dropped = is_dropped
        putting.send_signal(signal.SIGKILL)
        putting.wait(60)
    if not is_dropped:
        until(lambda: len(peer.door.seen) > step, "what was sent has arrived")
    for _ in range(3):
        if subprocess.run(command, env=environ, check=False, capture_output=True).returncode == 0:
            break
    assert peer.whole_runs() == 1
