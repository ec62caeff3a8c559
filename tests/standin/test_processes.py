"""Time limits, TERM, and what is left of a test's processes: nothing."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from child_process import is_alive
from fuego_jenkins_remote.fuego.runs import read_run
from until import until

if TYPE_CHECKING:
    from tests.standin.conftest import Lab

# A child in its group, one in a session of its own, one of which nobody is the parent, one that ignores TERM.
SPREADS = """
test_run() {
    report "
        exec 3>&1 > /dev/null 2>&1
        sleep 60 3>&- & echo \\$! >> $LOGDIR/pids
        setsid sleep 60 3>&- & echo \\$! >> $LOGDIR/pids
        (setsid sh -c 'echo \\$\\$ >> $LOGDIR/pids; exec sleep 60' 3>&- &)
        sh -c 'trap \\"\\" TERM; echo \\$\\$ >> $LOGDIR/pids; while :; do sleep 0.05; done' 3>&- &
        while [ \\$(wc -l < $LOGDIR/pids) -lt 4 ]; do sleep 0.01; done
        echo spread >&3
        %s
    "
}
"""

CALL = """
import sys
from pathlib import Path
from fuego_jenkins_remote.standin.options import RunTestOptions
from fuego_jenkins_remote.standin.run_test import run_test
sys.exit(run_test(RunTestOptions(board="here", test="x", timeout=60)))
"""


def alive(folder: Path) -> list[int]:
    pids = [int(pid) for pid in (folder / "pids").read_text().split()]
    assert len(pids) == 4
    return [pid for pid in pids if is_alive(pid)]


def start(lab: Lab, **more: object) -> subprocess.Popen[bytes]:
    environ = {
        "PATH": os.environ["PATH"],
        "FUEGO_RO": str(lab.places.fuego_ro),
        "FUEGO_RW": str(lab.places.fuego_rw),
        "FUEGO_CORE": str(lab.places.fuego_core),
    }
    return subprocess.Popen([sys.executable, "-c", CALL], env=environ, stdout=subprocess.PIPE, **more)  # type: ignore[call-overload,no-any-return]


def wait_for(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdout is not None
    for read in process.stdout:
        if read.strip() == line:
            return
    pytest.fail("the test never said so")


@pytest.mark.slow
def test_the_time_limit_ends_the_whole_tree(lab: Lab) -> None:
    lab.add_test("Functional.x", SPREADS % "wait")
    started = time.monotonic()
    ran = lab.run("x", timeout=3)
    assert time.monotonic() - started < 20
    assert (ran.exit_status, ran.run.status) == (124, "ERROR")
    assert ran.reason == "the time limit of 3s was over in the phase run"
    assert alive(ran.folder) == []
    assert ran.text("testlog.txt") == "spread\n"
    assert not list(lab.board_folder.iterdir())


@pytest.mark.slow
def test_nothing_stays_behind_a_test_that_ends_well(lab: Lab) -> None:
    lab.add_test("Functional.x", SPREADS % "exit 0")
    ran = lab.run("x", timeout=60)
    assert (ran.exit_status, ran.run.status) == (0, "PASS")
    assert alive(ran.folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_tree_quickly_and_leaves_a_run(lab: Lab, number: signal.Signals) -> None:
    lab.add_test("Functional.x", SPREADS % "wait")
    process = start(lab)
    wait_for(process, b"spread")
    sent = time.monotonic()
    process.send_signal(number)
    assert process.wait(90) == 128 + number
    assert time.monotonic() - sent < 15
    (folder,) = lab.places.fuego_rw.glob("logs/Functional.x/*")
    run = read_run(folder / "run.json")
    assert (run.status, run.text("reason")) == ("ERROR", f"stopped by {number.name} in the phase run")
    assert alive(folder) == []
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.slow
def test_a_test_goes_on_when_nobody_reads_its_output(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_run() { report "echo first; sleep 0.3; seq 20000"; }')
    process = start(lab)
    wait_for(process, b"first")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(90) == 0
    (folder,) = lab.places.fuego_rw.glob("logs/Functional.x/*")
    assert len((folder / "consolelog.txt").read_text().splitlines()) > 20000


@pytest.mark.slow
def test_the_callers_lock_is_held_as_long_as_a_process_of_the_test_lives(lab: Lab, tmp_path: Path) -> None:
    # A lab's job opens the board's lock and starts ftc: when ftc alone is killed, the board must stay locked.
    lab.add_test("Functional.x", 'test_run() { report "echo \\$\\$ > $LOGDIR/pids; echo started; exec sleep 60"; }')
    lock = (tmp_path / "lock").open("w")
    os.set_inheritable(lock.fileno(), True)
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = start(lab, close_fds=False)
    lock.close()
    wait_for(process, b"started")
    process.kill()
    process.wait(90)
    (folder,) = lab.places.fuego_rw.glob("logs/Functional.x/*")
    with (tmp_path / "lock").open("w") as again:
        with pytest.raises(BlockingIOError):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
        group = os.getpgid(int((folder / "pids").read_text()))
        assert os.getsid(group) == os.getsid(0), "it must stay in the session that the job's script ends"
        os.killpg(group, signal.SIGKILL)
        until(lambda: _is_free(again), "the lock is free")
    assert process.stdout is not None
    process.stdout.close()


def _is_free(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@pytest.mark.slow
def test_a_first_phase_is_reached_quickly(lab: Lab) -> None:
    lab.add_test("Functional.x", "test_run() { :; }")
    times: list[float] = []
    while len(times) < 20 and not (times and min(times) < 1):
        started = time.monotonic()
        process = start(lab)
        wait_for(process, b"##### doing fuego phase: pre_test ########")
        times.append(time.monotonic() - started)
        process.communicate()
    assert min(times) < 1  # 0.08 s on an idle machine; the limit is for a busy one


def test_nothing_slow_is_imported_before_a_test_starts() -> None:
    lines = "import sys, fuego_jenkins_remote.standin.run_test\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout.split()
    slow = {"requests", "rich", "pydantic", "yaml", "click", "asyncio", "tarfile", "fuego_jenkins_remote.fuego.runs"}
    assert slow.isdisjoint(loaded)
