"""A hub in the wrong hands: what it says reaches no path, no job and no file of the lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.reading import read
from fuego_jenkins_remote.client.values import Attempt, Claims
from fuego_jenkins_remote.lab.attempts.journal import Phase

REQUEST = {"id": "20261123-101500123-k3j7x2m4", "state": "assigned", "selector": "*:bbb", "test": "Functional.hello"}
ATTEMPT = {"request": REQUEST, "number": 1, "board": "bbb", "lease_seconds": 60}


@pytest.mark.parametrize(
    "more",
    [
        {"request": {**REQUEST, "id": "../../../../tmp/x"}},
        {"request": {**REQUEST, "id": "20261123-101500123-k3j7x2m4/../../x"}},
        {"request": {**REQUEST, "id": ""}},
        {"request": {**REQUEST, "state": "owned"}},
        {"number": "1/../2"},
        {"number": -1},
        {"number": 1000},
        {"number": None},
    ],
)
def test_an_attempt_whose_name_would_be_another_path_is_not_understood(more: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Attempt.from_json({**ATTEMPT, **more})


def test_cancels_that_name_no_attempt_are_not_understood() -> None:
    with pytest.raises(ValueError, match="no attempt"):
        Claims.from_json({"attempts": [], "cancels": ["../x"]})


@pytest.mark.parametrize("board", ["../../bbb", "/etc/passwd", "", "-x", "bbb\n"])
def test_a_board_that_is_none_goes_back(bench: Any, board: str) -> None:
    attempt = Attempt.from_json({**ATTEMPT, "board": board})
    bench.journal.begin_claim("claim-0001", [board])
    bench.journal.end_claim("claim-0001", (attempt,), 1000.0)
    bench.until("closed")
    assert bench.hub.words() == ["give-back"]
    assert bench.jenkins.triggered == 0
    assert bench.folders.request_folders() == []


def test_a_cancel_of_what_is_not_ours_stops_nothing(bench: Any) -> None:
    attempt = Attempt.from_json(ATTEMPT)
    bench.steps.stop(attempt.id)
    assert bench.jenkins.stopped == []
    assert bench.journal.open_entries() == []


@pytest.mark.parametrize("more", [{"git": {"url": "git://x/y\0z", "ref": "a", "path": ""}}, {"package": "../../x"}])
def test_a_source_that_is_none_is_the_requests_error(bench: Any, more: dict[str, Any], lab: Any) -> None:
    (lab.conf_dir / "lab-policy.yaml").write_text('rules: [{source: [git, package], git: ["git://x/"], do: run}]\n')

    def get_package(sha256: str, destination: Path, *, limit: int) -> None:
        destination.write_bytes(b"x")

    bench.hub.get_package = get_package
    bench.claim(**more)
    bench.until("closed")
    assert bench.hub.told[0][:2] == ("error", "could-not-prepare")


def test_a_time_limit_beyond_the_labs_is_refused_whatever_the_hub_says(bench: Any) -> None:
    bench.claim(timeout=10**9)
    bench.until("closed")
    assert bench.hub.told[0][2] == "rejected"


def test_the_phase_is_the_labs_own_matter(bench: Any) -> None:
    bench.claim(state="done")
    assert bench.phase() == str(Phase.DECIDE)


@pytest.mark.parametrize("asked", [["ccc"], []])
def test_an_attempt_on_a_board_that_was_not_claimed_for_is_none_of_ours(bench: Any, asked: list[str]) -> None:
    bench.journal.begin_claim("claim-0001", asked)
    bench.journal.end_claim("claim-0001", (Attempt.from_json(ATTEMPT),), 1000.0)
    assert bench.journal.open_entries() == []


def test_a_claim_wins_a_board_once(bench: Any) -> None:
    first = Attempt.from_json(ATTEMPT)
    second = Attempt.from_json({**ATTEMPT, "request": {**REQUEST, "id": "20261123-101500123-k3j7x2m5"}})
    bench.journal.begin_claim("claim-0001", ["bbb", "ccc"])
    bench.journal.end_claim("claim-0001", (first, second), 1000.0)
    assert [entry.id for entry in bench.journal.open_entries()] == [first.id]


def test_a_claim_that_was_answered_before_wins_nothing_more(bench: Any) -> None:
    bench.journal.begin_claim("claim-0001", ["bbb"])
    bench.journal.end_claim("claim-0001", (), 1000.0)
    bench.journal.end_claim("claim-0001", (Attempt.from_json(ATTEMPT),), 1000.0)
    assert bench.journal.open_entries() == []


def test_text_that_is_none_is_kept_as_it_came(bench: Any) -> None:
    attempt = Attempt.from_json({**ATTEMPT, "request": {**REQUEST, "notes": "\ud800"}})
    bench.journal.begin_claim("claim-0001", ["bbb"])
    bench.journal.end_claim("claim-0001", (attempt,), 1000.0)
    assert [entry.request.notes for entry in bench.journal.open_entries()] == ["\ud800"]


def test_a_time_limit_without_end_is_not_understood() -> None:
    with pytest.raises(ClientError, match="not understood"):
        read(HubClient("http://127.0.0.1:1", "").api, Claims, {"attempts": [_endless()], "cancels": []})


def _endless() -> dict[str, Any]:
    return {**ATTEMPT, "request": {**REQUEST, "timeout": float("inf")}}
