"""The whole network, with a proxy before each service that the lab calls."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jenkins
import pytest

sys.path.insert(0, str(Path(__file__).parent / "parts"))

from holding_proxy import HoldingProxy

from fuego_jenkins_remote.client.hub import HubClient

PUSH_JOB = "remote-request-push"
SYNC = """\
#!/bin/bash
# The job's script calls it last before the outcome appears in the outbox: there a test may hold it.
while [[ -e $FUEGO_RW/hold-collecting ]]; do
    : >"$FUEGO_RW/collecting"
    sleep 0.05
done
"""
FUEGO_TEST = """\
#!/bin/bash
test_run() {
    echo "$FUEGO_REMOTE_ATTEMPT" >>"$FUEGO_RW/begun"
    report "while [ -e $FUEGO_RW/hold ]; do sleep 0.05; done; echo awake"
    echo "ended $FUEGO_REMOTE_ATTEMPT" >>"$FUEGO_RW/begun"
}
test_processing() {
    log_compare "$TESTDIR" "1" "^awake" "p"
}
"""


@dataclass
class Stage:
    """The network and what stands between its parts. What is not here is the network's."""

    network: Any
    proxies: dict[str, HoldingProxy]
    until: Callable[..., Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def part(self, name: str) -> Any:
        """A process of the network: bridge, hub, vision, jenkins."""
        return getattr(self.network, name)

    @property
    def order(self) -> list[str]:
        """What the tests have said: `REQUEST.N` at its begin, `ended REQUEST.N`."""
        file = self.rw / "begun"
        return file.read_text().splitlines() if file.exists() else []

    def script(self, request: str) -> int:
        """The process of the job's script: it alone keeps the attempt's folder open."""

        def find() -> int | None:
            return min(_who_has_open(self.rw / "remote" / "requests", request), default=None)

        return int(self.until(find, "the job's script runs"))

    @contextlib.contextmanager
    def push_job(self) -> Iterator[None]:
        """Jenkins brings runs home, too."""
        jobs = jenkins.Jenkins(self.urls["jenkins"])
        jobs.enable_job(PUSH_JOB)
        try:
            yield
        finally:
            jobs.disable_job(PUSH_JOB)

    @contextlib.contextmanager
    def more_boards(self, *names: str) -> Iterator[None]:
        """The lab has more boards, like its first."""
        boards = self.root / "demolab" / "ro" / "boards"
        lab = HubClient(self.urls["hub"], self.tokens["demolab"])
        record = {"facts": {"arch": "x86_64"}, "labels": [], "description": "", "open_to": ["*"], "online": True}
        for name in names:
            (boards / f"{name}.board").write_text((boards / "eins.board").read_text())
        _well(self, "lab", "jobs")
        for name in names:
            lab.put_board("demolab", name, record)
        self.bridge.end()
        self.bridge.start()  # it looks which boards there are
        try:
            yield
        finally:
            for name in names:
                lab.rm_board("demolab", name)
                (boards / f"{name}.board").unlink()
            _well(self, "lab", "jobs")

    def kill_script(self, request: str, *, with_its_group: bool) -> None:
        """KILL it, alone or with all that the build has started in its process group."""
        pid = self.script(request)
        if with_its_group:
            group = os.getpgid(pid)
            assert group not in {os.getpgid(0), os.getpgid(self.jenkins.process.pid)}
            os.killpg(group, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def _who_has_open(folder: Path, request: str) -> list[int]:
    found = []
    for descriptor in Path("/proc").glob("[0-9]*/fd/6"):
        with contextlib.suppress(OSError):
            if str(descriptor.readlink()).startswith(f"{folder.resolve()}/{request}."):
                found.append(int(descriptor.parts[2]))
    return found


@pytest.fixture(scope="module")
def whole_stage(whole_network: Any, until: Callable[..., Any]) -> Iterator[Stage]:
    """Lay the proxies between for this module's tests; afterwards all is as it was."""
    network = whole_network
    network.all_up()
    before = network.lab_conf.read_text()
    proxies = {name: HoldingProxy(network.urls[name]) for name in ("hub", "vision", "jenkins")}
    conf = before
    for name, proxy in proxies.items():
        conf = conf.replace(f"{name}_url={network.urls[name]}\n", f"{name}_url={proxy.url}\n")
    test = network.root / "demolab" / "core" / "tests" / "Functional.holds" / "fuego_test.sh"
    its_text, path = test.read_text(), network.jenkins.environment.get("PATH")
    _shim(network)
    network.jenkins.end()
    network.jenkins.start()
    try:
        test.write_text(FUEGO_TEST)
        network.lab_conf.write_text(conf)
        network.bridge.end()
        network.bridge.start()
        # It would bring runs home while the bridge is dead, and nothing would be seen of what the bridge does.
        jenkins.Jenkins(network.urls["jenkins"]).disable_job(PUSH_JOB)
        yield Stage(network, proxies, until)
    finally:
        network.release()
        network.lab_conf.write_text(before)
        network.jenkins.start()
        jenkins.Jenkins(network.urls["jenkins"]).enable_job(PUSH_JOB)
        test.write_text(its_text)
        network.jenkins.environment.pop("PATH")
        if path is not None:
            network.jenkins.environment["PATH"] = path
        for part in (network.jenkins, network.bridge):
            part.end()
            part.start()
        for proxy in proxies.values():
            proxy.close()


def _shim(network: Any) -> None:
    folder = network.root / "kills-bin"
    folder.mkdir(exist_ok=True)
    (folder / "sync").write_text(SYNC)
    (folder / "sync").chmod(0o755)
    network.jenkins.environment["PATH"] = f"{folder}:{os.environ['PATH']}"


def _well(network: Any, *arguments: str) -> None:
    done = network.ftc(network.lab_conf, *arguments)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def stage(whole_stage: Stage) -> Iterator[Stage]:
    """All up, nothing held, nothing under way; afterwards nothing holds any more."""
    whole_stage.all_up()
    yield whole_stage
    whole_stage.release()
    for name in ("hold-collecting", "collecting"):
        (whole_stage.rw / name).unlink(missing_ok=True)
