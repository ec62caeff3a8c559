"""The whole network on loopback, each part a process as its operator starts it; parts are killed and started again.

Anna of annaslab asks; demolab runs. Its Jenkins is the embedded controller, or whatever a test hands in.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import IO, Any

from aiosmtpd.controller import Controller as MailServer

from child_process import end_child
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State
from processes import free_port
from until import until

FTC = Path(sys.executable).with_name("ftc")
PASSWORD, ADDRESS = "s3cret-ü", "192.0.2.77"
BOARD = "eins"

BOARD_FILE = f"""\
inherit "base-board"
include "base-params"
IPADDR="{ADDRESS}"
LOGIN="root"
PASSWORD="{PASSWORD}"
BOARD_TESTDIR="$FUEGO_RW/tests/{BOARD}"
TOOLCHAIN="x86_64"
TRANSPORT="local"
ARCHITECTURE="x86_64"
DISTRIB="nosyslogd.dist"
"""

# Says that it has begun, goes on for as long as the file `hold` is there, and tells all it knows. Where the file
# `break` is, it takes Fuego itself along.
FUEGO_TEST = """\
#!/bin/bash
test_run() {
    echo "$FUEGO_REMOTE_ATTEMPT" >>"$FUEGO_RW/begun"
    if [ -e "$FUEGO_RW/break" ]; then
        echo "address $IPADDR password $PASSWORD"
        for try in $(seq 100); do  # what is not yet in the console dies with Fuego
            grep -q password "$FUEGO_RW"/remote/requests/"$FUEGO_REMOTE_ATTEMPT"/console.log && break
            sleep 0.05
        done
        kill -KILL "$PPID"
    fi
    report "echo address $IPADDR password $PASSWORD; env; while [ -e $FUEGO_RW/hold ]; do sleep 0.05; done; echo awake"
}
test_processing() {
    log_compare "$TESTDIR" "1" "^awake" "p"
}
"""


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
            end_child(self.process, number, 10)
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


@dataclass(frozen=True, kw_only=True)
class LabJenkins:
    """A lab's Jenkins that a test hands in: as fuego.conf names it, and the process, where it is ours to stop."""

    url: str
    user: str
    token: str
    part: Any = None
    settings: Mapping[str, str] = field(default_factory=dict)


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
            timeout=60,
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

    def comes_to(self, request: str, *states: State, seconds: float = 30) -> Request:
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


class _Mailbox:
    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


@contextlib.contextmanager
def running_network(
    root: Path,
    *,
    boards: Sequence[str] = (BOARD,),
    jenkins: LabJenkins | None = None,
    nodes_made: Callable[[Network], None] = lambda _: None,
) -> Iterator[Network]:
    """Set up as an operator, a lab admin and anna would, and everything up; the first of the boards is `board`.

    Without `jenkins` the lab has the embedded controller. `nodes_made` is called when the lab has its jobs and nodes.
    """
    mailbox = _Mailbox()
    mail_port = free_port()
    mail = MailServer(mailbox, hostname="127.0.0.1", port=mail_port)
    mail.start()
    network = _lay_out(root, mail_port, mailbox.messages, boards, jenkins)
    try:
        for part in (network.hub, network.vision, network.jenkins):
            if part is not None:
                part.start()
        network.well("lab", "jobs")
        nodes_made(network)
        network.well("put-board", "-b", ",".join(boards))
        network.bridge.start()
        yield network
    finally:
        network.release()
        ours = (network.jenkins,) if jenkins is None else ()
        for part in (network.bridge, *ours, network.vision, network.hub):
            if part.runs:
                part.end()
        mail.stop()


