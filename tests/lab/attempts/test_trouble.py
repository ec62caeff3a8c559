"""What an attempt in trouble tells the hub, and that its board goes into care by the same stroke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.runs import Json
from fuego_jenkins_remote.lab.attempts.journal import Phase

ATTEMPT_KEY = "demolab/20261123-101500123-k3j7x2m4.1"


def _ends(bench: Any, *, console: str = "", run: Mapping[str, Json] | None = None, **outcome: Any) -> None:
    """The attempt has run, and its script has left this."""
    attempt = bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    (bench.folders.request_folder(attempt) / "started").mkdir()
    bench.job_ends(run=run, **outcome)
    if console:
        (bench.folders.outbox_folder(attempt) / "console.log").write_text(console, encoding="utf-8")
    bench.until("read")


def _read(bench: Any) -> None:
    """The outcome is looked at, and told."""
    attempt = bench.journal.open_entries()[0].id
    while (entry := bench.journal.entry(attempt)) and entry.phase in {Phase.READ, Phase.FAIL, Phase.CANCEL}:
        bench.steps.take(attempt)


def _error(run_json: Mapping[str, Json]) -> dict[str, Json]:
    return {**run_json, "status": "ERROR"}


def test_a_run_that_never_reached_the_board_is_an_error_and_is_delivered(bench: Any, run_json: Any) -> None:
    line = "ssh: connect to host 192.0.2.9 port 22: No route to host"
    _ends(bench, run=_error(run_json), exit_status=3, console=f"##### doing fuego phase: pre_test ########\n{line}\n")
    _read(bench)
    assert bench.hub.told[-1] == ("error", "board-unreachable", line.replace("192.0.2.9", "***"))
    bench.until("closed")
    assert [run.key for run in bench.target.got] == [ATTEMPT_KEY]
    assert "done" not in bench.hub.words()


def test_a_missing_compiler_is_an_error_without_a_check_of_the_board(bench: Any) -> None:
    line = "/bin/sh: 1: arm-linux-gnueabihf-gcc: not found"
    _ends(bench, reason="no-run", console=f"##### doing fuego phase: build ########\n{line}\n")
    _read(bench)
    assert bench.hub.told[-1] == ("error", "toolchain-missing", line)
    assert bench.steps.care.boards() == set()


def test_a_failed_test_is_a_result_whatever_it_prints(bench: Any, run_json: Any) -> None:
    console = "##### doing fuego phase: run ########\nssh: connect to host b port 22: No route to host\n"
    _ends(bench, run={**run_json, "status": "FAIL"}, exit_status=1, console=console)
    _read(bench)
    assert bench.hub.told[-1] == ("tested", "FAIL", ATTEMPT_KEY)
    assert bench.steps.care.boards() == set()


def test_an_error_that_nothing_explains_stays_a_run(bench: Any, run_json: Any) -> None:
    _ends(bench, run=_error(run_json), exit_status=3)
    _read(bench)
    assert bench.hub.told[-1] == ("tested", "ERROR", ATTEMPT_KEY)
    assert bench.steps.care.boards() == set()


@pytest.mark.parametrize("outcome", [{"timed_out": True}, {"exit_status": 124}])
def test_a_test_that_ran_into_its_time_limit_has_its_board_checked(bench: Any, run_json: Any, outcome: Any) -> None:
    _ends(bench, run=_error(run_json), **outcome)
    _read(bench)
    assert bench.hub.told[-1] == ("tested", "ERROR", ATTEMPT_KEY)
    assert bench.steps.care.boards() == {"bbb"}


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ({"reason": "no-run"}, "error"),
        ({"reason": "time-limit", "timed_out": True}, "error"),
        ({"reason": "script"}, "error"),
        ({"reason": "aborted", "aborted": True}, "error"),
    ],
)
def test_trouble_has_the_board_checked_and_names_itself(bench: Any, outcome: Any, told: str) -> None:
    _ends(bench, **outcome)
    _read(bench)
    assert bench.hub.told[-1][:2] == (told, outcome["reason"])
    entry = bench.steps.care.entry("bbb")
    assert entry is not None
    assert entry.step == "due"
    assert "20261123-101500123-k3j7x2m4.1" in entry.why


def test_a_test_that_was_stopped_for_its_requester_has_its_board_checked(bench: Any) -> None:
    bench.hub.wants_stop = True
    _ends(bench, reason="aborted", aborted=True)
    bench.journal.note(bench.journal.open_entries()[0].id, Phase.READ, stopping=1)
    _read(bench)
    assert bench.hub.told[-1][0] == "cancelled"
    assert bench.steps.care.boards() == {"bbb"}


def test_the_board_is_never_free_between_its_trouble_and_its_check(bench: Any) -> None:
    """From the gate to the check somebody holds it in every state that the journal was ever in."""
    _ends(bench, reason="no-run")
    attempt = bench.journal.open_entries()[0].id
    while bench.phase() != "closed":
        assert "bbb" in bench.steps.taken_boards()
        bench.steps.take(attempt)


def test_a_board_whose_attempt_the_hub_has_given_up_is_checked_all_the_same(bench: Any, run_json: Any) -> None:
    _ends(bench, run=_error(run_json), timed_out=True)
    bench.hub.over = True
    _read(bench)
    assert bench.phase() == "closed"
    assert bench.steps.care.boards() == {"bbb"}
