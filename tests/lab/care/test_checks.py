"""A board's check, step by step: what it does, and where the board is afterwards."""

from __future__ import annotations

import fcntl
import logging
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from child_process import is_alive
from fuego_jenkins_remote.client.errors import NotFound, Unreachable
from fuego_jenkins_remote.lab.attempts.stepping import SETTLE
from fuego_jenkins_remote.lab.care import commands
from fuego_jenkins_remote.lab.care.book import Step
from fuego_jenkins_remote.lab.care.checking import AGAIN, PATIENCE
from fuego_jenkins_remote.lab.care.checks import FIRST_RECHECK, LAST_RECHECK
from fuego_jenkins_remote.lab.errors import BadLabFile, ControllerDown, ControllerTrouble
from until import until

TEST = "{test: Functional.fuego_board_check, timeout: 2m}"


def _command(folder: Path, body: str) -> str:
    script = folder / "check-board"
    script.write_text(f"#!/bin/bash\n{body}\n")
    script.chmod(0o755)
    return f"{{command: [{script}, bbb, two words], timeout: 60s}}"


# -- by a test


def test_the_test_runs_in_the_boards_own_job_under_a_request_id_made_here(care: Any) -> None:
    care.says("{test: Functional.mine, reboot: true, timeout: 2m}")
    care.due()
    care.until(Step.GATE)
    assert care.jenkins.triggered == [care.attempt]
    folder = care.folders.request_folder(care.attempt)
    said = "run-test -b bbb -t Functional.mine -s default --timeout 120s --reboot true"
    assert (folder / "args").read_bytes().split(b"\0")[:-1] == [word.encode() for word in said.split()]
    assert (folder / "time_limit").read_text() == "240\n"


