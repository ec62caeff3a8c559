"""A board is checked after trouble: a well one goes on, a sick one is out of the network until it passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State
from loopback import BOARD_CHECK

pytestmark = pytest.mark.slow

JOB = "remote-request-eins"
LOCAL_JOB = """<project><assignedNode>eins</assignedNode><canRoam>false</canRoam><quietPeriod>0</quietPeriod>
<builders><hudson.tasks.Shell><command>while [ -e "{hold}" ]; do sleep 0.1; done</command></hudson.tasks.Shell>
</builders><publishers/></project>"""


@pytest.fixture(scope="module")
def checked(whole_network: Any) -> Iterator[Path]:
    """The lab has Fuego's test of a board; the file is a line longer after each check."""
    test = whole_network.root / "demolab/core/tests/Functional.fuego_board_check"
    test.mkdir()
    (test / "fuego_test.sh").write_text(BOARD_CHECK)
    (test / "spec.json").write_text('{"testName": "Functional.fuego_board_check", "specs": {"default": {}}}')
    # What tests before these have left to be checked is, before checks are counted.
    whole_network.well("lab", "check-board", "-b", "eins")
    yield whole_network.rw / "checked"
    for file in test.iterdir():
        file.unlink()
    test.rmdir()


@pytest.fixture
def sick(network: Any) -> Iterator[Path]:
    """The board fails its check while this file is there; afterwards it is well, in the network's eyes too."""
    file = network.rw / "sick"
    file.touch()
    yield file
    file.unlink(missing_ok=True)
    network.well("lab", "check-board", "-b", "eins", "--now-well")


def _count(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


def _abort(network: Any, request: str) -> None:
    """A person stops the build in Jenkins."""
    build = next(one for one in network.controller.builds(JOB) if one.attempt and one.attempt.request == request)
    assert isinstance(build, Build)
    network.controller.stop_build(JOB, build.number)


def _health(network: Any) -> str:
    return str(network.anna.board("demolab", "eins").health)


def test_after_an_abort_the_board_is_checked_and_the_next_request_runs(network: Any, checked: Path) -> None:
    before = _count(checked)
    request = network.running()
    waiting = network.put()
    _abort(network, request)
    network.comes_to(request, State.CANCELLED, State.ERROR)
    network.release()
    network.comes_to(waiting, State.DONE)
    assert _count(checked) == before + 1
    assert network.begun(waiting) == 1


def test_the_network_knows_nothing_of_a_check(network: Any, checked: Path) -> None:
    attempts = checked.read_text().split()
    assert attempts
    known = {request.id for request in network.anna.requests(limit=50)[0]}
    assert not {attempt.partition(".")[0] for attempt in attempts} & known
    for attempt in attempts:
        assert not list(network.rw.glob(f"remote/*/{attempt}"))
        assert not network.runs_of(attempt.partition(".")[0])


def test_a_board_that_fails_is_out_with_a_notice_until_it_passes(
    network: Any, checked: Path, sick: Path, until: Any
) -> None:
    network.mails.clear()
    request = network.running()
    _abort(network, request)
    until(lambda: _health(network) == "broken", "the board is broken")
    assert "Functional.fuego_board_check: FAIL" in network.anna.board("demolab", "eins").health_reason
    mail = until(
        lambda: next((one for one in network.mails if "broken" in f"{one['Subject']}{one.get_content()}"), None),
        "a mail",
    )
    assert mail["To"] == "boards@demolab.example"
    network.release()
    waiting = network.put()
    failed = network.ftc(network.lab_conf, "lab", "check-board", "-b", "eins")
    assert failed.returncode == 1
    assert "eins is out of the network: Functional.fuego_board_check: FAIL" in failed.stderr
    assert network.anna.request(waiting).state is State.PENDING
    sick.unlink()
    assert "eins is well" in network.well("lab", "check-board", "-b", "eins")
    network.comes_to(waiting, State.DONE)
    assert _health(network) == "online"


def test_a_bridge_killed_while_the_check_runs_goes_on_with_it(network: Any, checked: Path, until: Any) -> None:
    test = network.root / "demolab/core/tests/Functional.fuego_board_check/fuego_test.sh"
    test.write_text(BOARD_CHECK.replace('report "', 'report "sleep 2; '))
    try:
        before = _count(checked)
        request = network.running()
        _abort(network, request)
        until(lambda: _count(checked) > before, "the check has begun")
        network.bridge.kill()
        network.release()
        network.bridge.start()
        network.comes_to(network.put(), State.DONE)
        assert _count(checked) == before + 1
    finally:
        test.write_text(BOARD_CHECK)


def test_a_request_that_was_called_off_leaves_a_checked_board(network: Any, checked: Path) -> None:
    before = _count(checked)
    request = network.running()
    network.anna.cancel(request, new_call_id(), "")
    network.comes_to(request, State.CANCELLED)
    network.release()
    network.comes_to(network.put(), State.DONE)
    assert _count(checked) == before + 1


def test_a_lab_without_a_bridge_checks_by_its_passes(network: Any, checked: Path, until: Any) -> None:
    network.bridge.end()
    before = _count(checked)
    network.hold()
    request = network.put()
    network.well("lab", "poll")
    until(lambda: network.begun(request), "the test has begun")
    _abort(network, request)
    network.release()
    until(lambda: list(network.outbox.glob(f"{request}.*")), "the script has left its outcome")
    waiting = network.put()

    def done() -> bool:
        network.well("lab", "poll")
        return network.anna.request(waiting).state is State.DONE

    until(done, "the next request is done", 90)
    assert _count(checked) == before + 1


@pytest.mark.parametrize("when", ["before it begins", "in Jenkins' queue", "while the command runs"])
def test_a_bridge_killed_at_any_point_of_a_check_brings_the_board_back(
    network: Any, checked: Path, until: Any, when: str
) -> None:
    """Whatever was cut off: nothing is claimed before the check has been passed, and then the next request runs."""
    conf, command = network.lab_conf.parent / "boards.yaml", network.rw / "check-board"
    before, runs = _count(checked), network.rw / "commands"
    if when == "while the command runs":
        hold = network.rw / "hold"  # as long as the test would have gone on
        command.write_text(f'#!/bin/bash\necho run >>"{runs}"\nwhile [ -e "{hold}" ]; do sleep 0.05; done\n')
        command.chmod(0o755)
        conf.write_text(f"boards: {{eins: {{check: {{command: [{command}]}}}}}}\n")
    try:
        request = network.running()
        if when == "before it begins":
            network.bridge.kill()
            _abort(network, request)
            until(lambda: list(network.outbox.glob(f"{request}.*")), "the script has left its outcome")
        elif when == "in Jenkins' queue":
            network.controller.create_job("in-the-way", LOCAL_JOB.format(hold=network.rw / "hold"))
            network.controller._server.build_job("in-the-way")
            _abort(network, request)
            until(lambda: [one for one in network.controller.queue() if one.job == JOB], "the check waits")
            network.bridge.kill()
        else:
            _abort(network, request)
            until(lambda: _count(runs), "the command has begun")
            network.bridge.kill()
        network.release()
        waiting = network.put()
        network.bridge.start()
        network.comes_to(waiting, State.DONE)
        if when == "while the command runs":
            assert _count(runs) == 2  # one that was cut off, one that ended
        else:
            assert _count(checked) == before + 1
    finally:
        conf.unlink(missing_ok=True)
        network.controller.delete_job("in-the-way")
