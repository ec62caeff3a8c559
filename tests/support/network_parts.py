"""The whole network as a test has it: its parts, and what people do with it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from child_process import end_child
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State
from until import until

FTC = Path(sys.executable).with_name("ftc")
BOARD = "eins"


@dataclass
class Part:
    """One process of ours, which says in its first line that it is there; its stderr goes to a log."""

    name: str
    command: list[str]
    conf: Path
    log: Path
    process: subprocess.Popen[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, and wait for its first line."""
        if self.runs:
            return
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [str(FTC), *self.command, "--json"],
                env=environment(self.conf, **self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        out: IO[str] = self.process.stdout  # type: ignore[assignment]
        line = out.readline()
        assert line.startswith("{"), f"{self.name}: {self.log.read_text()[-2000:]}"
        assert json.loads(line)["pid"] == self.process.pid

    def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        """End it by a signal to it alone; the seconds that took."""
        if self.process is None:
            return 0.0
        began = time.monotonic()
        try:
            end_child(self.process, number, 30)
        finally:
            self.process = None
        return time.monotonic() - began

    def kill(self) -> None:
        """End it without a word."""
        self.end(signal.SIGKILL)


def environment(conf: Path, **more: str) -> dict[str, str]:
    """What a person's shell has, and whose fuego.conf is used."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FUEGO_", "JENKINS_"))}
    return {**kept, "FUEGO_CONF": str(conf), **more}


@dataclass
class Network:
    """hub, vision and one lab with its Jenkins and bridge; anna asks, demolab runs."""

    root: Path
    hub: Part
    vision: Part
    jenkins: Any
    bridge: Part
    mails: list[Any]
    tokens: dict[str, str]
    urls: dict[str, str]
    login: tuple[str, str] = ("", "")
    board: str = BOARD

    @property
    def lab_conf(self) -> Path:
        return self.root / "demolab" / "ro" / "conf" / "fuego.conf"

    @property
    def anna_conf(self) -> Path:
        return self.root / "annaslab" / "fuego.conf"

    @property
    def rw(self) -> Path:
        return self.root / "demolab" / "rw"

    @property
    def outbox(self) -> Path:
        return self.rw / "remote" / "outbox"

    @property
    def state_dir(self) -> Path:
        return self.root / "demolab" / "state"

    @property
    def controller(self) -> Controller:
        return Controller(self.urls["jenkins"], *self.login)

    @property
    def anna(self) -> HubClient:
        return HubClient(self.urls["hub"], self.tokens["anna"])

    @property
    def results(self) -> VisionClient:
        return VisionClient(self.urls["vision"], "")

    def ftc(self, conf: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A person calls ftc."""
        return subprocess.run(
            [str(FTC), *arguments],
            env=environment(conf),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def well(self, *arguments: str) -> str:
        """The lab's admin calls ftc, and it does what it should; what it says."""
        done = self.ftc(self.lab_conf, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def started(self, conf: Path, *arguments: str) -> subprocess.Popen[str]:
        """A person calls ftc, and does not wait for it."""
        return subprocess.Popen(
            [str(FTC), *arguments],
            env=environment(conf),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def all_up(self) -> None:
        """Start what does not run."""
        for part in (self.hub, self.vision, self.jenkins, self.bridge):
            if part is not None:
                part.start()

    # -- what anna does

    def put(self, **more: Any) -> str:
        """Ask for the lab's test; the request's id."""
        wanted = {"selector": f"demolab:{self.board}", "test": "Functional.holds", "timeout": 60, **more}
        requests, _ = self.anna.put_request({"call_id": new_call_id(), **wanted})
        return requests[0].id

    def comes_to(self, request: str, *states: State, seconds: float = 90) -> Request:
        """Wait until the request is in one of these states."""

        def there() -> Request | None:
            found = self.anna.request(request)
            if found.is_final and found.state not in states:
                raise AssertionError(f"{found.state}, not {states}: {found.reason}\n{found.log_tail}")
            return found if found.state in states else None

        return until(there, f"{request} {states}", seconds)

    # -- what the test does

    def hold(self) -> None:
        """The next test goes on until `release`."""
        (self.rw / "hold").touch()

    def release(self) -> None:
        (self.rw / "hold").unlink(missing_ok=True)

    def begun(self, request: str) -> int:
        """How often the request's test has begun."""
        file = self.rw / "begun"
        return sum(line.startswith(request) for line in file.read_text().splitlines()) if file.exists() else 0

    def running(self, **more: Any) -> str:
        """A request whose test holds."""
        self.hold()
        request = self.put(**more)
        self.comes_to(request, State.RUNNING)
        until(lambda: self.begun(request), "the test has begun")
        return request

    def test_processes(self, request: str) -> list[str]:
        """Command lines of the request's processes that are there."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"FUEGO_REMOTE_ATTEMPT={request}.".encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def runs_of(self, request: str) -> list[str]:
        """The keys of the runs that vision has of a request."""
        return [run["key"] for run in self.results.runs(request=request)[0]]

    def assert_one_run(self, request: str) -> None:
        """Started once, delivered once, and nothing left over."""
        assert self.begun(request) == 1
        assert self.runs_of(request) == [f"demolab/{request}.1"]
        until(lambda: not list(self.outbox.glob(f"{request}.*")), "the outbox is empty")
