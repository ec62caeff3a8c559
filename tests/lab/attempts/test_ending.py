"""The steps after the test: what came of it, its package, its deliveries, and the ways to end without a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fuego_jenkins_remote.fuego.packages import file_sha256, list_members, pack_run, read_member
from fuego_jenkins_remote.fuego.runs import read_run
from fuego_jenkins_remote.lab.attempts import ending, starting
from fuego_jenkins_remote.lab.attempts.sources import Fetched
from fuego_jenkins_remote.lab.attempts.stepping import SETTLE
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.publish.targets import NotDelivered

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)


def test_an_abort_in_jenkins_is_told_with_who_did_it(bench: Any) -> None:
    bench.running()
    bench.jenkins.console = "...\nAborted by tim\nFinished: ABORTED\n"
    bench.jenkins.build(building=False)
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert bench.hub.told[-1] == ("cancelled", "aborted in Jenkins by tim")


def test_a_test_without_a_run_is_an_error_with_the_end_of_its_console(bench: Any) -> None:
    bench.running()
    bench.job_ends(reason="no-run")
    bench.until("closed")
    assert bench.hub.told[-1] == ("error", "no-run", "the end of the console: *** says ü\n")


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
    bench.running()
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
    bench.running()
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
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("deliver")
    bench.journal.delivered(ATTEMPT, "vision", "http://vision/runs/x")
    bench.until("closed")
    assert bench.target.got == []
    assert bench.hub.told[-1] == ("done", "vision", "http://vision/runs/x")


def test_a_run_that_cannot_be_read_is_an_error(bench: Any) -> None:
    bench.running()
    bench.job_ends(run={"name": "Functional.hello_world", "status": []})
    (bench.folders.outbox_folder(ATTEMPT) / "run" / "run.json").write_text("{no json")
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "bad-run")


def test_a_jenkins_that_stopped_and_took_the_test_along_is_an_error_that_may_be_tried_again(bench: Any) -> None:
    bench.running()
    bench.jenkins.found = None
    bench.job_ends(aborted=True)
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("error", "aborted")


def test_who_aborted_is_waited_for_until_jenkins_has_written_it(bench: Any) -> None:
    bench.running()
    bench.jenkins.build(building=True)
    bench.job_ends(aborted=True)
    bench.until("read")
    assert bench.steps.take(ATTEMPT) > 0
    assert bench.phase() == "read"
    bench.jenkins.build(building=False)
    bench.jenkins.console = "Aborted by a test that only says so\nAborted by tim\n"
    bench.until("closed")
    assert bench.hub.told[-1] == ("cancelled", "aborted in Jenkins by tim")


def test_a_run_that_vision_never_takes_is_kept(bench: Any, run_json: dict[str, Any], monkeypatch: Any) -> None:
    from fuego_jenkins_remote.publish.targets import NeverDelivered

    def deliver(run: Any) -> str:
        raise NeverDelivered("another run has this key")

    monkeypatch.setattr(bench.target, "deliver", deliver)
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert (bench.lab.packages_dir / "refused" / f"{ATTEMPT}.frp").is_file()
    (delivery,) = bench.journal.deliveries(ATTEMPT)
    assert (delivery.refused, delivery.trouble) == (True, "another run has this key")


def test_waiting_runs_are_tried_again_ever_later(bench: Any, run_json: dict[str, Any]) -> None:
    bench.running()
    bench.job_ends(run=run_json)
    bench.target.away = True
    bench.until("deliver")
    pauses = [bench.steps.take(ATTEMPT) for _ in range(9)]
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600]


def test_an_attempt_that_was_lost_in_the_middle_brings_a_run_with_what_logs_there_are(bench: Any) -> None:
    bench.running()
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
    bench.running()
    bench.job_ends(run=run_json)
    bench.target.refusal = "another run has this key"
    bench.until("closed")
    assert bench.hub.told[-1] == ("done", "vision", "", "vision does not have the run: another run has this key")
    assert list((bench.lab.packages_dir / "refused").iterdir())


def test_a_script_that_could_not_tell_its_outcome_is_heard_in_jenkins(bench: Any) -> None:
    bench.running()
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


def test_a_target_that_is_away_holds_up_no_other(bench: Any, run_json: dict[str, Any]) -> None:
    squad = _with_squad(bench)
    bench.target.away = True
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("deliver")
    bench.steps.take(ATTEMPT)
    assert [run.key for run in squad.got] == [f"demolab/{ATTEMPT}"]
    bench.target.away = False
    bench.until("closed")
    assert len(squad.got) == len(bench.target.got) == 1
    assert bench.hub.told[-1][:2] == ("done", "vision")


def test_the_first_targets_word_makes_a_request_done_while_others_wait(bench: Any, run_json: dict[str, Any]) -> None:
    _with_squad(bench).away = True
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("deliver")
    bench.steps.take(ATTEMPT)
    assert bench.hub.words() == ["start", "tested", "done"]
    assert bench.journal.entry(ATTEMPT).phase == "deliver"


def test_a_receipt_of_a_target_comes_back_with_the_next_try(
    bench: Any, run_json: dict[str, Any], monkeypatch: Any
) -> None:
    receipts = []

    def deliver(run: Any) -> str:
        receipts.append(run.receipt)
        if len(receipts) == 1:
            raise NotDelivered("not processed yet", receipt="submission-7")
        if len(receipts) == 2:
            raise NotDelivered("nothing answers there")
        return ""

    monkeypatch.setattr(bench.target, "deliver", deliver)
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert receipts == ["", "submission-7", "submission-7"]


def test_a_target_that_the_lab_has_no_more_keeps_the_run_waiting(bench: Any, run_json: dict[str, Any]) -> None:
    _with_squad(bench)
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("deliver")
    del bench.steps.targets["squad"]
    bench.steps.take(ATTEMPT)
    waiting = [one for one in bench.journal.deliveries(ATTEMPT) if not one.delivered]
    assert [(one.target, "ftc outbox drop" in one.trouble) for one in waiting] == [("squad", True)]


def test_a_run_of_a_test_from_git_says_which_commit_it_was(
    bench: Any, run_json: dict[str, Any], monkeypatch: Any, tmp_path: Path
) -> None:
    url, commit = "https://git.example.org/tests.git", "c0ffee" * 6 + "c0ff"
    policy = f"rules: [{{source: [git], git: ['{url}'], do: run}}]\n"
    (bench.lab.conf_dir / "lab-policy.yaml").write_text(policy)
    test = tmp_path / "Functional.hello_world"
    test.mkdir()
    monkeypatch.setattr(starting, "fetch_test", lambda *_, **__: Fetched(folder=test, commit=commit))
    bench.running(git={"url": url, "ref": "main", "path": "hello"})
    bench.job_ends(run=run_json)
    bench.until("deliver")
    run = read_run(read_member(bench.steps.package_path(ATTEMPT), "run/run.json", 10000))
    assert [run.text(f"git_{key}") for key in ("url", "ref", "path", "commit")] == [url, "main", "hello", commit]


def _with_squad(bench: Any) -> Any:
    """A second target of the lab."""
    squad = type(bench.target)(name="squad")
    bench.steps.targets["squad"] = squad
    object.__setattr__(bench.lab, "targets", ("vision", "squad"))
    return squad
