"""scripts/lab-loop.sh with a bridge that ends at once, and one that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

LOOP = Path(__file__).parents[2] / "scripts" / "lab-loop.sh"


def _loop(tmp_path: Path, bridge: str) -> subprocess.Popen[str]:
    ftc = tmp_path / "ftc"
    ftc.write_text(f"#!/bin/sh\necho called $*\n{bridge}\n")
    ftc.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "FUEGO_FTC": str(ftc), "FUEGO_LOOP_LOCK": str(tmp_path / "lock")}
    return subprocess.Popen(
        ["sh", str(LOOP), "--host-name", "x"], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.slow
def test_it_says_why_the_bridge_is_started_again_and_ends_on_term(tmp_path: Path) -> None:
    with _loop(tmp_path, "exit 7") as loop:
        assert _line(loop) == "called lab serve --host-name x\n"
        assert _line(loop) == "lab-loop: ftc lab serve ended with 7; it is started again in 5 s\n"
        loop.terminate()
        assert loop.wait(90) == 0


@pytest.mark.slow
def test_term_ends_the_bridge_too_and_a_second_loop_leaves(tmp_path: Path) -> None:
    with _loop(tmp_path, "echo $$\nexec sleep 60") as loop:
        assert _line(loop).startswith("called")
        bridge = int(_line(loop))
        with _loop(tmp_path, "true") as second:
            assert "another one runs" in _line(second)
            assert second.wait(90) == 1
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(90) == 0
    end = time.monotonic() + 90
    while Path(f"/proc/{bridge}").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
