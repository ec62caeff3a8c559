"""What the build of an attempt is called on its way, and the cases that its job waits for."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from fuego_jenkins_remote.lab.attempts.labels import Told
from fuego_jenkins_remote.lab.attempts.naming import Naming
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)


class Labels:
    """Keeps what is to be told."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def say(self, attempt: AttemptId, told: Told) -> None:
        assert attempt == ATTEMPT
        self.told.append(told)


@pytest.fixture
def labels(bench: Any) -> Labels:
    made = Labels()
    bench.steps.naming = Naming(made, lab=bench.lab, journal=bench.journal, hub_url="https://hub")  # type: ignore[arg-type]
    return made


def run_to(bench: Any, phase: str = "run", **more: Any) -> None:
    bench.claim(**more)
    bench.until("gate")
    bench.job_asks()
    bench.until(phase)


def test_a_build_is_named_when_it_runs_when_it_is_over_and_when_its_run_is_there(
    bench: Any, labels: Labels, run_json: dict[str, Any]
) -> None:
    run_to(bench)
    bench.job_ends(run=run_json)
    bench.until("closed")
    names = [told.label.display_name(told.number) for told in labels.told]
    head = "#3 Functional.hello_world on bbb: "
    assert names == [f"{head}running", f"{head}PASS", f"{head}PASS"]
    assert {(told.job, told.number) for told in labels.told} == {("remote-request-bbb", "3")}
    assert labels.told[-1].label.description(html=False).splitlines() == [
        f"request: {ATTEMPT.request} https://hub/requests/{ATTEMPT.request}",
        "Functional.hello_world on demolab:bbb",
        "asked for by: anna (demolab)",
        "status: PASS",
        f"run: demolab/{ATTEMPT} http://vision/runs/demolab/{ATTEMPT}",
    ]


def test_one_that_could_not_be_run_says_why_to_the_end(bench: Any, labels: Labels) -> None:
    run_to(bench)
    bench.folders.request_folder(ATTEMPT).joinpath("started").mkdir()
    bench.job_ends(reason="no-run")
    bench.until("closed")
    why = "could not be run: the test ended without a run.json; see the end of its console"
    assert [line.text for line in labels.told[-1].label.lines if line.what == "status"] == [why]


def test_one_that_was_stopped_says_so(bench: Any, labels: Labels) -> None:
    run_to(bench)
    bench.hub.wants_stop = True
    bench.steps.take(ATTEMPT)
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert labels.told[-1].label.name.endswith("stopped for its requester")


def test_a_requesters_text_is_no_markup(bench: Any, labels: Labels) -> None:
    run_to(bench, requester="<script>alert(1)</script><b>")
    shown = labels.told[-1].label.description(html=True)
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert "<b>" not in shown


def test_a_mistake_in_naming_holds_no_attempt_up(bench: Any, run_json: dict[str, Any]) -> None:
    bench.steps.naming = Naming(None, lab=bench.lab, journal=bench.journal, hub_url="")  # type: ignore[arg-type]
    run_to(bench)
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert bench.hub.words() == ["start", "tested", "done"]


# ---- cases


def test_a_job_that_waits_for_cases_gets_them_before_the_hub_is_told(bench: Any, run_json: dict[str, Any]) -> None:
    run_to(bench)
    folder = bench.folders.request_folder(ATTEMPT)
    (folder / "junit.ask").touch()
    bench.hub.over = False
    bench.job_ends(run=run_json)
    bench.until("package")
    case = ET.parse(folder / "junit.xml").find(".//testcase")
    assert case is not None
    assert (case.get("classname"), case.get("name")) == ("Functional.hello_world.default", "hello")


def test_a_job_that_does_not_wait_gets_none(bench: Any, run_json: dict[str, Any]) -> None:
    run_to(bench)
    bench.job_ends(run=run_json)
    bench.until("package")
    assert not (bench.folders.request_folder(ATTEMPT) / "junit.xml").exists()


def test_cases_that_cannot_be_left_hold_nothing_up(bench: Any, run_json: dict[str, Any]) -> None:
    run_to(bench)
    folder = bench.folders.request_folder(ATTEMPT)
    (folder / "junit.ask").touch()
    (folder / "junit.xml").mkdir()
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert bench.hub.words() == ["start", "tested", "done"]


def test_cases_are_written_through_no_link(bench: Any, run_json: dict[str, Any], tmp_path: Any) -> None:
    run_to(bench)
    folder = bench.folders.request_folder(ATTEMPT)
    private = tmp_path / "private"
    private.write_text("mine")
    for name in ("junit.xml", ".junit.xml.tmp"):
        (folder / name).symlink_to(private)
    (folder / "junit.ask").touch()
    bench.job_ends(run=json.loads(json.dumps(run_json)))
    bench.until("package")
    assert private.read_text() == "mine"
