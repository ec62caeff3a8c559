"""scripts/poll.sh: get-request, run-request, put-run, again and again, whatever goes wrong in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "poll.sh"

# Records its words; ends as `answers` says, a line a call: STATUS [OUTPUT]. When they are used up, it waits.
FAKE = """\
#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$*" >> calls
answer=$(sed -n "$(wc -l < calls)p" answers)
[ -n "$answer" ] || exec sleep 30
set -- $answer
[ -z "$2" ] || echo "$2"
exit "$1"
"""


@pytest.fixture
def poll(tmp_path: Path) -> Callable[..., list[str]]:
    """Run the script with an ftc that answers so; gives the calls it made."""

    def run(*answers: str) -> list[str]:
        fake, calls = tmp_path / "ftc", tmp_path / "calls"
        fake.write_text(FAKE)
        fake.chmod(0o755)
        (tmp_path / "answers").write_text("".join(f"{line}\n" for line in answers))
        env = {"PATH": os.environ["PATH"], "FUEGO_FTC": str(fake), "FUEGO_POLL_PAUSE": "0"}
        process = subprocess.Popen([SCRIPT], env=env, start_new_session=True, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 90
            while not calls.exists() or len(calls.read_text().splitlines()) <= len(answers):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return calls.read_text().splitlines()

    return run


def test_a_request_is_taken_run_and_delivered_then_the_next(poll) -> None:
    assert poll("0 r1", "0", "0", "0 r2", "0", "0") == [
        "get-request -q --wait",
        "run-request r1",
        "put-run r1",
        "get-request -q --wait",
        "run-request r2",
        "put-run r2",
        "get-request -q --wait",
    ]


def test_when_nothing_answers_it_goes_on_after_a_pause(poll) -> None:
    assert poll("1", "0", "0 r1") == ["get-request -q --wait", "push-runs", "get-request -q --wait", "run-request r1"]


def test_what_could_not_be_run_is_not_delivered(poll) -> None:
    assert poll("0 r1", "1", "0") == ["get-request -q --wait", "run-request r1", "push-runs", "get-request -q --wait"]


def test_what_could_not_be_delivered_is_tried_again_later(poll) -> None:
    calls = poll("0 r1", "0", "1", "0")
    assert calls[2:] == ["put-run r1", "push-runs", "get-request -q --wait"]


def test_shellcheck_is_content() -> None:
    subprocess.run([Path(sys.executable).with_name("shellcheck"), SCRIPT], check=True, timeout=200)


@pytest.mark.slow
def test_with_a_real_network(ftc, network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = tmp_path / "ftc"
    from .conftest import FTC

    wrapper.write_text(f"#!/bin/sh\nexec {FTC[0]} -c '{FTC[2]}' \"$@\"\n")
    wrapper.chmod(0o755)
    network.as_lab(monkeypatch)
    for name in ftc("list-boards", "-r", "-q").out.split():
        # What earlier tests have left for these would come first.
        ftc("rm-board", "-b", name.removeprefix("demolab:"))
    assert ftc("put-board", "-b", "other").status == 0
    network.as_user(monkeypatch)
    request = ftc("put-request", "-q", "-b", "demolab:other", "-t", "Functional.hello").out.strip()
    network.as_lab(monkeypatch)
    monkeypatch.setenv("FUEGO_FTC", str(wrapper))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([SCRIPT], start_new_session=True, stdout=log, stderr=log)
    try:
        network.as_user(monkeypatch)
        followed = ftc("query-request", "--follow", "--wait-limit", "150s", "-q", request)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    assert (followed.status, followed.out) == (0, "done\n"), (tmp_path / "log").read_text()
