"""From an accepted request to the first line of the job's shell, and to the test's start, through everything between.

The first line is stamped by bash itself: it reads the file that BASH_ENV names before a script's first line. The test's
start is stamped by the test: its first phase writes a file. The baseline is what the controller takes alone, from the
trigger to the first line of the same job, in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from figures import Figure, median_ms, percentile_ms
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id, new_request_id
from fuego_jenkins_remote.service.clock import utc_now
from lab_jenkins import embedded, from_war, start_agents
from places import Lab, write_conf
from processes import FTC, Person, Services, ftc

REQUESTS = 50
REQUESTS_OF_WAR, BOARDS_OF_WAR = 200, 20
PAUSE = 0.1
PATIENCE = 20.0

STAMP = """\
if [ -n "${REQUEST_ID:-}" ] && [ ! -e "$BENCH_STAMPS/$REQUEST_ID.$ATTEMPT" ]; then
    : > "$BENCH_STAMPS/$REQUEST_ID.$ATTEMPT"
fi
"""

TEST = """\
function test_pre_check {
    : > "$BENCH_STAMPS/start-$FUEGO_REMOTE_ATTEMPT"
}
function test_run {
    report "echo ok"
}
function test_processing {
    log_compare "$TESTDIR" "1" "ok" "p"
}
"""


def measure(root: Path) -> list[Figure]:
    """On the embedded controller, with one board."""
    with _network(root, ["local2"], war=None) as (network, bare):
        first_lines, starts = network.ask(REQUESTS, pause=PAUSE)
    return [
        Figure(name="trigger to first line, controller alone, median", value=median_ms(bare), unit="ms"),
        Figure(name="put-request to first line, median", value=median_ms(first_lines), unit="ms", goal=100),
        Figure(name="put-request to first line, p95", value=percentile_ms(first_lines, 95), unit="ms"),
        Figure(name="put-request to test's start, median", value=median_ms(starts), unit="ms", goal=250),
        Figure(name="put-request to test's start, p95", value=percentile_ms(starts, 95), unit="ms"),
    ]


def measure_on_a_real_jenkins(root: Path, war: Path) -> list[Figure]:
    """On a Jenkins of a war file, with twenty boards, each with its agent; the next board for each request."""
    boards = [f"board{number:02}" for number in range(1, BOARDS_OF_WAR + 1)]
    with _network(root, boards, war=war) as (network, bare):
        first_lines, _ = network.ask(REQUESTS_OF_WAR, pause=PAUSE)
    what = f"on a real Jenkins, {REQUESTS_OF_WAR} requests, {BOARDS_OF_WAR} boards"
    return [
        Figure(name=f"trigger to first line, {what}, Jenkins alone, median", value=median_ms(bare), unit="ms"),
        Figure(name=f"trigger to first line, {what}, Jenkins alone, p99", value=percentile_ms(bare, 99), unit="ms"),
        Figure(name=f"put-request to first line, {what}, median", value=median_ms(first_lines), unit="ms", goal=100),
        Figure(
            name=f"put-request to first line, {what}, p99", value=percentile_ms(first_lines, 99), unit="ms", goal=400
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class _Network:
    """A hub, a vision, a lab with its bridge; `hub` comes as a requester, `jenkins` as the lab.

    `requests` is where the lab's request folders are.
    """

    boards: list[str]
    requests: Path
    stamps: Path
    hub: HubClient
    jenkins: Controller

    def trigger(self, times: int) -> list[float]:
        """The baseline: seconds from the bare trigger to the first line, on the boards in turn."""
        return [_bare(self.jenkins, board, self.requests, self.stamps) for board in self._turns(times)]

    def ask(self, times: int, *, pause: float) -> tuple[list[float], list[float]]:
        """Put requests, each when the one before is over: seconds to the first line, and to the test's start."""
        first_lines, starts = [], []
        for board in self._turns(times):
            first_line, start = _asked(self.hub, board, self.stamps)
            first_lines.append(first_line)
            starts.append(start)
            time.sleep(pause)
        return first_lines, starts

    def _turns(self, times: int) -> Iterator[str]:
        return islice(cycle(self.boards), times)


@contextmanager
def _network(root: Path, boards: list[str], *, war: Path | None) -> Iterator[tuple[_Network, list[float]]]:
    """The network, and the baseline that was taken before anything else used its Jenkins."""
    stamps = root / "stamps"
    for folder in (root / "logs", stamps):
        folder.mkdir(parents=True)
    services = Services(root / "logs")
    try:
        network = _start(root, services, stamps, boards, war)
        bare = network.trigger(REQUESTS_OF_WAR if war else REQUESTS)
        services.start("lab", [str(FTC), "lab", "serve", "--json"], Lab(root / "lab").person.environment())
        yield network, bare
    finally:
        services.stop()


