"""A folder on SQLite is served by one process; who is killed leaves nothing behind that keeps the next one out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuego_jenkins_remote.service.alone import alone
from fuego_jenkins_remote.service.ready import CannotServe

HOLD = """
import sys, time
from pathlib import Path
from fuego_jenkins_remote.service.alone import alone
with alone(Path(sys.argv[1]), "hub"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(CannotServe, match="another ftc hub serve works with this folder")
    with alone(tmp_path, "hub"), refused, alone(tmp_path, "hub", patience=0):
        pass


def test_after_one_has_ended_the_next_may(tmp_path: Path) -> None:
    for _ in range(2):
        with alone(tmp_path, "vision", patience=0):
            pass


@pytest.mark.slow
def test_after_a_kill_the_next_may_at_once(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.kill()
        with alone(tmp_path, "hub"):
            pass
