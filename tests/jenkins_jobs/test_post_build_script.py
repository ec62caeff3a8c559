"""shell/remote-request-post-build.sh: keeps the node while the board is in use, and never for ever."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "jenkins_jobs" / "shell" / "remote-request-post-build.sh"


def _run(lab_dir: Path, board: str = "bbb", script: Path = SCRIPT) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "FUEGO_LAB_DIR": str(lab_dir), "FUEGO_REMOTE_BOARD": board}
    return subprocess.Popen(["bash", script], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """The board's lock, which nobody holds."""
    (tmp_path / "locks").mkdir()
    file = tmp_path / "locks" / "bbb.lock"
    file.touch()
    return file


def test_it_ends_at_once_when_the_board_is_free(lock: Path, tmp_path: Path) -> None:
    assert _run(tmp_path).communicate(timeout=90) == ("", None)


def test_it_waits_until_the_last_one_has_left_the_board(lock: Path, tmp_path: Path) -> None:
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = _run(tmp_path)
        time.sleep(0.3)
        assert process.poll() is None
    assert process.communicate(timeout=90) == ("", None)


def test_it_gives_up_on_a_board_that_stays_in_use_and_says_so(lock: Path, tmp_path: Path) -> None:
    impatient = tmp_path / "script.sh"
    impatient.write_text(SCRIPT.read_text().replace("WAIT_SECONDS=60", "WAIT_SECONDS=0.1"))
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = _run(tmp_path, script=impatient)
        assert "the board is still in use" in process.communicate(timeout=90)[0]
    assert process.returncode == 0


def test_it_opens_nothing_but_a_plain_file(lock: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    lock.unlink()
    lock.symlink_to(tmp_path / "pipe")
    os.mkfifo(tmp_path / "locks" / "rpi.lock")
    for board in ("bbb", "rpi", "nobody"):
        assert _run(tmp_path, board).communicate(timeout=90) == ("", None)
