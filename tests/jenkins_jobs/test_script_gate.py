"""remote-request.sh before the test: the board's lock, and the gate."""

from __future__ import annotations

import fcntl
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Lab

SCRIPT = Path(__file__).parents[2] / "jenkins_jobs" / "shell" / "remote-request.sh"
REQUEST = "20261123-101500123-k3j7x2m4"


def test_the_gate_is_asked_with_a_nonce_and_answered_with_go(lab: Lab) -> None:
    lab.prepare(go=False)
    process = lab.start()
    lab.wait_for((lab.request / "gate.ask").exists)
    nonce, number, url = (lab.request / "gate.ask").read_text().split()
    assert (number, url) == ("7", lab.environment["BUILD_URL"])
    assert len(nonce) == 32
    assert not (lab.request / "started").exists()
    lab.answer(f"{nonce} go")
    process.communicate(timeout=90)
    assert process.returncode == 0
    assert (lab.request / "started").is_dir()


def test_a_no_at_the_gate_leaves_the_board_alone(lab: Lab) -> None:
    lab.prepare(go=False)
    process = lab.start()
    lab.wait_for((lab.request / "gate.ask").exists)
    nonce = (lab.request / "gate.ask").read_text().split()[0]
    lab.answer(f"{nonce} no the request was cancelled\x1b[2J")
    console, _ = process.communicate(timeout=90)
    assert process.returncode == 3
    assert (lab.request / "refused").read_text() == "the request was cancelled [2J\n"
    assert "\x1b" not in console
    assert not (lab.request / "started").exists()
    assert not (lab.rw / "seen.args").exists()


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["0123456789abcdef0123456789abcdef go", "go", "* go", "* go x[$(id)]"])
def test_an_answer_to_somebody_else_is_no_answer(lab: Lab, answer: str) -> None:
    lab.with_waits(gate=1)
    lab.prepare(go=False)
    lab.answer(answer)
    status, console = lab.run()
    assert status == 3
    assert not (lab.rw / "seen.args").exists()
    assert "uid=" not in console


@pytest.mark.slow
def test_without_an_answer_the_board_is_left_alone(lab: Lab) -> None:
    lab.with_waits(gate=1)
    lab.prepare(go=False)
    status, console = lab.run()
    assert status == 3
    assert "nobody said go within 1 s" in console
    assert (lab.request / "refused").read_text().startswith("nobody said go")


def test_a_go_that_was_left_runs_out(lab: Lab) -> None:
    lab.prepare(go=False)
    lab.answer("* go 1700000000")
    status, console = lab.run()
    assert status == 3
    assert "has run out" in console


def test_a_build_that_is_stopped_at_the_gate_leaves_the_board_alone(lab: Lab) -> None:
    lab.prepare(go=False)
    process = lab.start()
    lab.wait_for((lab.request / "gate.ask").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    assert process.returncode == 3
    assert (lab.request / "refused").read_text() == "the build was stopped before the test began\n"


@pytest.mark.slow
def test_a_board_whose_lock_is_held_is_left_alone(lab: Lab) -> None:
    lab.with_waits(lock=1)
    lab.prepare()
    (lab.dir / "locks").mkdir()
    with (lab.dir / "locks" / "bbb.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        status, console = lab.run()
    assert status == 3
    assert "the board is in use" in console
    assert (lab.request / "refused").exists()


def test_a_build_that_waits_for_the_board_goes_on_when_it_is_free(lab: Lab) -> None:
    lab.prepare()
    (lab.dir / "locks").mkdir()
    with (lab.dir / "locks" / "bbb.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = lab.start()
        time.sleep(0.2)
        assert not (lab.request / "gate.ask").exists()
    process.communicate(timeout=90)
    assert process.returncode == 0


def test_of_two_builds_for_one_attempt_one_runs(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("echo x >>$FUEGO_RW/count; sleep 0.3; leave_run PASS")
    builds = [lab.start(), lab.start()]
    for build in builds:
        build.communicate(timeout=90)
    assert sorted(build.returncode for build in builds) == [0, 3]
    assert (lab.rw / "count").read_text() == "x\n"
    assert not (lab.request / "refused").exists()


def test_an_attempt_that_has_run_does_not_run_again(lab: Lab) -> None:
    lab.prepare()
    assert lab.run()[0] == 0
    before = (lab.entry / "outcome.json").read_text()
    status, console = lab.run()
    assert status == 3
    assert "another build has run" in console
    assert (lab.entry / "outcome.json").read_text() == before


def test_the_tests_processes_inherit_the_boards_lock_and_nothing_else(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("for n in /proc/$$/fd/*; do echo ${n##*/}; done; leave_run PASS")
    console = lab.run()[1]
    numbers = {int(line) for line in console.splitlines() if line.isdigit()}
    assert 9 in numbers
    assert not numbers & {5, 6, 7, 8}
