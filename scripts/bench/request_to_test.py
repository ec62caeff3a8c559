"""From an accepted request to the first line of the job's shell, and to the test's start, through everything between.

The first line is stamped by bash itself: it reads the file that BASH_ENV names before a script's first line. The test's
start is stamped by the test: its first phase writes a file. The baseline is what the controller takes alone, from the
trigger to the first line of the same job, in the same run.
"""

from __future__ import annotations

import time
from pathlib import Path

from figures import Figure, median_ms, p95_ms
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id, new_request_id
from fuego_jenkins_remote.service.clock import utc_now
from places import Lab, write_conf
from processes import FTC, Person, Services, ftc

REQUESTS = 50
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
    """Put requests one after the other, each when the board is idle again."""
    (root / "logs").mkdir(parents=True)
    services = Services(root / "logs")
    try:
        return _measure(root, services)
    finally:
        services.stop()


def _measure(root: Path, services: Services) -> list[Figure]:
    stamps = root / "stamps"
    stamps.mkdir()
    hub, jenkins, token = _start(root, services, stamps)
    client, controller = HubClient(hub, token), Controller(jenkins)
    bare = [_bare(controller, stamps) for _ in range(REQUESTS)]
    first_lines, starts = [], []
    for _ in range(REQUESTS):
        first_line, start = _asked(client, stamps)
        first_lines.append(first_line)
        starts.append(start)
        time.sleep(PAUSE)
    return [
        Figure(name="trigger to first line, controller alone, median", value=median_ms(bare), unit="ms"),
        Figure(name="put-request to first line, median", value=median_ms(first_lines), unit="ms", goal=100),
        Figure(name="put-request to first line, p95", value=p95_ms(first_lines), unit="ms"),
        Figure(name="put-request to test's start, median", value=median_ms(starts), unit="ms", goal=250),
        Figure(name="put-request to test's start, p95", value=p95_ms(starts), unit="ms"),
    ]


def _start(root: Path, services: Services, stamps: Path) -> tuple[str, str, str]:
    """A network with one lab and one board; the addresses of hub and controller, and the requester's token."""
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
    stamp_file = root / "stamp.sh"
    stamp_file.write_text(STAMP, encoding="utf-8")
    lab.lay_out(
        settings={
            "hub_url": addresses["hub"],
            "hub_token_file": str(lab_token),
            "vision_url": addresses["vision"],
            "vision_token_file": str(vision_token),
        },
        git_port=1,
    )
    (lab.conf.parent / "lab-policy.yaml").unlink()
    test = lab.root / "fuego-core" / "tests" / "Functional.stamp"
    test.mkdir()
    (test / "fuego_test.sh").write_text(TEST, encoding="utf-8")
    (test / "spec.json").write_text('{"testName": "Functional.stamp", "specs": {"default": {}}}\n', encoding="utf-8")
    environment = lab.person.environment({"BASH_ENV": str(stamp_file), "BENCH_STAMPS": str(stamps)})
    command = [str(FTC), "lab", "jenkins", "--data", str(root / "jenkins"), "--port", "0", "--json"]
    jenkins = services.start("jenkins", command, environment)
    with lab.conf.open("a", encoding="utf-8") as conf:
        conf.write(f"jenkins_url={jenkins}\n")
    ftc(lab.person, "lab", "jobs")
    ftc(lab.person, "put-board", "-b", "local2")
    services.start("lab", [str(FTC), "lab", "serve", "--json"], lab.person.environment())
    return addresses["hub"], jenkins, token


def _bare(controller: Controller, stamps: Path) -> float:
    """Trigger the board's job for a request that nobody prepared: it ends at once, and its first line is stamped."""
    attempt = AttemptId(new_request_id(utc_now()), 1)
    began = time.time()
    controller.trigger("remote-request-local2", attempt)
    stamped = _stamp(stamps / str(attempt))
    while any(build.building for build in controller.builds("remote-request-local2")[:1]):
        time.sleep(0.01)
    return stamped - began


def _asked(client: HubClient, stamps: Path) -> tuple[float, float]:
    """Seconds from the moment at which the hub took the request, by its own clock, to first line and test's start."""
    wanted = {"call_id": new_call_id(), "selector": "demolab:local2", "test": "Functional.stamp", "timeout": 60}
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
