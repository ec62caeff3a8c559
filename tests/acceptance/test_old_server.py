"""A lab with the embedded controller and the bridge, each a process, serves an old Fuego server."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fserver_server import FserverServer
from fuego_jenkins_remote.client.fserver.calls import Fserver
from loopback import BOARD_FILE, FUEGO_TEST
from network_parts import BOARD, FTC, Part, environment
from processes import free_port
from until import until

pytestmark = pytest.mark.slow


@dataclass
class OldNetwork:
    """demolab at an old server; its test goes on while the file `hold` is there."""

    root: Path
    server: FserverServer
    jenkins: Part
    bridge: Part

    @property
    def conf(self) -> Path:
        return self.root / "ro" / "conf" / "fuego.conf"

    def well(self, *arguments: str) -> str:
        """The lab's admin calls ftc, and it does what it should; what it says."""
        done = subprocess.run(
            [str(FTC), *arguments],
            env=environment(self.conf),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def put(self) -> str:
        """Somebody with an old client asks; the request's id."""
        wanted = {"host": "demolab", "board": BOARD, "test_name": "Functional.holds", "test_spec": "default"}
        said = Fserver(self.server.url).change("put_request", {**wanted, "requestor": "otherlab:ann", "timeout": "1m"})
        return said.strip().partition("=")[2]

    def comes_to(self, request: str, state: str) -> dict[str, str]:
        """Wait until the request is in this state."""
        until(lambda: self.server.requests[request]["state"] == state, f"{request} is {state}", 90)
        return self.server.requests[request]

    def begun(self) -> int:
        """How often a test has begun."""
        file = self.root / "rw" / "begun"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def network(tmp_path: Path) -> Iterator[OldNetwork]:
    root, server, port = tmp_path / "demolab", FserverServer(), free_port()
    for folder in ("ro/boards", "ro/conf", "rw/logs", "rw/tests", "rw/boards", "core/tests/Functional.holds"):
        (root / folder).mkdir(parents=True)
    (root / "ro" / "boards" / f"{BOARD}.board").write_text(BOARD_FILE)
    test = root / "core" / "tests" / "Functional.holds"
    (test / "fuego_test.sh").write_text(FUEGO_TEST)
    (test / "spec.json").write_text('{"testName": "Functional.holds", "specs": {"default": {}}}')
    (test / "test.yaml").write_text("fuego_package_version: 1\nname: Functional.holds\n")
    (root / "ro" / "conf" / "lab-policy.yaml").write_text('rules:\n  - {users: ["otherlab:*"], do: run}\n')
    conf = root / "ro" / "conf" / "fuego.conf"
    conf.write_text(
        "host_name=demolab\nfuego_ro_dir=..\nfuego_rw_dir=../../rw\nfuego_core_dir=../../core\nstate_dir=../../state\n"
        f"server_type=fuego\nserver_domain={server.url.removeprefix('http://')}\n"
        f"jenkins_url=http://127.0.0.1:{port}/fuego\n"
    )
    commands = {
        "jenkins": ["lab", "jenkins", "--data", str(root / "jenkins"), "--port", str(port)],
        "bridge": ["lab", "serve"],
    }
    parts = {
        name: Part(name=name, command=command, conf=conf, log=tmp_path / f"{name}.log")
        for name, command in commands.items()
    }
    network = OldNetwork(root=root, server=server, **parts)
    try:
        network.jenkins.start()
        network.well("lab", "jobs")
        network.well("put-board", "-b", BOARD)
        network.bridge.start()
        yield network
    finally:
        (root / "rw" / "hold").unlink(missing_ok=True)
        for part in (network.bridge, network.jenkins):
            with contextlib.suppress(ProcessLookupError):
                part.end()
        server.close()


def test_an_old_request_goes_the_whole_way_through_a_bridge_that_is_killed(network: OldNetwork) -> None:
    (network.root / "rw" / "hold").touch()
    request = network.put()
    network.comes_to(request, "running")
    until(network.begun, "the test has begun")
    network.bridge.kill()
    (network.root / "rw" / "hold").unlink()
    network.bridge.start()
    kept = network.comes_to(request, "done")
    assert network.begun() == 1
    assert (kept["reason"], list(network.server.data)) == ("PASS", [f"run-{kept['run_id']}"])
    assert network.server.data[f"run-{kept['run_id']}"]["metadata"]["fserver_request"] == request
    assert b"s3cret" not in network.server.files[f"run-{kept['run_id']}"]
    assert "PASS" in network.well("query-request", request)