def _lay_out(
    root: Path, mail_port: int, mails: list[Any], boards: Sequence[str], foreign: LabJenkins | None
) -> Network:
    lab = root / "demolab"
    for folder in ("ro/boards", "ro/conf", "rw/logs", "rw/tests", "rw/boards", "core/tests/Functional.holds"):
        (lab / folder).mkdir(parents=True)
    for board in boards:
        (lab / "ro" / "boards" / f"{board}.board").write_text(BOARD_FILE)
    test = lab / "core" / "tests" / "Functional.holds"
    (test / "fuego_test.sh").write_text(FUEGO_TEST)
    (test / "spec.json").write_text('{"testName": "Functional.holds", "specs": {"default": {}}}')
    (test / "test.yaml").write_text("fuego_package_version: 1\nname: Functional.holds\n")
    (lab / "ro" / "conf" / "lab-policy.yaml").write_text(
        "rules:\n  - {teams: [annaslab], source: [installed, package], do: run}\n"
    )
    (root / "annaslab").mkdir()
    ports = {name: free_port() for name in ("hub", "vision", "jenkins")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    urls["jenkins"] = foreign.url if foreign else f"{urls['jenkins']}/fuego"
    tokens = _init(root)
    links = f"hub_url={urls['hub']}\nvision_url={urls['vision']}\n"
    lab_conf, anna_conf = lab / "ro" / "conf" / "fuego.conf", root / "annaslab" / "fuego.conf"
    lab_conf.write_text(
        f"host_name=demolab\nfuego_ro_dir=..\nfuego_rw_dir=../../rw\nfuego_core_dir=../../core\nstate_dir=../../state\n"
        f"{links}hub_token_file={root}/tokens/demolab\nvision_token_file={root}/tokens/vision\n"
        f"jenkins_url={urls['jenkins']}\n{_jenkins_settings(root, foreign)}"
    )
    anna_conf.write_text(f"host_name=annaslab\nuser=anna\n{links}hub_token_file={root}/tokens/anna\n")

    def part(name: str, conf: Path, *command: str) -> Part:
        return Part(name=name, command=list(command), conf=conf, log=root / "logs" / f"{name}.log")

    def service(name: str, *more: str) -> Part:
        return part(name, anna_conf, name, "serve", "--data", str(root / name), "--port", str(ports[name]), *more)

    (root / "logs").mkdir()
    hub_mail = f"smtp://127.0.0.1:{mail_port}?from=hub@fuego.example"
    jenkins = foreign.part if foreign else None
    if foreign is None:
        jenkins = part(
            "jenkins", lab_conf, "lab", "jenkins", "--data", str(root / "jenkins"), "--port", str(ports["jenkins"])
        )
        # An admin's shell may have the lab's tokens: they must end here.
        jenkins.environment |= {"FUEGO_HUB_TOKEN": tokens["demolab"], "FUEGO_VISION_TOKEN": tokens["vision"]}
    return Network(
        root=root,
        hub=service("hub", "--mail", hub_mail, "--public"),
        vision=service("vision", "--public"),
        jenkins=jenkins,
        bridge=part("bridge", lab_conf, "lab", "serve"),
        mails=mails,
        tokens=tokens,
        urls=urls,
        login=(foreign.user, foreign.token) if foreign else ("", ""),
        board=boards[0],
    )


def _jenkins_settings(root: Path, foreign: LabJenkins | None) -> str:
    if foreign is None:
        return ""
    file = root / "tokens" / "jenkins"
    file.touch(mode=0o600)
    file.write_text(foreign.token)
    settings = {"jenkins_user": foreign.user, "jenkins_token_file": str(file), **foreign.settings}
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _init(root: Path) -> dict[str, str]:
    """The services' data folders, with people and tokens; the tokens."""
    from fuego_jenkins_remote.hub import admin as hub
    from fuego_jenkins_remote.vision import admin as vision

    hub.init_data(root / "hub")
    vision.init_data(root / "vision")
    opened = hub.open_data(root / "hub")
    tokens = {
        "demolab": hub.add_lab(opened, "demolab", notify=("boards@demolab.example",)),
        "anna": hub.add_user(opened, "anna", teams=("annaslab",), email="anna@annaslab.example", notify=()),
        "vision": vision.add_token(vision.open_data(root / "vision"), "demolab", kind="submit"),
    }
    (root / "tokens").mkdir(mode=0o700)
    for name, token in tokens.items():
        (root / "tokens" / name).touch(mode=0o600)
        (root / "tokens" / name).write_text(token)
    return tokens
