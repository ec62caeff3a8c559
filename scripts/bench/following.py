"""What a bridge that follows 500 running builds costs: calls to Jenkins, and its share of one core.

The hub is the real one, in its own process. Jenkins is a few answers here, of the size and shape that a real one gives
for 500 boards whose jobs have three builds each: what it takes itself is not what is measured. Every build's log grows.
"""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from figures import Figure
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS, HubClient
from fuego_jenkins_remote.client.values import Attempt
from fuego_jenkins_remote.hub.admin import add_lab, add_user, open_data
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Journal, Phase
from fuego_jenkins_remote.network.identities import new_call_id
from places import write_conf, write_secret
from processes import FTC, Person, Services, ftc

BOARDS = 500
SETTLES, MEASURED = 20.0, 40.0
LINE_EVERY = 2.0
BOARD = """\
inherit-from "base-board"
inherit-from "base-params"
IPADDR="192.0.2.{number}"
LOGIN="root"
PASSWORD="geheim-{number}"
BOARD_TESTDIR="/home/fuego"
ARCHITECTURE="arm"
TOOLCHAIN="debian-armhf"
TRANSPORT="ssh"
"""


def measure(root: Path) -> list[Figure]:
    """Let a bridge follow, and look at its process and its calls for a while."""
    (root / "logs").mkdir(parents=True)
    services, jenkins = Services(root / "logs"), _Jenkins()
    try:
        return _measure(root, services, jenkins)
    finally:
        services.stop()
        jenkins.server.shutdown()


def _measure(root: Path, services: Services, jenkins: _Jenkins) -> list[Figure]:
    boards = [f"board{number}" for number in range(BOARDS)]
    hub, lab_token, anna = _start_hub(root, services, boards)
    attempts = _running(HubClient(hub, lab_token), HubClient(hub, anna), boards)
    conf = _lay_out(root / "lab", boards, {"hub_url": hub, "jenkins_url": jenkins.url}, lab_token)
    logs = _prepare(root / "lab", attempts)
    jenkins.knows(attempts)
    growing = threading.Event()
    threading.Thread(target=_grow, args=(logs, growing), daemon=True).start()
    person = Person("lab", conf)
    services.start("lab", [str(FTC), "lab", "serve", "--json"], person.environment())
    pid = services.running[-1][1].pid
    time.sleep(SETTLES)
    calls, cpu, began = jenkins.calls, _cpu(pid), time.monotonic()
    time.sleep(MEASURED)
    took = time.monotonic() - began
    calls, cpu = jenkins.calls - calls, _cpu(pid) - cpu
    growing.set()
    shown = HubClient(hub, anna).request(attempts[0].request.id)
    if not shown.log_tail or jenkins.was_written:
        raise SystemExit(f"the bridge did not follow: log {shown.log_tail!r}, written {jenkins.was_written}")
    return [
        Figure(name=f"calls to Jenkins, {BOARDS} builds followed", value=calls / took, unit="a second", goal=2),
        Figure(
            name=f"the bridge's share of a core, {BOARDS} builds followed", value=100 * cpu / took, unit="%", goal=5
        ),
    ]


def _start_hub(root: Path, services: Services, boards: list[str]) -> tuple[str, str, str]:
    """A hub with a lab and a requester: its address and their tokens."""
    admin = Person("operator", root / "operator" / "fuego.conf")
    write_conf(admin.conf, {"host_name": "operator"})
    ftc(admin, "hub", "init", "--data", str(root / "hub"))
    engine = open_data(root / "hub")
    token = add_lab(engine, "demolab")
    anna = add_user(engine, "anna", teams=["demolab"])
    engine.dispose()
    command = [str(FTC), "hub", "serve", "--data", str(root / "hub"), "--port", "0", "--json"]
    url = services.start("hub", command, admin.environment())
    lab = HubClient(url, token)
    for board in boards:
        lab.put_board("demolab", board, {"facts": {"arch": "arm"}, "open_to": ["*"]})
    return url, token, anna


def _running(lab: HubClient, anna: HubClient, boards: list[str]) -> list[Attempt]:
    """A request for each board, claimed and started."""
    wanted = {"selector": "host=demolab", "test": "Functional.x", "timeout": 7200, "count": "each"}
    anna.put_request({"call_id": new_call_id(), **wanted})
    attempts: list[Attempt] = []
    for at in range(0, len(boards), MAX_CLAIM_BOARDS):
        attempts += lab.claim(new_call_id(), boards[at : at + MAX_CLAIM_BOARDS]).attempts
    if len(attempts) != len(boards):
        raise SystemExit(f"{len(attempts)} of {len(boards)} requests were claimed")
    for attempt in attempts:
        lab.start(attempt.id, new_call_id(), "", "1")
    return attempts


