"""remote-request.sh and the test's processes: none outlives an abort, a time limit, or its test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Lab

SCRIPT = Path(__file__).parents[2] / "jenkins_jobs" / "shell" / "remote-request.sh"
REQUEST = "20261123-101500123-k3j7x2m4"


STUBBORN = """
leave_run PASS
bash -c 'trap "" TERM; echo $$ >$FUEGO_RW/child; while :; do sleep 0.1; done' &
setsid bash -c 'trap "" TERM; echo $$ >$FUEGO_RW/grandchild; while :; do sleep 0.1; done' &
env -i PATH=$PATH setsid bash -c 'echo $$ >$1/bare; while :; do sleep 0.1; done' - $FUEGO_RW &
"""


def _wait_until_all_run(lab: Lab) -> None:
    lab.wait_for(lambda: all((lab.rw / name).exists() for name in ("child", "grandchild", "bare")))


@pytest.mark.slow
def test_an_abort_ends_the_whole_tree_and_keeps_the_run(lab: Lab) -> None:
    lab.prepare()
    lab.ftc(STUBBORN + "wait")
    process = lab.start()
    _wait_until_all_run(lab)

    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)

    assert time.monotonic() - asked < 15
    assert lab.survivors() == []
    assert lab.outcome()["aborted"] is True
    assert lab.outcome()["outcome"] == "ran"
    assert (lab.workspace / "run" / "run.json").is_file()


@pytest.mark.slow
def test_an_abort_that_hits_every_process_as_jenkins_does_keeps_the_run(lab: Lab) -> None:
    lab.prepare()
    lab.ftc(STUBBORN + "wait")
    process = lab.start()
    _wait_until_all_run(lab)
    for _ in range(3):
        for pid in lab.survivors():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(0.3)
    process.communicate(timeout=90)
    assert lab.survivors() == []
    assert lab.outcome()["aborted"] is True
    assert (lab.entry / "run" / "run.json").is_file()


def test_an_abort_of_a_test_that_left_nothing_could_not_be_run(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("sleep 30")
    process = lab.start()
    lab.wait_for((lab.rw / "seen.environment").exists)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    assert process.returncode == 1
    assert lab.outcome()["reason"] == "aborted"


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005, 0.01, 0.02])
def test_an_abort_while_the_test_starts_leaves_nothing_running(lab: Lab, delay: float) -> None:
    lab.with_waits(term=0)
    lab.prepare()
    lab.ftc("sleep 30")
    process = lab.start()
    lab.wait_for((lab.request / "started").exists)
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    assert process.returncode == 1
    assert lab.outcome()["reason"] == "aborted"
    assert lab.survivors() == []


def test_the_end_of_a_test_is_seen_though_its_word_comes_in_halves() -> None:
    """bash stops reading when its time is over, also in the middle of a line."""
    functions = subprocess.run(
        ["sed", "-n", "/^open_events()/,/^}/p;/^wait_event()/,/^}/p", SCRIPT],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    told = "printf 'end' >&5; wait_event 0.01; printf 'ed 7\\n' >&5; wait_event 10; echo \"status $test_status\""
    done = subprocess.run(
        ["bash", "-c", f"{functions}\nopen_events\n{told}"], check=True, capture_output=True, text=True
    )
    assert done.stdout == "status 7\n"


def test_a_run_is_delivered_even_when_nobody_reads_the_console_any_more(lab: Lab) -> None:
    """A controller that was killed takes the other end of the console with it."""
    lab.prepare()
    lab.ftc("while [[ ! -e $FUEGO_RW/goon ]]; do sleep 0.01; done; echo one; sleep 0.05; echo two; leave_run PASS")
    process = lab.start()
    lab.wait_for((lab.rw / "seen.environment").exists)
    assert process.stdout
    process.stdout.close()
    (lab.rw / "goon").touch()
    assert process.wait(timeout=90) == 0
    assert lab.outcome()["outcome"] == "ran"
    assert (lab.entry / "console.log").read_text() == "one\ntwo\n"


@pytest.mark.slow
def test_the_time_limit_ends_the_whole_tree(lab: Lab) -> None:
    lab.prepare(time_limit=1)
    lab.ftc(STUBBORN.replace("leave_run PASS", "") + "wait")
    status, console = lab.run()
    assert status == 1
    assert lab.outcome()["timed_out"] is True
    assert lab.outcome()["reason"] == "time-limit"
    assert lab.survivors() == []
    assert "the time limit of 1 s is over" in console
    assert "the time limit of 1 s is over" in (lab.entry / "console.log").read_text()


def test_what_a_test_leaves_running_is_ended_with_it(lab: Lab) -> None:
    lab.with_waits(term=0)
    lab.prepare()
    lab.ftc(STUBBORN)
    assert lab.run()[0] == 0
    assert lab.survivors() == []


@pytest.mark.slow
def test_the_board_stays_locked_while_a_process_of_the_test_lives(lab: Lab) -> None:
    """The script itself is killed: nothing ends the test, and the next build must not touch the board."""
    lab.prepare()
    lab.ftc("leave_run PASS; sleep 30")
    process = lab.start()
    lab.wait_for((lab.rw / "seen.environment").exists)
    process.kill()
    process.wait(timeout=90)

    lab.with_waits(lock=1)
    second = lab.request.with_name(f"{REQUEST}.2")
    lab.request.rename(second)
    (second / "started").rmdir()
    status, console = lab.run(ATTEMPT="2")
    assert status == 3
    assert "the board is in use" in console


def test_the_session_is_found_by_the_names_that_processes_give_themselves(lab: Lab) -> None:
    """A process may be called anything: `) R 1 1 1 (` is no way out."""
    lab.with_waits(term=0)
    lab.prepare()
    copy = lab.root / ") R 1 1 1 ("
    copy.symlink_to(Path(os.environ.get("BASH", "/bin/bash")))
    lab.ftc(f"leave_run PASS; env -i PATH=$PATH '{copy}' -c 'while :; do sleep 0.1; done' 9>&- &")
    assert lab.run()[0] == 0
    assert lab.survivors() == []
