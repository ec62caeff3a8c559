"""An attempt's way through the lab, step by step, with what may go wrong at each."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.packages import file_sha256, list_members, pack_run, read_member
from fuego_jenkins_remote.fuego.runs import read_run
from fuego_jenkins_remote.lab.attempts import ending, starting
from fuego_jenkins_remote.lab.attempts.stepping import PATIENCE_FOR_JENKINS, SETTLE, TIME_LIMIT_SLACK
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerTrouble
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)


def test_a_request_goes_all_the_way(bench: Any, run_json: dict[str, Any]) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert bench.hub.words() == ["start", "tested", "done"]
    assert bench.target.got[0].key == f"demolab/{ATTEMPT}"
    assert bench.hub.told[-1] == ("done", "vision", f"http://vision/runs/demolab/{ATTEMPT}")
    assert bench.steps.take(ATTEMPT) is None


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


def test_the_hub_hears_of_an_attempt_while_its_test_is_fetched(bench: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(starting, "FETCH_BEAT", 0.01)
    told = threading.Event()
    bench.hub.heartbeat = lambda *_, **said: told.set()
    monkeypatch.setattr(starting, "fetch_test", lambda *_, **__: None if told.wait(5) else pytest.fail("nothing heard"))
    bench.claim()
    bench.until("trigger")
    assert told.is_set()


def test_a_request_of_another_team_waits_for_the_labs_people(bench: Any) -> None:
    bench.claim(team="annaslab")
    bench.until("closed")
    assert bench.hub.told[0][0] == "give-back"
    assert bench.hub.told[0][2] == "waiting"


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


def test_a_running_test_shows_the_end_of_its_log_without_secrets(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    (bench.folders.request_folder(ATTEMPT) / "console.log").write_text("ping 192.0.2.9\n")
    bench.jenkins.build(building=True)
    bench.steps.take(ATTEMPT)
    assert bench.hub.told[-1] == ("heartbeat", {"log_tail": "ping ***\n"})


def test_a_running_test_is_stopped_when_its_requester_cancels(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.jenkins.build(building=True)
    bench.hub.wants_stop = True
    bench.steps.take(ATTEMPT)
    assert bench.jenkins.stopped[0] == 3
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert bench.hub.told[-1] == ("cancelled", "stopped for its requester")


def test_an_abort_in_jenkins_is_told_with_who_did_it(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.jenkins.console = "...\nAborted by tim\nFinished: ABORTED\n"
    bench.jenkins.build(building=False)
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert bench.hub.told[-1] == ("cancelled", "aborted in Jenkins by tim")


def test_a_test_without_a_run_is_an_error_with_the_end_of_its_console(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(reason="no-run")
    bench.until("closed")
    assert bench.hub.told[-1] == ("error", "no-run", "the end of the console: *** says ü\n")


def test_a_build_that_jenkins_lost_while_its_processes_live_still_brings_its_run(
    bench: Any, run_json: dict[str, Any], tmp_path: Path
) -> None:
    import fcntl

    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
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

    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
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
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    (bench.folders.request_folder(ATTEMPT) / "started").mkdir()
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    assert next(told for told in bench.hub.told if told[0] == "error")[1] == "build-gone"


def test_a_build_that_is_gone_before_it_has_passed_the_gate_never_started(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "never-started")


def test_the_package_holds_no_secret_and_says_whose_it_is(bench: Any, run_json: dict[str, Any]) -> None:
    bench.claim(campaign="c-20261123-101500123-k3j7x2m4")
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)
    bench.until("deliver")
    package = bench.steps.package_path(ATTEMPT)
    assert {member.name for member in list_members(package)} >= {"run/run.json", "run/testlog.txt"}
    assert read_member(package, "run/testlog.txt", 1000) == b"login with ***\n"
    metadata = read_run(read_member(package, "run/run.json", 10000)).metadata
    assert metadata["host_name"] == "demolab"
    assert metadata["request_id"] == ATTEMPT.request
    assert metadata["attempt"] == 1
    assert metadata["campaign"] == "c-20261123-101500123-k3j7x2m4"


def test_the_package_of_whoever_comes_second_takes_nobodys_place(
    bench: Any, run_json: dict[str, Any], monkeypatch: Any
) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)
    bench.until("package")
    ours = [True]

    def pack_after_another(folder: Path, target: Path, **how: Any) -> Any:
        if ours.pop() if ours else False:
            bench.steps.take(ATTEMPT)
            (folder / "testlog.txt").write_text("a process that lives on has printed more\n")
        return pack_run(folder, target, **how)

    monkeypatch.setattr(ending, "pack_run", pack_after_another)
    bench.steps.take(ATTEMPT)
    package = bench.steps.package_path(ATTEMPT)
    assert file_sha256(package) == bench.journal.entry(ATTEMPT).sha256
    assert [path.name for path in package.parent.iterdir()] == [package.name]
    bench.until("closed")
    assert list(package.parent.iterdir()) == []


def test_while_vision_is_away_the_run_waits_and_the_board_is_free(bench: Any, run_json: dict[str, Any]) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)
    bench.target.away = True
    bench.until("deliver")
    assert bench.steps.take(ATTEMPT) > 0
    assert bench.hub.words() == ["start", "tested"]
    assert bench.journal.busy_boards() == set()
    assert bench.journal.deliveries(ATTEMPT)[0].trouble == "vision cannot be reached"
    bench.target.away = False
    bench.until("closed")
    assert bench.hub.words() == ["start", "tested", "done"]


def test_a_bridge_killed_between_delivery_and_done_delivers_once(bench: Any, run_json: dict[str, Any]) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)
    bench.until("deliver")
    bench.journal.delivered(ATTEMPT, "vision", "http://vision/runs/x")
    bench.until("closed")
    assert bench.target.got == []
    assert bench.hub.told[-1] == ("done", "vision", "http://vision/runs/x")


def test_a_run_that_cannot_be_read_is_an_error(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run={"name": "Functional.hello_world", "status": []})
    (bench.folders.outbox_folder(ATTEMPT) / "run" / "run.json").write_text("{no json")
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "bad-run")


def _running(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")


@pytest.mark.parametrize("cut", range(16 * 1024 + 4096 - 12, 16 * 1024 + 4096 + 3))
def test_a_secret_at_the_edge_of_what_is_told_of_a_log_is_not_told_in_part(bench: Any, cut: int) -> None:
    _running(bench)
    log = bench.folders.request_folder(ATTEMPT) / "console.log"
    log.write_text("x" * 9000 + "geheim-3" + "y" * (cut - 9) + "\n")
    bench.jenkins.build(building=True)
    bench.steps.take(ATTEMPT)
    tail = bench.hub.told[-1][1]["log_tail"]
    assert len(tail) >= 16 * 1000
    assert set(tail) == {"y", "\n"}


def test_a_secret_that_is_printed_in_two_parts_is_not_told_in_part(bench: Any) -> None:
    _running(bench)
    log = bench.folders.request_folder(ATTEMPT) / "console.log"
    bench.jenkins.build(building=True)
    log.write_text("password: geheim")
    bench.steps.take(ATTEMPT)
    assert "geh" not in bench.hub.told[-1][1]["log_tail"]
    log.write_text("password: geheim-3\n")
    bench.steps.take(ATTEMPT)
    assert bench.hub.told[-1][1]["log_tail"] == "password: ***\n"


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


def test_a_jenkins_that_stopped_and_took_the_test_along_is_an_error_that_may_be_tried_again(bench: Any) -> None:
    _running(bench)
    bench.jenkins.found = None
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "aborted")


def test_who_aborted_is_waited_for_until_jenkins_has_written_it(bench: Any) -> None:
    _running(bench)
    bench.jenkins.build(building=True)
    bench.job_ends(aborted=True)
    bench.until("read")
    assert bench.steps.take(ATTEMPT) > 0
    assert bench.phase() == "read"
    bench.jenkins.build(building=False)
    bench.jenkins.console = "Aborted by a test that only says so\nAborted by tim\n"
    bench.until("closed")
    assert bench.hub.told[-1] == ("cancelled", "aborted in Jenkins by tim")


def test_a_lab_that_only_polls_notices_a_build_that_is_gone(bench: Any) -> None:
    """Each poll is a process of its own: what it has seen stands in the journal."""
    _running(bench)
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    entry = bench.journal.entry(ATTEMPT)
    assert entry.over_since == bench.now[0]
    bench.jenkins.build(building=True)  # it is there after all
    bench.steps.take(ATTEMPT)
    assert bench.journal.entry(ATTEMPT).over_since == 0


def test_a_run_that_vision_never_takes_is_kept(bench: Any, run_json: dict[str, Any], monkeypatch: Any) -> None:
    from fuego_jenkins_remote.publish.targets import NeverDelivered

    def deliver(run: Any) -> str:
        raise NeverDelivered("another run has this key")

    monkeypatch.setattr(bench.target, "deliver", deliver)
    _running(bench)
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert (bench.lab.packages_dir / "refused" / f"{ATTEMPT}.frp").is_file()
    (delivery,) = bench.journal.deliveries(ATTEMPT)
    assert (delivery.refused, delivery.trouble) == (True, "another run has this key")


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


def test_waiting_runs_are_tried_again_ever_later(bench: Any, run_json: dict[str, Any]) -> None:
    _running(bench)
    bench.job_ends(run=run_json)
    bench.target.away = True
    bench.until("deliver")
    pauses = [bench.steps.take(ATTEMPT) for _ in range(9)]
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600]


def test_an_attempt_that_was_lost_in_the_middle_brings_a_run_with_what_logs_there_are(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    folder = bench.folders.request_folder(ATTEMPT)
    (folder / "started").mkdir()
    (folder / "console.log").write_text("building with geheim-3\n")
    bench.jenkins.found = None
    bench.steps.take(ATTEMPT)
    bench.now[0] += SETTLE + 1
    bench.until("deliver")
    package = bench.steps.package_path(ATTEMPT)
    run = read_run(read_member(package, "run/run.json", 10000))
    assert run.status == "ERROR"
    assert "Jenkins has lost the build" in run.text("reason")
    assert read_member(package, "run/consolelog.txt", 1000) == b"building with ***\n"
    bench.until("closed")
    assert bench.hub.words() == ["start", "error"]
    assert bench.target.got[0].key == f"demolab/{ATTEMPT}"


def test_a_run_that_vision_refuses_ends_the_request_with_the_reason(bench: Any, run_json: dict[str, Any]) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)
    bench.target.refusal = "another run has this key"
    bench.until("closed")
    assert bench.hub.told[-1] == ("done", "vision", "", "vision does not have the run: another run has this key")
    assert list((bench.lab.packages_dir / "refused").iterdir())


def test_what_killed_steps_have_left_is_swept_away_when_it_is_old(bench: Any) -> None:
    lab = bench.steps.lab
    lab.packages_dir.mkdir(parents=True, exist_ok=True)
    old, new = lab.state_dir / "prepare-old", lab.packages_dir / ".package-new"
    for folder, age in ((old, 1000), (new, 3000)):
        folder.mkdir()
        (folder / "file").touch()
        os.utime(folder, (age, age))
    bench.steps.sweep(kept_since=0, used_since=2000)
    assert not old.exists()
    assert new.exists()


def test_a_script_that_could_not_tell_its_outcome_is_heard_in_jenkins(bench: Any) -> None:
    bench.claim()
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    (bench.folders.request_folder(ATTEMPT) / "started").mkdir()
    bench.jenkins.build(building=False)
    said = "remote-request: cannot write the outcome: is the disk full?\nremote-request: this is a.1: hello on bbb\n"
    bench.jenkins.console = f"{said}Finished: FAILURE\n"
    bench.steps.take(ATTEMPT)
    bench.now[0] += SETTLE + 1
    bench.until("closed")
    error = next(told for told in bench.hub.told if told[0] == "error")
    assert error[1] == "script"
    assert bench.journal.entry(ATTEMPT).detail == "cannot write the outcome: is the disk full?"
