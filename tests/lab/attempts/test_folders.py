"""`lab_dir`: what the bridge leaves there, and what it believes of what it finds."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from fuego_jenkins_remote.lab.attempts.folders import MAX_LINE, GateCall, LabDir, Prepared
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)
NONCE = "0123456789abcdef"
PREPARED = Prepared(
    board="bbb", test="Functional.hello", spec="default", arguments=("run-test", "-t", "Größe"), time_limit=180
)


@pytest.fixture
def lab_dir(tmp_path: Path) -> LabDir:
    return LabDir(tmp_path / "remote")


@pytest.fixture
def folder(lab_dir: LabDir) -> Path:
    """A prepared request folder."""
    lab_dir.prepare(ATTEMPT, PREPARED)
    return lab_dir.request_folder(ATTEMPT)


@pytest.fixture
def entry(lab_dir: LabDir) -> Path:
    """An outbox entry that the script has left."""
    path = lab_dir.outbox_folder(ATTEMPT)
    path.mkdir()
    return path


# -- preparing


def test_a_prepared_folder_says_what_the_script_needs(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"board", "test", "spec", "args", "time_limit"}
    assert (folder / "board").read_text() == "bbb\n"
    assert (folder / "args").read_bytes() == "run-test\0-t\0Größe\0".encode()
    assert (folder / "time_limit").read_text() == "180\n"


def test_a_campaign_becomes_the_batch_id(lab_dir: LabDir) -> None:
    campaign = "c-20261123-101500123-k3j7x2m4"
    lab_dir.prepare(ATTEMPT, Prepared(**{**vars(PREPARED), "batch_id": campaign}))
    assert (lab_dir.request_folder(ATTEMPT) / "batch_id").read_text() == f"{campaign}\n"


def test_a_test_that_is_not_installed_is_brought_along(lab_dir: LabDir, tmp_path: Path) -> None:
    test = tmp_path / "unpacked" / "Functional.hello"
    test.mkdir(parents=True)
    (test / "fuego_test.sh").write_text("test_run() { :; }\n")
    lab_dir.prepare(ATTEMPT, Prepared(**{**vars(PREPARED), "test_folder": test}))
    assert (lab_dir.request_folder(ATTEMPT) / "tests" / "Functional.hello" / "fuego_test.sh").is_file()


def test_preparing_again_changes_nothing(lab_dir: LabDir, folder: Path) -> None:
    (folder / "started").mkdir()
    lab_dir.prepare(ATTEMPT, Prepared(**{**vars(PREPARED), "time_limit": 999}))
    assert (folder / "time_limit").read_text() == "180\n"
    assert lab_dir.has_started(ATTEMPT)


def test_what_a_killed_bridge_left_half_prepared_is_never_seen(lab_dir: LabDir) -> None:
    partial = lab_dir.requests / f".{ATTEMPT}.tmp"
    partial.mkdir()
    (partial / "board").write_text("half\n")
    assert lab_dir.request_folders() == []
    lab_dir.prepare(ATTEMPT, PREPARED)
    assert (lab_dir.request_folder(ATTEMPT) / "board").read_text() == "bbb\n"
    assert [attempt for attempt, _ in lab_dir.request_folders()] == [ATTEMPT]


def test_a_link_in_the_place_of_the_half_prepared_folder_is_removed_not_followed(
    lab_dir: LabDir, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (lab_dir.requests / f".{ATTEMPT}.tmp").symlink_to(elsewhere)
    lab_dir.prepare(ATTEMPT, PREPARED)
    assert (lab_dir.request_folder(ATTEMPT) / "board").is_file()
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]


@pytest.mark.parametrize("kind", ["a link", "a folder"])
def test_what_is_put_in_the_place_of_the_new_folder_is_not_written_to(
    lab_dir: LabDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "token").touch()
    make = os.mkdir

    def make_and_lose(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        make(path, mode, dir_fd=dir_fd)
        if str(path).endswith(".tmp"):
            made = lab_dir.requests / path
            made.rename(tmp_path / "taken")
            made.symlink_to(private) if kind == "a link" else private.rename(made)

    monkeypatch.setattr(os, "mkdir", make_and_lose)
    with pytest.raises(OSError):
        lab_dir.prepare(ATTEMPT, PREPARED)
    found = private if kind == "a link" else lab_dir.requests / f".{ATTEMPT}.tmp"
    assert [path.name for path in found.iterdir()] == ["token"]
    assert found.stat().st_mode & 0o777 == 0o700
    assert not lab_dir.request_folder(ATTEMPT).exists()


def test_the_prepared_folder_is_open_to_whom_the_lab_has_opened_requests(lab_dir: LabDir) -> None:
    lab_dir.requests.chmod(0o2770)
    lab_dir.prepare(ATTEMPT, PREPARED)
    assert lab_dir.request_folder(ATTEMPT).stat().st_mode & 0o7777 == 0o2770


def test_who_may_write_into_a_request_folder_is_what_the_lab_set(lab_dir: LabDir) -> None:
    lab_dir.requests.chmod(0o2770)
    lab_dir.prepare(ATTEMPT, PREPARED)
    assert lab_dir.request_folder(ATTEMPT).stat().st_mode & 0o7777 == 0o2770


# -- the gate


def test_a_job_at_the_gate_is_seen_with_its_build(lab_dir: LabDir, folder: Path) -> None:
    assert lab_dir.gate_call(ATTEMPT) is None
    (folder / "gate.ask").write_text(f"{NONCE} 17 http://jenkins/job/x/17/\n")
    assert lab_dir.gate_is_asked(ATTEMPT)
    call = GateCall(nonce=NONCE, build_number="17", build_url="http://jenkins/job/x/17/")
    assert lab_dir.gate_call(ATTEMPT) == call


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        (f"{NONCE}\n".encode(), ("", "")),
        (f"{NONCE} ² http://x/\n".encode(), ("", "http://x/")),
        (f"{NONCE} {'9' * 400} http://x/\n".encode(), ("", "http://x/")),
        (f"{NONCE} 7 javascript:alert(1)\n".encode(), ("7", "")),
        (f"{NONCE} 7 http://x/ y\n".encode(), ("7", "")),
        (f"{NONCE} 7 http://{'x' * 3000}\n".encode(), ("7", "")),
    ],
)
def test_of_a_strange_question_only_what_is_plain_is_believed(
    lab_dir: LabDir, folder: Path, asked: bytes, seen: tuple[str, str]
) -> None:
    (folder / "gate.ask").write_bytes(asked)
    call = lab_dir.gate_call(ATTEMPT)
    assert call is not None
    assert (call.build_number, call.build_url) == seen


@pytest.mark.parametrize(
    "asked", [b"", b"\n", b"short 1 x\n", b"\xff\xfe\x00" * 50, b"x" * 10 * MAX_LINE, b"../../etc/passwd 1 x\n"]
)
def test_what_is_no_question_is_none(lab_dir: LabDir, folder: Path, asked: bytes) -> None:
    (folder / "gate.ask").write_bytes(asked)
    assert lab_dir.gate_call(ATTEMPT) is None


def test_a_link_a_pipe_and_a_folder_are_no_question(lab_dir: LabDir, folder: Path, tmp_path: Path) -> None:
    ask = folder / "gate.ask"
    (tmp_path / "ask").write_text(f"{NONCE} 1 http://x/\n")
    ask.symlink_to(tmp_path / "ask")
    assert lab_dir.gate_call(ATTEMPT) is None
    ask.unlink()
    os.mkfifo(ask)
    assert lab_dir.gate_call(ATTEMPT) is None
    ask.unlink()
    ask.mkdir()
    assert lab_dir.gate_call(ATTEMPT) is None


def test_the_answer_is_one_line_for_the_one_who_asked(lab_dir: LabDir, folder: Path) -> None:
    lab_dir.answer_gate(ATTEMPT, NONCE)
    assert (folder / "gate.answer").read_text() == f"{NONCE} go\n"
    lab_dir.answer_gate(ATTEMPT, NONCE, "it is\nover " + "x" * 900)
    answer = (folder / "gate.answer").read_text()
    assert answer.startswith(f"{NONCE} no it is over x")
    assert len(answer) < 600
    lab_dir.open_gate(ATTEMPT, 1700000000.9)
    assert (folder / "gate.answer").read_text() == "* go 1700000000\n"


def test_an_answer_is_not_written_through_a_link(lab_dir: LabDir, folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (folder / ".gate.answer.tmp").symlink_to(victim)
    (folder / "gate.answer").symlink_to(victim)
    lab_dir.answer_gate(ATTEMPT, NONCE)
    assert victim.read_text() == "untouched"
    assert (folder / "gate.answer").read_text() == f"{NONCE} go\n"


def test_nothing_is_read_or_written_where_a_link_stands_for_the_folder(lab_dir: LabDir, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "run").mkdir(parents=True)
    for name in ("gate.ask", "refused", "console.log", "outcome.json"):
        (elsewhere / name).write_text(f"{NONCE} secret\n")
    lab_dir.request_folder(ATTEMPT).symlink_to(elsewhere)
    lab_dir.outbox_folder(ATTEMPT).symlink_to(elsewhere)
    assert lab_dir.gate_call(ATTEMPT) is None
    assert lab_dir.refused(ATTEMPT) is None
    assert lab_dir.log_tail(ATTEMPT, 100) == ""
    assert lab_dir.outcome(ATTEMPT) is None
    assert lab_dir.run_folder(ATTEMPT) is None
    with pytest.raises(OSError, match=r"directory|symbolic"):
        lab_dir.answer_gate(ATTEMPT, NONCE)
    assert not (elsewhere / "gate.answer").exists()


def test_a_refusal_is_its_first_line(lab_dir: LabDir, folder: Path) -> None:
    assert lab_dir.refused(ATTEMPT) is None
    (folder / "refused").write_bytes(b"the board is in use\xff\nmore\n")
    assert lab_dir.refused(ATTEMPT) == "the board is in use�"


# -- while it runs


def test_the_log_is_read_where_the_test_prints_then_from_the_outbox(lab_dir: LabDir, folder: Path, entry: Path) -> None:
    (folder / "console.log").write_text("0123456789")
    assert lab_dir.log_tail(ATTEMPT, 4) == "6789"
    (entry / "console.log").write_text("the whole")
    assert lab_dir.log_tail(ATTEMPT, 100) == "the whole"


def test_a_log_that_is_a_link_or_a_pipe_is_not_read(lab_dir: LabDir, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("root:x")
    (folder / "console.log").symlink_to(tmp_path / "shadow")
    assert lab_dir.log_tail(ATTEMPT, 100) == ""
    (folder / "console.log").unlink()
    os.mkfifo(folder / "console.log")
    assert lab_dir.log_tail(ATTEMPT, 100) == ""


def test_a_board_is_free_unless_its_lock_is_held(lab_dir: LabDir) -> None:
    assert lab_dir.board_is_free("bbb")
    path = lab_dir.locks / "bbb.lock"
    assert not path.exists()  # it is the script's to make, as the user it runs as
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not lab_dir.board_is_free("bbb")
    assert lab_dir.board_is_free("bbb")


def test_a_lock_that_we_may_only_read_can_be_asked(lab_dir: LabDir) -> None:
    path = lab_dir.locks / "bbb.lock"
    path.touch()
    path.chmod(0o444)
    assert lab_dir.board_is_free("bbb")


# -- after it


def test_an_outcome_is_read(lab_dir: LabDir, entry: Path) -> None:
    (entry / "outcome.json").write_text(
        '{"outcome":"ran","exit_status":1,"timed_out":true,"started_at":"2026-11-23T10:00:00+00:00","ended_at":"x"}'
    )
    outcome = lab_dir.outcome(ATTEMPT)
    assert outcome is not None
    assert (outcome.ran, outcome.timed_out, outcome.aborted, outcome.exit_status) == (True, True, False, 1)
    assert outcome.started_at is not None
    assert outcome.ended_at is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"ran"',
        b"{}",
        b"{" * 60000,
        b"[" * 60000,
        b'{"outcome":"ran","exit_status":1e999}',
        b'{"outcome":"ran","exit_status":"' + b"9" * 5000 + b'"}',
        b'{"outcome":"ran","exit_status":[]}',
        b'{"outcome":"ran"' + b" " * 2**20 + b"}",
    ],
)
def test_what_is_no_outcome_is_none(lab_dir: LabDir, entry: Path, text: bytes) -> None:
    (entry / "outcome.json").write_bytes(text)
    assert lab_dir.outcome(ATTEMPT) is None


def test_values_of_the_wrong_kind_in_an_outcome_say_nothing(lab_dir: LabDir, entry: Path) -> None:
    (entry / "outcome.json").write_text('{"outcome":["ran"],"aborted":"yes","timed_out":1,"reason":{"a":1}}')
    outcome = lab_dir.outcome(ATTEMPT)
    assert outcome is not None
    assert (outcome.ran, outcome.aborted, outcome.timed_out) == (False, False, False)


def test_an_outcome_that_is_a_link_or_a_pipe_is_none(lab_dir: LabDir, entry: Path, tmp_path: Path) -> None:
    (tmp_path / "outcome").write_text('{"outcome":"ran"}')
    (entry / "outcome.json").symlink_to(tmp_path / "outcome")
    assert lab_dir.outcome(ATTEMPT) is None
    (entry / "outcome.json").unlink()
    os.mkfifo(entry / "outcome.json")
    assert lab_dir.outcome(ATTEMPT) is None


def test_a_run_folder_that_is_a_link_is_none(lab_dir: LabDir, entry: Path, tmp_path: Path) -> None:
    (entry / "run").symlink_to(tmp_path)
    assert lab_dir.run_folder(ATTEMPT) is None


def test_only_whole_entries_of_the_outbox_have_ended(lab_dir: LabDir, entry: Path) -> None:
    (lab_dir.outbox / f".{ATTEMPT}.tmp").mkdir()
    (lab_dir.outbox / "lost+found").mkdir()
    assert lab_dir.ended() == {ATTEMPT}


def test_forgetting_removes_folder_and_outbox_and_may_be_done_twice(lab_dir: LabDir, folder: Path, entry: Path) -> None:
    (entry / "run").mkdir()
    for _ in range(2):
        lab_dir.forget(ATTEMPT)
        assert not folder.exists()
        assert not entry.exists()


def test_forgetting_removes_what_was_being_put_together(lab_dir: LabDir) -> None:
    for folder in (lab_dir.requests, lab_dir.outbox):
        (folder / f".{ATTEMPT}.tmp").mkdir()
    lab_dir.forget(ATTEMPT)
    assert list(lab_dir.requests.iterdir()) == list(lab_dir.outbox.iterdir()) == []


def test_forgetting_removes_a_link_and_not_what_it_leads_to(lab_dir: LabDir, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    lab_dir.outbox_folder(ATTEMPT).symlink_to(elsewhere)
    lab_dir.forget(ATTEMPT)
    assert elsewhere.is_dir()
    assert lab_dir.ended() == set()