def _lay_out(root: Path, boards: list[str], settings: dict[str, str], token: str) -> Path:
    for folder in ("fuego-ro/boards", "fuego-ro/conf", "fuego-rw", "fuego-core"):
        (root / folder).mkdir(parents=True)
    for number, board in enumerate(boards):
        (root / "fuego-ro/boards" / f"{board}.board").write_text(BOARD.format(number=number), encoding="utf-8")
    write_secret(root / "hub.token", token)
    conf = root / "fuego-ro/conf/fuego.conf"
    paths = {"fuego_ro_dir": "..", "fuego_rw_dir": "../../fuego-rw", "fuego_core_dir": "../../fuego-core"}
    paths |= {"state_dir": "../../state", "hub_token_file": "../../hub.token", "vision_url": "http://127.0.0.1:1"}
    write_conf(conf, {"host_name": "demolab", **paths, **settings})
    return conf


def _prepare(root: Path, attempts: list[Attempt]) -> list[Path]:
    """Journal and request folders as a bridge leaves them that was stopped while all ran; the logs."""
    (root / "state").mkdir(mode=0o700)
    journal, folders = Journal(root / "state" / "journal.sqlite"), LabDir(root / "fuego-rw" / "remote")
    journal.begin_claim("before", [attempt.board for attempt in attempts])
    journal.end_claim("before", attempts, time.time())
    logs = []
    for attempt in attempts:
        journal.move(attempt.id, Phase.DECIDE, Phase.RUN, time.time(), nonce="0123456789abcdef", called=1)
        folder = folders.request_folder(attempt.id)
        (folder / "started").mkdir(parents=True)
        (folder / "gate.ask").write_text("0123456789abcdef 1 \n", encoding="ascii")
        (folder / "gate.answer").write_text("0123456789abcdef go\n", encoding="ascii")
        logs.append(folder / "console.log")
    journal.close()
    return logs


def _grow(logs: list[Path], stop: threading.Event) -> None:
    """Each test prints a line now and then, beyond what the hub is told of a log."""
    for log in logs:
        log.write_text("the board has said this a while ago\n" * 600, encoding="ascii")
    count = 0
    while not stop.wait(LINE_EVERY):
        count += 1
        for log in logs:
            with log.open("a", encoding="ascii") as file:
                file.write(f"line {count}: 192.0.2.1 answers\n")


def _cpu(pid: int) -> float:
    """Seconds of a core that a process has had, with those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(one) for one in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@dataclass
class _Jenkins:
    """Answers what the bridge asks of a Jenkins that builds on every board; counts the calls."""

    calls: int = 0
    was_written: list[str] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Listen."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.calls += 1
                body = outer.answers.get(self.path.partition("?")[0])
                self.send_response(404 if body is None else 200)
                self.send_header("X-Jenkins", "2.528.3")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def do_POST(self) -> None:
                outer.was_written.append(self.path)
                self.send_error(500)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/fuego"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def knows(self, attempts: list[Attempt]) -> None:
        """A job, two builds that ended, one that runs, and a node for each board."""
        jobs, computers = [], []
        for attempt in attempts:
            name = f"remote-request-{attempt.board}"
            builds = [self._build(name, number, attempt) for number in (3, 2, 1)]
            jobs.append({"_class": "hudson.model.FreeStyleProject", "name": name, "builds": builds})
            work = {"url": builds[0]["url"], "fullDisplayName": f"{name} #3", "timestamp": 1, "estimatedDuration": -1}
            node = {"displayName": attempt.board, "idle": False, "offline": False, "offlineCauseReason": ""}
            computers.append({**node, "executors": [{"currentExecutable": work}]})
        self.answers = {
            "/fuego/api/json": b'{"_class":"hudson.model.Hudson","quietingDown":false}',
            "/fuego/view/Fuego%20network/api/json": json.dumps({"jobs": jobs}).encode(),
            "/fuego/queue/api/json": b'{"_class":"hudson.model.Queue","items":[]}',
            "/fuego/computer/api/json": json.dumps({"computer": computers}).encode(),
        }

    def _build(self, job: str, number: int, attempt: Attempt) -> dict[str, object]:
        runs = number == 3
        values = {"REQUEST_ID": attempt.request.id if runs else "20261123-101500123-k3j7x2m4", "ATTEMPT": "1"}
        parameters = [
            {"_class": "hudson.model.StringParameterValue", "name": name, "value": value}
            for name, value in values.items()
        ]
        return {
            "_class": "hudson.model.FreeStyleBuild",
            "actions": [{"_class": "hudson.model.ParametersAction", "parameters": parameters}, {}, {}],
            "building": runs,
            "number": number,
            "queueId": number,
            "result": None if runs else "SUCCESS",
            "url": f"{self.url}/job/{job}/{number}/",
        }
