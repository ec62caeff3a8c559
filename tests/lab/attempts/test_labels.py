"""Telling Jenkins what builds are, beside the work and never in its way."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.lab.attempts.labels import BuildLabels, Told, label_of
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerRefused
from fuego_jenkins_remote.lab.jenkins.build_labels import BuildLabel, Line
from fuego_jenkins_remote.network.identities import AttemptId

ONE = AttemptId("20261123-101500123-k3j7x2m4", 1)
TWO = AttemptId("20261123-101500123-k3j7x2m5", 1)


class Jenkins:
    """Keeps what it is told; `act` runs before each call."""

    def __init__(self, act: Callable[[], None] = lambda: None, *, html: bool = False) -> None:
        self.told: list[tuple[str, str, str, str]] = []
        self.asked = 0
        self.act = act
        self.html = html

    def shows_html(self) -> bool:
        self.asked += 1
        return self.html

    def label_build(self, job: str, number: str, name: str, description: str) -> None:
        self.act()
        self.told.append((job, number, name, description))


def told(word: str) -> Told:
    return Told(job="remote-request-bbb", number="7", label=BuildLabel(name=word, lines=(Line(text="<b>"),)))


def labels(jenkins: Jenkins, settle: float = 0.0) -> BuildLabels:
    return BuildLabels(lambda: jenkins, settle=settle)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(("html", "shown"), [(True, "&lt;b&gt;"), (False, "‹b›")])
def test_a_build_gets_name_and_description(html: bool, shown: str) -> None:
    jenkins = Jenkins(html=html)
    one = labels(jenkins)
    one.say(ONE, told("running"))
    assert one.finish(30)
    assert jenkins.told == [("remote-request-bbb", "7", "#7 running", shown)]


def test_of_several_words_in_short_time_the_last_is_told_in_one_call() -> None:
    jenkins = Jenkins()
    one = labels(jenkins, settle=60)
    for word in ("running", "tested", "PASS"):
        one.say(ONE, told(word))
    one.say(TWO, told("running"))
    assert one.finish(30)
    assert [name for _, _, name, _ in jenkins.told] == ["#7 PASS", "#7 running"]
    assert jenkins.asked == 1


def test_nobody_waits_for_a_jenkins_that_hangs() -> None:
    go = threading.Event()
    one = labels(Jenkins(lambda: go.wait(30) and None))
    one.say(ONE, told("running"))
    one.say(TWO, told("running"))
    assert not one.finish(0.1)
    go.set()
    assert one.finish(30)


@pytest.mark.parametrize("trouble", [ControllerRefused("no"), RuntimeError("a mistake of ours")])
def test_what_jenkins_does_not_take_is_let_go(trouble: Exception) -> None:
    troubles = [trouble]

    def act() -> None:
        if troubles:
            raise troubles.pop()

    jenkins = Jenkins(act)
    one = labels(jenkins)
    one.say(ONE, told("running"))
    assert one.finish(30)
    one.say(ONE, told("PASS"))
    assert one.finish(30)
    assert [name for _, _, name, _ in jenkins.told] == ["#7 PASS"]


def test_while_jenkins_is_down_a_word_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.lab.attempts.labels.WHILE_DOWN", 0.01)
    troubles = [ControllerDown("away"), ControllerDown("away")]

    def act() -> None:
        if troubles:
            raise troubles.pop()

    jenkins = Jenkins(act)
    one = labels(jenkins)
    one.say(ONE, told("PASS"))
    assert one.finish(30)
    assert len(jenkins.told) == 1


def test_a_label_says_request_test_board_requester_and_status_with_links() -> None:
    request = Request.from_json(
        {
            "id": ONE.request,
            "state": "done",
            "selector": "type=bbb",
            "test": "Functional.usb",
            "spec": "fast",
            "requester": "ann",
            "team": "kernel",
            "run_key": f"lab/{ONE}",
        }
    )
    label = label_of(request, place="lab:bbb", how="PASS", hub_url="https://hub/", run_url="https://v/runs/1")
    assert label.name == "Functional.usb on bbb: PASS"
    assert label.description(html=False).splitlines() == [
        f"request: {ONE.request} https://hub/requests/{ONE.request}",
        "Functional.usb (fast) on lab:bbb",
        "asked for by: ann (kernel)",
        "status: PASS",
        f"run: lab/{ONE} https://v/runs/1",
    ]


def test_a_label_that_is_never_said_anew_does_not_call_the_build_after_a_state_that_passes() -> None:
    request = Request.from_json(
        {
            "id": ONE.request,
            "state": "running",
            "selector": "x:y",
            "test": "Functional.usb",
            "spec": "default",
            "requester": "ann",
        }
    )
    label = label_of(request, place="lab:bbb", how="running", moves_on=True)
    assert label.name == "Functional.usb on bbb"
    assert "status at this build's end: running" in label.description(html=False)