def test_the_lab_answers_the_gate_itself(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.test_runs()
    folder = care.folders.request_folder(care.attempt)
    assert (folder / "gate.answer").read_text() == "0123456789abcdef go\n"


def test_a_board_that_passes_is_forgotten_and_the_hub_hears_nothing(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.test_runs()
    attempt = care.attempt
    care.job_ends("PASS")
    care.until(None)
    assert care.hub.told == []
    assert not care.folders.request_folder(attempt).exists()
    assert not care.folders.outbox_folder(attempt).exists()


@pytest.mark.parametrize("status", ["FAIL", "ERROR", "SKIP"])
def test_a_board_that_does_not_pass_goes_out_of_the_network(care: Any, status: str) -> None:
    care.says(TEST)
    care.due()
    care.test_runs()
    care.job_ends(status)
    care.until(Step.OUT)
    assert care.hub.told == [("bbb", "broken", f"Functional.fuego_board_check: {status}")]
    assert care.checks.boards() == {"bbb"}
    assert care.checks.broken() == {"bbb": f"Functional.fuego_board_check: {status}"}


def test_the_reason_says_what_the_console_shows_without_the_boards_secrets(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.test_runs()
    line = "ssh: connect to host 192.0.2.9 port 22: No route to host"
    care.job_ends(None, console=f"##### doing fuego phase: pre_test ########\n{line}\n", reason="no-run")
    care.until(Step.OUT)
    said = "the board could not be reached: ssh: connect to host *** port 22: No route to host"
    assert care.hub.told == [("bbb", "broken", f"Functional.fuego_board_check: {said}")]


def test_jenkins_is_called_once_whatever_became_of_the_call(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.until(Step.TRIGGER)
    care.checks.book.note(care.entry, called=1)  # killed right after the call
    care.jenkins.trigger("remote-request-bbb", care.attempt)
    care.until(Step.GATE)
    assert len(care.jenkins.triggered) == 1


def test_a_queue_that_was_lost_is_called_again(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.until(Step.GATE)
    care.jenkins.found = None
    care.now[0] += 11
    care.take()
    care.until(Step.GATE)
    assert len(care.jenkins.triggered) == 2
    assert len(set(care.jenkins.triggered)) == 1


def test_a_check_waits_for_a_busy_executor_for_as_long_as_it_takes(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.until(Step.GATE)
    care.now[0] += 86400
    care.take()
    assert care.step is Step.GATE


@pytest.mark.parametrize("how", ["refused", "stopped", "gone", "unreadable"])
def test_a_check_without_a_verdict_is_tried_again_three_times(care: Any, how: str) -> None:
    care.says(TEST)
    care.due()
    for number in (1, 2, 3):
        care.test_runs()
        if how == "refused":
            (care.folders.request_folder(care.attempt) / "started").rmdir()
            (care.folders.request_folder(care.attempt) / "refused").write_text("the board is in use\n")
        elif how == "stopped":
            care.job_ends(None, aborted=True, reason="aborted")
        elif how == "unreadable":
            care.folders.outbox_folder(care.attempt).mkdir()
        else:
            care.jenkins.build(building=False)
            for _ in range(2):
                care.take()
                care.now[0] += 11
        care.take()
        if number < 3:
            assert care.step is Step.DUE
            assert care.checks.due() == []
            care.now[0] += AGAIN
            assert care.checks.due() == ["bbb"]
    care.until(Step.OUT)
    assert care.hub.told[0][2].startswith("it could not be checked, 3 times: ")


def test_a_check_goes_on_while_its_jenkins_is_away(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.test_runs()
    care.jenkins.trouble = ControllerDown("Jenkins does not answer")
    care.take()
    assert care.step is Step.RUN
    care.job_ends("PASS")
    care.until(None)


def test_where_nobody_watches_the_gate_the_go_is_left_with_an_end(care: Any) -> None:
    care.checks._attended = False
    care.says(TEST)
    care.due()
    care.until(Step.RUN)
    answer = (care.folders.request_folder(care.attempt) / "gate.answer").read_text()
    assert answer == f"* go {int(care.now[0]) + 3600}\n"


# -- by the lab's command


def test_a_command_gets_its_arguments_as_they_are_and_none_of_our_tokens(
    care: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUEGO_HUB_TOKEN", "geheim")
    care.says(_command(tmp_path, f'printf "%s|" "$@" "${{FUEGO_HUB_TOKEN-none}}" >{tmp_path}/seen'))
    care.due()
    care.until(None)
    assert (tmp_path / "seen").read_text() == "bbb|two words|none|"


def test_a_command_holds_the_boards_lock_and_so_do_its_processes(care: Any, tmp_path: Path) -> None:
    lock = care.folders.locks / "bbb.lock"
    care.says(_command(tmp_path, f"flock -n {lock} true || echo held >{tmp_path}/seen"))
    care.due()
    care.until(None)
    assert (tmp_path / "seen").read_text() == "held\n"
    assert care.folders.board_is_free("bbb")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo no answer from 192.0.2.9; exit 7", "ended with status 7: no answer from ***"),
        ("exit 1", "ended with status 1"),
        ("kill -KILL $$", "ended with status -9"),
    ],
)
def test_a_command_that_is_not_content_puts_the_board_out(care: Any, tmp_path: Path, body: str, said: str) -> None:
    care.says(_command(tmp_path, body))
    care.due()
    care.until(Step.OUT)
    assert care.hub.told == [("bbb", "broken", f"{tmp_path}/check-board {said}")]


def test_a_command_that_is_not_there_puts_the_board_out(care: Any) -> None:
    care.says("{command: [/nowhere/check-board]}")
    care.due()
    care.until(Step.OUT)
    assert care.hub.told[0][2] == "/nowhere/check-board cannot be started: No such file or directory"


def test_a_command_that_does_not_end_is_ended_with_all_that_it_has_started(
    care: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = tmp_path / "waits"

    def monotonic() -> float:
        """When it waits its time is soon over."""
        return time.monotonic() + (3600 if waits.exists() else 0)

    monkeypatch.setattr(commands, "time", SimpleNamespace(monotonic=monotonic, sleep=time.sleep))
    care.says(_command(tmp_path, f"sleep 300 & echo $! >{tmp_path}/child; echo waiting; touch {waits}; sleep 300"))
    care.due()
    care.until(Step.OUT)
    assert care.hub.told[0][2] == f"{tmp_path}/check-board did not end within 60 s: waiting"
    child = int((tmp_path / "child").read_text())
    until(lambda: not is_alive(child))  # one that was killed takes a moment to be gone


def test_a_command_comes_before_the_test(care: Any, tmp_path: Path) -> None:
    care.says(_command(tmp_path, "true").replace("command:", "test: Functional.mine, command:"))
    care.due()
    care.until(Step.COMMAND)
    care.until(Step.GATE)
    assert len(care.jenkins.triggered) == 1


@pytest.mark.parametrize("why", ["a job runs on its node", "processes hold its lock"])
def test_a_command_waits_for_the_board_but_not_for_ever(care: Any, tmp_path: Path, why: str) -> None:
    care.says(_command(tmp_path, f"touch {tmp_path}/ran"))
    care.due()
    care.until(Step.COMMAND)
    lock = care.folders.locks / "bbb.lock"
    with lock.open("a") as file:
        if why == "a job runs on its node":
            care.jenkins.idle = False
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        care.take()
        assert care.step is Step.COMMAND
        care.now[0] += PATIENCE + 1
        care.until(Step.OUT)
    assert care.hub.told == [("bbb", "broken", f"it could not be checked: {why}, for half an hour")]
    assert not (tmp_path / "ran").exists()


def test_a_lock_that_is_a_link_is_not_followed(care: Any, tmp_path: Path) -> None:
    care.says(_command(tmp_path, "true"))
    (care.folders.locks / "bbb.lock").symlink_to(tmp_path / "elsewhere")
    care.due()
    care.until(Step.COMMAND)
    with pytest.raises(OSError, match="symbolic links"):
        care.take()
    assert not (tmp_path / "elsewhere").exists()


def test_a_script_of_another_user_can_take_the_lock_that_we_made(care: Any, tmp_path: Path) -> None:
    care.says(_command(tmp_path, "true"))
    care.due()
    care.until(None)
    assert (care.folders.locks / "bbb.lock").stat().st_mode & 0o777 == 0o666


# -- in and out of the network


def test_where_no_check_is_possible_the_board_stays_in_and_the_log_says_so(
    care: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "fuego.lab")
    care.due("the test went on beyond its time limit and was stopped")
    care.until(None)
    assert care.hub.told == []
    assert "stays in the network unchecked" in caplog.text
    assert "boards.yaml" in caplog.text


def test_a_broken_board_whose_check_was_taken_away_stays_out(care: Any) -> None:
    care.says("{command: [/bin/false]}")
    care.due()
    care.until(Step.OUT)
    (care.lab.conf_dir / "boards.yaml").unlink()
    care.now[0] += FIRST_RECHECK
    care.take()
    care.until(Step.OUT)
    assert care.hub.told[-1] == ("bbb", "broken", "no check of it is possible any more")


def test_a_board_that_is_out_is_checked_again_ever_more_seldom(care: Any) -> None:
    care.says("{command: [/bin/false]}")
    care.due()
    waits = []
    for _ in range(9):
        care.until(Step.OUT)
        waits.append(care.entry.due_at - care.now[0])
        care.now[0] = care.entry.due_at - 1
        assert care.checks.due() == []
        care.now[0] += 1
        care.take()
    assert waits == [min(FIRST_RECHECK * 2**n, LAST_RECHECK) for n in range(9)]


def test_a_board_that_passes_a_later_check_comes_back(care: Any) -> None:
    care.says("{command: [/bin/false]}")
    care.due()
    care.until(Step.OUT)
    care.says("{command: [/bin/true]}")
    care.now[0] += FIRST_RECHECK
    care.until(None)
    assert [health for _, health, _ in care.hub.told] == ["broken", "online"]


def test_who_asks_for_a_check_need_not_wait_for_the_next_one(care: Any) -> None:
    care.says("{command: [/bin/false]}")
    care.due()
    care.until(Step.OUT)
    care.says("{command: [/bin/true]}")
    care.checks.book.ask("bbb", "asked for by hand", care.now[0])
    care.until(None)
    assert care.hub.told[-1] == ("bbb", "online", "")


def test_a_check_that_is_under_way_is_not_begun_anew(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.test_runs()
    attempt = care.attempt
    care.checks.book.ask("bbb", "asked for by hand", care.now[0])
    assert (care.step, care.attempt) == (Step.RUN, attempt)


def test_a_hub_that_is_away_is_told_later(care: Any) -> None:
    care.says("{command: [/bin/false]}")
    care.due()
    care.until(Step.SICK)
    care.hub.trouble = Unreachable("the hub cannot be reached")
    with pytest.raises(Unreachable):
        care.take()
    assert care.checks.broken() == {"bbb": "/bin/false ended with status 1"}
    care.hub.trouble = None
    care.until(Step.OUT)
    assert len(care.hub.told) == 1


def test_a_board_that_the_hub_does_not_know_is_kept_from_claims_all_the_same(care: Any) -> None:
    care.says("{command: [/bin/false]}")
    care.hub.trouble = NotFound("no board demolab:bbb", status=404)
    care.due()
    care.until(Step.OUT)
    assert care.checks.boards() == {"bbb"}


def test_a_board_that_the_hub_has_as_broken_comes_back_though_the_lab_knows_nothing_of_it(care: Any) -> None:
    care.says("{command: [/bin/true]}")
    care.hub.told.append(("bbb", "broken", "told by a lab whose state_dir is gone"))
    care.checks.book.ask("bbb", "asked for by hand", care.now[0])
    care.until(None)
    assert care.hub.told[-1] == ("bbb", "online", "")


def test_a_board_that_has_gone_from_the_lab_needs_no_check(care: Any) -> None:
    (care.lab.fuego_ro / "boards" / "bbb.board").unlink()
    care.due()
    care.until(None)


def test_a_job_that_jenkins_does_not_start_puts_the_board_out_and_the_hub_hears_why(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.jenkins.refusal = ControllerTrouble("Jenkins does not start job remote-request-bbb: it is disabled")
    for _ in range(3):
        care.now[0] += AGAIN
        care.until(Step.TRIGGER)
        care.take()
    care.until(Step.OUT)
    assert "it is disabled" in care.hub.told[-1][2]
    assert care.folders.request_folders() == []


def test_a_board_that_goes_while_its_check_waits_in_jenkins_is_not_called_for_again(care: Any) -> None:
    care.says(TEST)
    care.due()
    care.until(Step.GATE)
    (care.lab.fuego_ro / "boards" / "bbb.board").unlink()
    care.jenkins.found = None  # its job was disabled, and so its item left the queue
    care.now[0] += SETTLE
    care.until(None)
    assert len(care.jenkins.triggered) == 1
    assert care.folders.request_folders() == []


def test_a_mistake_in_boards_yaml_keeps_the_board_until_it_is_mended(care: Any) -> None:
    care.says("{command: not a list}")
    care.due()
    with pytest.raises(BadLabFile):
        care.take()
    assert care.step is Step.DUE
    care.says("{command: [/bin/true]}")
    care.until(None)


def test_nothing_is_given_to_a_shell(care: Any, tmp_path: Path) -> None:
    care.says(f'{{command: [/bin/echo, "$(touch {tmp_path}/seen)", ";touch {tmp_path}/seen"]}}')
    care.due()
    care.until(None)
    assert not (tmp_path / "seen").exists()
