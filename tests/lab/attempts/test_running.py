"""The step while a test runs: what is told of it, the wish to stop it, and what tells that it is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.lab.attempts.stepping import SETTLE, TIME_LIMIT_SLACK
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)


def test_a_running_test_shows_the_end_of_its_log_without_secrets(bench: Any) -> None:
    bench.running()
    (bench.folders.request_folder(ATTEMPT) / "console.log").write_text("ping 192.0.2.9\n")
    bench.jenkins.build(building=True)
    bench.steps.take(ATTEMPT)
    assert bench.hub.told[-1] == ("heartbeat", {"log_tail": "ping ***\n"})


def test_a_running_test_is_stopped_when_its_requester_cancels(bench: Any) -> None:
    bench.running()
    bench.jenkins.build(building=True)
    bench.hub.wants_stop = True
    bench.steps.take(ATTEMPT)
    assert bench.jenkins.stopped[0] == 3
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert bench.hub.told[-1] == ("cancelled", "stopped for its requester")


def test_a_build_that_jenkins_lost_while_its_processes_live_still_brings_its_run(
    bench: Any, run_json: dict[str, Any], tmp_path: Path
) -> None:
    import fcntl

    bench.running()
    bench.jenkins.found = None
    with (bench.folders.locks / "bbb.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for _ in range(5):
            bench.now[0] += 60
            bench.steps.take(ATTEMPT)
        assert bench.phase() == "run"
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert bench.hub.words() == ["start", "tested", "done"]


def test_processes_without_a_build_that_go_on_beyond_the_time_limit_end_the_request(bench: Any) -> None:
    import fcntl

    bench.running()
    bench.jenkins.found = None
    with (bench.folders.locks / "bbb.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bench.now[0] += bench.steps.journal.entry(ATTEMPT).request.timeout + TIME_LIMIT_SLACK
        bench.steps.take(ATTEMPT)
        assert bench.phase() == "run"
        bench.now[0] += 3600
        bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "build-gone")


def test_a_build_that_is_gone_with_its_processes_is_an_error(bench: Any) -> None:
    bench.running()
    (bench.folders.request_folder(ATTEMPT) / "started").mkdir()
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    assert next(told for told in bench.hub.told if told[0] == "error")[1] == "build-gone"


def test_a_build_that_is_gone_before_it_has_passed_the_gate_never_started(bench: Any) -> None:
    bench.running()
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "never-started")


@pytest.mark.parametrize("cut", range(16 * 1024 + 4096 - 12, 16 * 1024 + 4096 + 3))
def test_a_secret_at_the_edge_of_what_is_told_of_a_log_is_not_told_in_part(bench: Any, cut: int) -> None:
    bench.running()
    log = bench.folders.request_folder(ATTEMPT) / "console.log"
    log.write_text("x" * 9000 + "geheim-3" + "y" * (cut - 9) + "\n")
    bench.jenkins.build(building=True)
    bench.steps.take(ATTEMPT)
    tail = bench.hub.told[-1][1]["log_tail"]
    assert len(tail) >= 16 * 1000
    assert set(tail) == {"y", "\n"}


def test_a_secret_that_is_printed_in_two_parts_is_not_told_in_part(bench: Any) -> None:
    bench.running()
    log = bench.folders.request_folder(ATTEMPT) / "console.log"
    bench.jenkins.build(building=True)
    log.write_text("password: geheim")
    bench.steps.take(ATTEMPT)
    assert "geh" not in bench.hub.told[-1][1]["log_tail"]
    log.write_text("password: geheim-3\n")
    bench.steps.take(ATTEMPT)
    assert bench.hub.told[-1][1]["log_tail"] == "password: ***\n"


def test_a_lab_that_only_polls_notices_a_build_that_is_gone(bench: Any) -> None:
    """Each poll is a process of its own: what it has seen stands in the journal."""
    bench.running()
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    entry = bench.journal.entry(ATTEMPT)
    assert entry.over_since == bench.now[0]
    bench.jenkins.build(building=True)  # it is there after all
    bench.steps.take(ATTEMPT)
    assert bench.journal.entry(ATTEMPT).over_since == 0