def _start(root: Path, services: Services, stamps: Path, boards: list[str], war: Path | None) -> _Network:
    lab = Lab(root / "lab")
    admin = Person("operator", root / "operator" / "fuego.conf")
    write_conf(admin.conf, {"host_name": "operator"})
    for service in ("hub", "vision"):
        ftc(admin, service, "init", "--data", str(root / service))
    lab_token, vision_token = root / "lab.token", root / "vision.token"
    ftc(admin, "hub", "add-lab", "demolab", "--data", str(root / "hub"), "--token-file", str(lab_token))
    token = ftc(admin, "hub", "add-user", "anna", "--team", "demolab", "--data", str(root / "hub"), "-q").out.strip()
    ftc(admin, "vision", "add-token", "demolab", "--data", str(root / "vision"), "--token-file", str(vision_token))
    addresses = {
        service: services.start(
            service,
            [str(FTC), service, "serve", "--data", str(root / service), "--port", "0", "--json"],
            admin.environment(),
        )
        for service in ("hub", "vision")
    }
    settings = {
        "hub_url": addresses["hub"],
        "hub_token_file": str(lab_token),
        "vision_url": addresses["vision"],
        "vision_token_file": str(vision_token),
    }
    _lay_out(lab, settings, boards)
    stamp_file = root / "stamp.sh"
    stamp_file.write_text(STAMP, encoding="utf-8")
    in_builds = {"BASH_ENV": str(stamp_file), "BENCH_STAMPS": str(stamps)}
    jenkins = (
        from_war(services, lab, war, root / "jenkins") if war else embedded(services, lab, root / "jenkins", in_builds)
    )
    with lab.conf.open("a", encoding="utf-8") as conf:
        conf.writelines(f"{key}={value}\n" for key, value in jenkins.settings(lab).items())
    ftc(lab.person, "lab", "jobs", timeout=120)
    if war:
        start_agents(services, jenkins, boards, root / "agents", lab, in_builds=in_builds)
    ftc(lab.person, "put-board", "-b", ",".join(boards))
    return _Network(
        boards=boards,
        requests=lab.root / "fuego-rw" / "remote" / "requests",
        stamps=stamps,
        hub=HubClient(addresses["hub"], token),
        jenkins=Controller(jenkins.url, jenkins.user, jenkins.token),
    )


def _lay_out(lab: Lab, settings: dict[str, str], boards: list[str]) -> None:
    """The lab's folders, with these boards, and one test that says when it starts."""
    lab.lay_out(settings=settings, git_port=1)
    for name in ("lab-policy.yaml", "boards.yaml"):
        (lab.conf.parent / name).unlink()
    known = lab.root / "fuego-ro" / "boards"
    like = (known / "local2.board").read_text(encoding="utf-8")
    for file in known.iterdir():
        file.unlink()
    for board in boards:
        (known / f"{board}.board").write_text(like, encoding="utf-8")
    test = lab.root / "fuego-core" / "tests" / "Functional.stamp"
    test.mkdir()
    (test / "fuego_test.sh").write_text(TEST, encoding="utf-8")
    (test / "spec.json").write_text('{"testName": "Functional.stamp", "specs": {"default": {}}}\n', encoding="utf-8")


def _bare(controller: Controller, board: str, requests: Path, stamps: Path) -> float:
    """Trigger a board's job for an attempt that was refused already: it says so and ends, its first line stamped."""
    attempt, job = AttemptId(new_request_id(utc_now()), 1), f"remote-request-{board}"
    folder = requests / str(attempt)
    folder.mkdir(parents=True)
    (folder / "board").write_text(f"{board}\n", encoding="utf-8")
    (folder / "refused").write_text("only its first line counts\n", encoding="utf-8")
    began = time.time()
    controller.trigger(job, attempt)
    stamped = _stamp(stamps / str(attempt))
    while any(build.building for build in controller.builds(job)[:1]):
        time.sleep(0.01)
    return stamped - began


def _asked(client: HubClient, board: str, stamps: Path) -> tuple[float, float]:
    """Seconds from the moment at which the hub took the request, by its own clock, to first line and test's start."""
    wanted = {"call_id": new_call_id(), "selector": f"demolab:{board}", "test": "Functional.stamp", "timeout": 60}
    (request,), _ = client.put_request(wanted)
    if request.created_at is None:
        raise SystemExit("the hub does not say when it took a request")
    accepted = request.created_at.timestamp()
    first_line, start = _stamp(stamps / f"{request.id}.1"), _stamp(stamps / f"start-{request.id}.1")
    while not request.is_final:
        request = client.wait_for_change(request.id, request.version)
    if request.status != "PASS":
        raise SystemExit(f"a measured request ended as {request.state} {request.status}: {request.reason}")
    return first_line - accepted, start - accepted


def _stamp(path: Path) -> float:
    """When a stamp was made; waits for it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if path.exists():
            return path.stat().st_mtime_ns / 1e9
        time.sleep(0.002)
    raise SystemExit(f"no stamp {path.name} within {PATIENCE:.0f} s")
