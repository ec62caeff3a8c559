"""The steps before the test: policy, request folder, trigger, gate, and what may go wrong at each."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from fuego_jenkins_remote.client.values import Board
from fuego_jenkins_remote.lab.attempts import starting
from fuego_jenkins_remote.lab.attempts.stepping import PATIENCE_FOR_JENKINS, SETTLE
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerTrouble
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)


def test_the_job_gets_its_arguments_as_a_list_and_nothing_else(bench: Any) -> None:
    bench.claim(variables={"LOOPS": "3 mal", "NAME": "Größe"}, options={"rebuild": True}, phases="br")
    bench.until("trigger")
    arguments = (bench.folders.request_folder(ATTEMPT) / "args").read_bytes().decode().split("\0")
    assert arguments == [
        *("run-test", "-b", "bbb", "-t", "Functional.hello_world", "-s", "default", "--timeout", "60s"),
        *("-p", "br", "--rebuild", "true", "--dynamic-vars", "LOOPS=3 mal,NAME=Größe", ""),
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        {"test": "Functional.x; reboot"},
        {"spec": "$(id)"},
        {"variables": {"A": "`id`"}},
        {"variables": {"PATH=x": "y"}},
        {"phases": "-x"},
    ],
)
def test_what_a_hub_in_the_wrong_hands_sends_reaches_no_job(bench: Any, hostile: dict[str, Any]) -> None:
    bench.claim(**hostile)
    bench.until("closed")
    assert bench.hub.words() == ["error"]
    assert bench.hub.told[0][1] == "could-not-prepare"
    assert bench.jenkins.triggered == 0


def install(lab: Any, test_yaml: str) -> None:
    folder = lab.fuego_core / "tests" / "Functional.hello_world"
    folder.mkdir(parents=True)
    (folder / "test.yaml").write_text(test_yaml)


@pytest.mark.parametrize(
    ("test_yaml", "said"),
    [
        ("version: 1.9", "version 1.10 of Functional.hello_world is asked for, and 1.9 is installed here"),
        ("license: MIT", "the one installed here does not say its version"),
        ("- 1", "it has no test.yaml of it that can be read"),
    ],
)
def test_a_test_that_is_too_old_is_refused_so_that_another_lab_may_have_it(
    bench: Any, lab: Any, test_yaml: str, said: str
) -> None:
    install(lab, test_yaml)
    bench.claim(min_version="1.10")
    bench.until("closed")
    assert (bench.hub.told[0][0], bench.hub.told[0][2]) == ("give-back", "rejected")
    assert said in bench.hub.told[0][1]
    assert str(lab.fuego_core) not in bench.hub.told[0][1]


def test_a_test_that_is_new_enough_runs(bench: Any, lab: Any) -> None:
    install(lab, "version: 1.10")
    bench.claim(min_version="1.9")
    bench.until("trigger")


def test_what_an_installed_test_needs_is_asked_of_its_board(bench: Any, lab: Any) -> None:
    install(lab, "needs: [label=usb-gadget, arch=arm]")
    bench.hub.board = lambda host, name: Board.from_json({"host": host, "name": name, "facts": {"arch": "arm"}})
    bench.claim()
    bench.until("closed")
    assert bench.hub.told[0][:3] == (
        "error",
        "pre-check",
        "it needs label=usb-gadget: it has no label usb-gadget",
    )
    assert bench.jenkins.triggered == 0


def test_a_board_that_has_what_the_test_needs_gets_it(bench: Any, lab: Any) -> None:
    install(lab, "needs: [label=usb-gadget]")
    bench.hub.board = lambda host, name: Board.from_json({"host": host, "name": name, "labels": ["usb-gadget"]})
    bench.claim()
    bench.until("trigger")


def test_the_hub_hears_of_an_attempt_while_its_test_is_fetched(bench: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(starting, "FETCH_BEAT", 0.01)
    told = threading.Event()
    bench.hub.heartbeat = lambda *_, **said: told.set()
    monkeypatch.setattr(
        starting, "fetch_test", lambda *_, **__: None if told.wait(30) else pytest.fail("nothing heard")
    )
    bench.claim()
    bench.until("trigger")
    assert told.is_set()


def test_a_request_of_another_team_waits_for_the_labs_people(bench: Any) -> None:
    bench.claim(team="annaslab")
    bench.until("closed")
    assert bench.hub.told[0][0] == "give-back"
    assert bench.hub.told[0][2] == "requested"


def test_what_the_policy_refuses_is_given_back_as_rejected(bench: Any, lab: Any) -> None:
    (lab.conf_dir / "lab-policy.yaml").write_text("default: refuse\nrules: []\n")
    bench.claim()
    bench.until("closed")
    assert bench.hub.told[0][2] == "rejected"


def test_a_policy_with_a_mistake_opens_no_lab(bench: Any, lab: Any) -> None:
    (lab.conf_dir / "lab-policy.yaml").write_text("defualt: run\n")
    bench.claim()
    bench.until("closed")
    assert bench.hub.told[0][0] == "give-back"
    assert "lab-policy.yaml: the policy: unknown key 'defualt'" in bench.hub.told[0][1]
    assert str(lab.conf_dir) not in bench.hub.told[0][1]


def test_a_board_file_that_cannot_be_read_is_given_back_without_the_labs_folders(bench: Any, lab: Any) -> None:
    bench.claim()
    (lab.fuego_ro / "boards" / "bbb.board").write_text("#" * 2**22)
    bench.until("closed")
    assert bench.hub.told[0][:2] == ("give-back", "the file of board bbb cannot be read")


def test_a_bridge_killed_after_the_trigger_does_not_trigger_again(bench: Any) -> None:
    bench.claim()
    bench.until("trigger")
    # Jenkins was called, the process died before it could write that down.
    bench.journal.note(ATTEMPT, "trigger", called=1)
    bench.jenkins.build(building=True)
    bench.until("gate")
    assert bench.jenkins.triggered == 0


def test_a_bridge_killed_before_the_trigger_triggers(bench: Any) -> None:
    bench.claim()
    bench.until("trigger")
    bench.journal.note(ATTEMPT, "trigger", called=1)
    bench.until("gate")
    assert bench.jenkins.triggered == 1


def test_while_jenkins_is_down_the_lab_keeps_the_request_for_a_while(bench: Any) -> None:
    bench.claim()
    bench.until("trigger")
    bench.jenkins.trouble = ControllerDown("Jenkins at x does not answer")
    assert bench.steps.take(ATTEMPT) > 0
    assert bench.hub.told[-1] == ("heartbeat", {"queue_why": "Jenkins at x does not answer"})
    bench.now[0] += PATIENCE_FOR_JENKINS + 1
    bench.until("closed")
    assert bench.hub.words() == ["give-back"]


def test_a_job_that_jenkins_does_not_have_gives_the_request_back(bench: Any) -> None:
    bench.claim()
    bench.until("trigger")
    bench.jenkins.trouble = ControllerTrouble("Jenkins at x answered 404")
    bench.until("closed")
    assert bench.hub.told[-1] == ("give-back", "Jenkins at x answered 404", None)


def test_the_requester_sees_what_the_job_waits_for(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.steps.take(ATTEMPT)
    assert bench.hub.told[-1][1]["queue_why"] == "waits for demolab:bbb"


def test_the_gate_says_go_once_even_when_the_answer_was_lost(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.hub.start(ATTEMPT, "0123456789abcdef", "", "")  # asked by the bridge that was killed
    bench.until("run")
    assert bench.gate_answer() == "0123456789abcdef go"


def test_a_second_build_gets_no(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.hub.started_by = "another-builds-nonce"
    bench.job_asks()
    bench.until("closed")
    assert bench.gate_answer().startswith("0123456789abcdef no another build has started it")


def test_a_cancelled_request_is_taken_out_of_the_queue(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.hub.over = True
    bench.until("closed")
    assert bench.jenkins.cancelled == [7]


def test_a_job_that_left_without_touching_the_board_gives_the_request_back(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    (bench.folders.request_folder(ATTEMPT) / "refused").write_text("the board is in use\n")
    bench.until("closed")
    assert bench.hub.told[-1] == ("give-back", "the board is in use", None)


def test_an_item_that_vanished_from_the_queue_is_triggered_again(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    assert bench.phase() == "gate"
    bench.now[0] += SETTLE + 1
    bench.steps.take(ATTEMPT)
    bench.until("gate")
    assert bench.jenkins.triggered == 2


def test_an_item_that_a_person_took_out_of_the_queue_gives_the_request_back(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.jenkins.found = None
    bench.jenkins.taken_out = [7]
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    assert bench.hub.told[-1] == ("give-back", "taken out of the queue in Jenkins", None)
    assert bench.jenkins.triggered == 1


def test_a_build_that_ended_before_the_gate_is_an_error_with_its_console(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.jenkins.build(building=False)
    bench.jenkins.console = "No such file; password geheim-3\n"
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    assert bench.hub.told[-1] == ("error", "never-started", "No such file; password ***\n")


def test_a_refusal_after_a_hub_that_did_not_answer_gives_the_request_back(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.journal.note(ATTEMPT, "gate", nonce="0123456789abcdef")  # asked for a start, no answer came
    (bench.folders.request_folder(ATTEMPT) / "refused").write_text("nobody said go within 60 s\n")
    bench.until("closed")
    assert bench.hub.told[-1] == ("give-back", "nobody said go within 60 s", None)


def test_a_refusal_after_a_start_that_the_hub_did_get_is_an_error(bench: Any, monkeypatch: Any) -> None:
    from fuego_jenkins_remote.client.errors import Conflict

    def give_back(*said: Any) -> None:
        raise Conflict("the attempt is running, not assigned", status=409)

    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.journal.note(ATTEMPT, "gate", nonce="0123456789abcdef")
    (bench.folders.request_folder(ATTEMPT) / "refused").write_text("nobody said go within 60 s\n")
    monkeypatch.setattr(bench.hub, "give_back", give_back)
    bench.until("closed")
    assert bench.hub.told[-1] == ("error", "never-started", "nobody said go within 60 s")


def test_the_hub_gets_one_printable_line_whatever_jenkins_says(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.jenkins.found = bench.jenkins.found.__class__(
        id=7, job="x", why="\x1b[31mno\nnode " + "x" * 2000, attempt=ATTEMPT
    )
    bench.steps.take(ATTEMPT)
    why = bench.hub.told[-1][1]["queue_why"]
    assert why.startswith("waits for demolab:bbb:  [31mno node x")
    assert why.isprintable()
    assert len(why) <= 1000


def test_a_board_file_that_cannot_be_read_gives_the_request_back(bench: Any, lab: Any) -> None:
    (lab.fuego_ro / "boards" / "bbb.board").write_bytes(b"x" * 10**6)
    bench.claim()
    bench.until("closed")
    assert bench.hub.words() == ["give-back"]
