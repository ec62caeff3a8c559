"""The job's script and Jenkins' plugins: the cases that it waits for, the line that says what it is."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Lab

REQUEST = "20261123-101500123-k3j7x2m4"


def is_free(lab: Lab) -> bool:
    """Whether nobody holds the board's lock."""
    with (lab.dir / "locks" / "bbb.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def abort(process: subprocess.Popen[str]) -> None:
    """As Jenkins does: TERM, and again while the build goes on."""
    end = time.monotonic() + 90
    while process.poll() is None:
        assert time.monotonic() < end, "it waits on"
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)


def test_it_says_what_it_is_for_the_plugin_description_setter(lab: Lab) -> None:
    lab.prepare()
    _, console = lab.run()
    assert f"remote-request: this is {REQUEST}.1: Functional.hello on bbb\n" in console


def test_cases_that_the_bridge_makes_are_in_the_workspace(lab: Lab) -> None:
    lab.prepare()
    process = lab.start(FUEGO_REMOTE_JUNIT="60")
    lab.wait_for(lab.entry.exists)
    assert (lab.request / "junit.ask").is_file()
    (lab.request / "made").write_text("<testsuites/>\n")
    (lab.request / "made").rename(lab.request / "junit.xml")
    process.communicate(timeout=90)
    assert process.returncode == 0
    assert (lab.workspace / "run" / "junit.xml").read_text() == "<testsuites/>\n"


def test_a_bridge_that_has_cleared_up_is_not_waited_for(lab: Lab) -> None:
    lab.prepare()
    process = lab.start(FUEGO_REMOTE_JUNIT="30")
    lab.wait_for(lab.entry.exists)
    lab.request.rename(lab.root / "cleared")
    process.communicate(timeout=90)
    assert process.returncode == 0
    assert not (lab.workspace / "run" / "junit.xml").exists()


@pytest.mark.slow
def test_where_no_bridge_is_the_build_goes_on_without_cases(lab: Lab) -> None:
    lab.prepare()
    status, _ = lab.run(FUEGO_REMOTE_JUNIT="1")
    assert status == 0
    assert not (lab.workspace / "run" / "junit.xml").exists()


@pytest.mark.parametrize("value", ["0", "", "x", "a[$(id)]", "-1"])
def test_without_the_plugin_nothing_is_asked_for(lab: Lab, value: str) -> None:
    lab.prepare()
    status, console = lab.run(FUEGO_REMOTE_JUNIT=value)
    assert status == 0
    assert "uid=" not in console
    assert not (lab.request / "junit.ask").exists()


def test_a_build_that_is_stopped_waits_for_nothing(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("leave_run PASS; : >$FUEGO_RW/there; sleep 60")
    process = lab.start(FUEGO_REMOTE_JUNIT="30")
    lab.wait_for((lab.rw / "there").exists)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    assert time.monotonic() - began < 20
    assert not (lab.request / "junit.ask").exists()


def test_a_board_is_free_while_its_build_waits_for_cases(lab: Lab, tmp_path: Path) -> None:
    lab.prepare()
    process = lab.start(FUEGO_REMOTE_JUNIT="30")
    lab.wait_for(lab.entry.exists)
    lab.wait_for(lambda: is_free(lab))
    assert process.poll() is None
    lab.request.rename(tmp_path / "cleared")
    process.communicate(timeout=90)


def test_an_abort_while_cases_are_waited_for_ends_the_wait_and_changes_no_outcome(lab: Lab) -> None:
    lab.prepare()
    process = lab.start(FUEGO_REMOTE_JUNIT="30")
    lab.wait_for(lab.entry.exists)
    before = (lab.entry / "outcome.json").read_text()
    abort(process)
    assert (lab.entry / "outcome.json").read_text() == before
    assert json.loads(before)["outcome"] == "ran"
    assert json.loads(before)["aborted"] is False


def test_a_script_that_is_killed_while_it_waits_for_cases_has_delivered_and_frees_the_board(lab: Lab) -> None:
    lab.prepare()
    process = lab.start(FUEGO_REMOTE_JUNIT="30")
    lab.wait_for(lab.entry.exists)
    process.kill()
    process.communicate(timeout=90)
    assert {path.name for path in lab.entry.iterdir()} == {"console.log", "outcome.json", "run"}
    assert is_free(lab)
