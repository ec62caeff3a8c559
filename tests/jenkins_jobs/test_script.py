"""jenkins_jobs/shell/remote-request.sh, really run, in an environment that holds only what it may need."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Lab

SCRIPT = Path(__file__).parents[2] / "jenkins_jobs" / "shell" / "remote-request.sh"
REQUEST = "20261123-101500123-k3j7x2m4"


# ---- What comes of a test


def test_a_passed_test_ends_in_the_outbox_and_in_the_workspace(lab: Lab) -> None:
    lab.prepare()
    lab.ftc('echo "it prints grün"; leave_run PASS; echo PASSWORD=x >$run_folder/prolog.sh')

    status, console = lab.run()

    assert status == 0, console
    outcome = lab.outcome()
    assert outcome.pop("started_at") < outcome.pop("ended_at")
    assert outcome == {
        "request": REQUEST,
        "attempt": 1,
        "board": "bbb",
        "outcome": "ran",
        "reason": "",
        "exit_status": 0,
        "aborted": False,
        "timed_out": False,
        "run_folder": "bbb.default.1.1",
        "build_number": 7,
        "build_url": "http://127.0.0.1:8090/fuego/job/remote-request-bbb/7/",
    }
    assert sorted(p.name for p in lab.entry.iterdir()) == ["console.log", "outcome.json", "run"]
    assert [p.name for p in (lab.entry / "run").iterdir()] == ["run.json"]
    assert [p.name for p in (lab.workspace / "run").iterdir()] == ["run.json"]
    assert "it prints grün\n" in console
    assert (lab.entry / "console.log").read_text() == "it prints grün\n"
    assert [p.name for p in (lab.dir / "outbox").iterdir()] == [lab.entry.name]


def test_no_link_in_the_request_folder_is_written_or_read_through(lab: Lab, tmp_path: Path) -> None:
    lab.prepare()
    private = tmp_path / "private"
    private.write_text("a token\n")
    for name in ("console.log", ".gate.ask", ".session", ".refused"):
        (lab.request / name).symlink_to(private)
    log = lab.request / "console.log"
    lab.ftc(f'rm "{log}"; ln -s "{private}" "{log}"; echo printed; leave_run PASS')

    status, console = lab.run()

    assert status == 0, console
    assert private.read_text() == "a token\n"
    assert (lab.entry / "console.log").read_text() == "printed\n"


@pytest.mark.parametrize(
    ("status", "ftc_exit", "exit_status"),
    [("PASS", 0, 0), ("SKIP", 1, 0), ("FAIL", 1, 3), ("FAIL", 0, 3), ("ERROR", 2, 3)],
)
def test_jenkins_is_told_the_tests_own_status(lab: Lab, status: str, ftc_exit: int, exit_status: int) -> None:
    lab.prepare()
    lab.ftc(f"leave_run {status}; exit {ftc_exit}")

    assert lab.run()[0] == exit_status
    assert lab.outcome()["outcome"] == "ran"
    assert lab.outcome()["exit_status"] == ftc_exit


def test_without_a_status_that_can_be_read_the_exit_status_of_ftc_counts(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("mkdir -p $run_folder; echo '{\"a\": 1}' >$run_folder/run.json; exit 5")
    assert lab.run()[0] == 3


def test_a_test_that_left_no_run_could_not_be_run(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("echo board not reachable >&2; exit 1")

    status, console = lab.run()

    assert status == 1
    assert lab.outcome()["outcome"] == "failed"
    assert lab.outcome()["reason"] == "no-run"
    assert not (lab.entry / "run").exists()
    assert "board not reachable" in console
    assert "board not reachable" in (lab.entry / "console.log").read_text()


def test_what_a_test_left_without_run_json_is_kept_for_a_look(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("mkdir -p $run_folder; echo broken >$run_folder/consolelog.txt")
    assert lab.run()[0] == 1
    assert lab.outcome()["outcome"] == "failed"
    assert (lab.entry / "run" / "consolelog.txt").read_text() == "broken\n"


def test_an_ftc_that_is_not_there_is_no_run(lab: Lab) -> None:
    lab.prepare()
    status, console = lab.run(FUEGO_FTC="/nowhere/ftc")
    assert status == 1
    assert lab.outcome()["exit_status"] == 127
    assert "/nowhere/ftc" in console


def test_only_the_run_folder_that_is_new_is_taken(lab: Lab) -> None:
    lab.prepare()
    old = lab.rw / "logs" / "Functional.hello" / "bbb.default.9.9"
    other = lab.rw / "logs" / "Functional.hello" / "bbb.quick.9.9"
    for folder in (old, other):
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
    lab.ftc("leave_run PASS; leave_run FAIL ${run_folder/bbb/qemu}")
    lab.run()
    assert lab.outcome()["run_folder"] == "bbb.default.1.1"


def test_the_newest_of_several_new_run_folders_is_taken(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("leave_run FAIL ${run_folder}1; sleep 0.05; leave_run PASS")
    lab.run()
    assert lab.outcome()["run_folder"] == "bbb.default.1.1"


def test_a_run_written_into_the_folder_of_a_local_job_of_the_same_number_is_found(lab: Lab) -> None:
    lab.prepare()
    folder = lab.rw / "logs" / "Functional.hello" / "bbb.default.1.1"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    os.utime(folder / "run.json", (1, 1))
    assert lab.run()[0] == 0
    assert lab.outcome()["run_folder"] == "bbb.default.1.1"


def test_links_devices_fifos_and_prolog_are_left_where_they_are(lab: Lab) -> None:
    lab.prepare()
    lab.ftc(
        "leave_run PASS; cd $run_folder; mkdir result; echo deep >result/-deep.txt; echo x >prolog.sh;"
        "echo y >result/prolog.sh; ln -s /etc/passwd link; ln -s /etc links; mkfifo pipe; echo z >'two words'"
    )
    assert lab.run()[0] == 0
    for run in (lab.entry / "run", lab.workspace / "run"):
        found = sorted(str(p.relative_to(run)) for p in run.rglob("*"))
        assert found == ["result", "result/-deep.txt", "run.json", "two words"]


def test_a_run_that_is_too_large_keeps_its_run_json(lab: Lab) -> None:
    lab.script = lab.root / "small.sh"
    lab.script.write_text(SCRIPT.read_text().replace("MAX_RUN_BYTES=$((256 * 1024 * 1024))", "MAX_RUN_BYTES=2000"))
    lab.prepare()
    lab.ftc("leave_run PASS; printf '%04000d' 1 >$run_folder/a.txt; echo x >$run_folder/b.txt")
    status, console = lab.run()
    assert status == 0
    assert sorted(p.name for p in (lab.entry / "run").iterdir()) == ["b.txt", "run.json"]
    assert "left out, the run is too large: ./a.txt (4000 bytes)" in console


def test_a_console_that_is_too_long_is_cut_in_the_outbox_only(lab: Lab) -> None:
    lab.script = lab.root / "small.sh"
    lab.script.write_text(SCRIPT.read_text().replace("MAX_CONSOLE_KIB=$((64 * 1024))", "MAX_CONSOLE_KIB=1"))
    lab.prepare()
    lab.ftc("for n in {1..300}; do printf '%09d\\n' $n; done; leave_run PASS")
    status, console = lab.run()
    assert status == 0
    assert "000000300\n" in console
    assert len((lab.entry / "console.log").read_text()) == 1024


def test_a_run_with_too_many_files_keeps_its_run_json(lab: Lab) -> None:
    lab.script = lab.root / "small.sh"
    lab.script.write_text(SCRIPT.read_text().replace("MAX_RUN_FILES=5000", "MAX_RUN_FILES=10"))
    lab.prepare()
    lab.ftc("leave_run PASS; for n in {1..30}; do echo x >$run_folder/a$n.txt; done")
    status, console = lab.run()
    assert status == 0
    assert (lab.entry / "run" / "run.json").is_file()
    assert len(list((lab.entry / "run").iterdir())) == 10
    assert "more than 10 files" in console


def test_the_run_of_the_build_before_is_never_archived_again(lab: Lab) -> None:
    (lab.workspace / "run").mkdir()
    (lab.workspace / "run" / "run.json").write_text("{}")
    assert lab.run(REQUEST_ID="none")[0] == 1
    assert not (lab.workspace / "run").exists()


# ---- What ftc gets


HOSTILE = ["run-test", "-s", "two  words", "'\"", "a\nb", "$(id)", "`id`", "*", "-t", "größe 試", "", "\\", "--"]


def test_arguments_arrive_unchanged(lab: Lab) -> None:
    lab.prepare(arguments=HOSTILE)
    lab.run()
    assert lab.seen_arguments() == HOSTILE


def test_the_test_sees_its_campaign_and_no_token(lab: Lab) -> None:
    lab.prepare()
    (lab.request / "batch_id").write_text(f"c-{REQUEST}\n")
    lab.run(FUEGO_HUB_TOKEN="t", FUEGO_VISION_TOKEN_FILE="/x", JENKINS_TOKEN="t", LC_ALL="C.UTF-8")
    seen = lab.seen_environment()
    assert seen["FUEGO_BATCH_ID"] == f"c-{REQUEST}"
    assert seen["FUEGO_REMOTE_ATTEMPT"] == f"{REQUEST}.1"
    assert seen["LC_ALL"] == "C.UTF-8"
    assert not [name for name in seen if "TOKEN" in name]


def test_a_test_that_is_not_installed_is_shown_beside_those_that_are(lab: Lab) -> None:
    core = lab.root / "fuego core"
    (core / "tests" / "Functional.installed").mkdir(parents=True)
    (core / "tests" / "Functional.hello").mkdir()
    (core / "scripts").mkdir()
    lab.prepare()
    ours = lab.request / "tests" / "Functional.hello"
    ours.mkdir(parents=True)
    (ours / "fuego_test.sh").write_text("# ours\n")
    lab.ftc('cd "$FUEGO_CORE"; echo * tests/* tests/Functional.hello/*; leave_run PASS')

    status, console = lab.run(FUEGO_CORE=str(core))

    assert status == 0, console
    assert "scripts tests tests/Functional.hello tests/Functional.installed tests/Functional.hello/fuego_test.sh" in (
        console
    )
    assert (ours / "fuego_test.sh").read_text() == "# ours\n"
    assert not (lab.request / "core").exists()


def test_a_test_that_cannot_be_shown_could_not_be_run(lab: Lab) -> None:
    lab.prepare()
    (lab.request / "tests" / "Functional.hello").mkdir(parents=True)
    assert lab.run(FUEGO_CORE="/nowhere")[0] == 1
    assert lab.outcome()["reason"] == "script"
    assert not (lab.rw / "seen.args").exists()


def test_interrupts_are_not_ignored_in_the_test(lab: Lab) -> None:
    lab.prepare()
    lab.ftc("while read -r name value; do [[ $name == SigIgn: ]] && echo ignored $value; done </proc/$$/status")
    ignored = int(lab.run()[1].partition("ignored ")[2].split()[0], 16)
    # What our own caller ignores (nohup does), no shell can take back.
    heard = [one for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    assert not [one for one in heard if ignored & 1 << one - 1]


def test_it_works_without_jenkins(lab: Lab) -> None:
    lab.prepare()
    for name in ("WORKSPACE", "BUILD_NUMBER", "BUILD_URL"):
        del lab.environment[name]
    assert lab.run()[0] == 0
    assert lab.outcome()["build_number"] == 0
    assert lab.outcome()["build_url"] == ""
    assert list(lab.workspace.iterdir()) == []


def test_the_lab_dir_is_below_fuego_rw_if_nothing_else_is_said(lab: Lab) -> None:
    lab.prepare()
    del lab.environment["FUEGO_LAB_DIR"]
    lab.dir.rename(lab.rw / "remote")
    assert lab.run()[0] == 0
    assert (lab.rw / "remote" / "outbox" / f"{REQUEST}.1" / "outcome.json").is_file()


# ---- Bad input


@pytest.mark.parametrize("bad", [" ", "../x", "$(id)", f"{REQUEST}\n", f"{REQUEST}/..", "20261123-101500123-K3J7X2M4"])
def test_a_request_id_that_is_none_is_refused(lab: Lab, bad: str) -> None:
    lab.prepare()
    status, console = lab.run(REQUEST_ID=bad)
    assert status == 1
    assert console == "remote-request: REQUEST_ID is no request id like 20261123-101500123-k3j7x2m4\n"


@pytest.mark.parametrize("bad", ["0", "-1", "1.1", "x[$(id)]", "100", "01"])
def test_an_attempt_that_is_none_is_refused(lab: Lab, bad: str) -> None:
    lab.prepare()
    status, console = lab.run(ATTEMPT=bad)
    assert status == 1
    assert console == "remote-request: ATTEMPT is no number from 1 to 99\n"


def test_a_request_for_another_board_is_left_alone(lab: Lab) -> None:
    lab.prepare()
    status, console = lab.run(FUEGO_REMOTE_BOARD="qemu-arm")
    assert status == 1
    assert "is for the board 'bbb', not for 'qemu-arm'" in console
    assert not (lab.request / "refused").exists()


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("test", "../../etc\n", "test is no name of a test"),
        ("spec", "-x\n", "spec is no name of a spec"),
        ("time_limit", "0\n", "time_limit is no number of seconds"),
        ("time_limit", "a[$(id)]\n", "time_limit is no number of seconds"),
        ("batch_id", "$(id)\n", "batch_id is no id of a campaign"),
        ("args", "", "args is no argument list for ftc run-test"),
        ("args", "rm-board\0x\0", "args is no argument list for ftc run-test"),
    ],
)
def test_a_request_folder_with_something_else_in_it_is_refused(lab: Lab, file: str, content: str, said: str) -> None:
    lab.prepare()
    (lab.request / file).write_text(content)
    status, console = lab.run()
    assert status == 3
    assert (lab.request / "refused").read_text() == f"the request folder cannot be used: {said}\n"
    assert "uid=" not in console
    assert not (lab.rw / "seen.args").exists()


def test_an_outbox_that_cannot_be_written_leaves_nothing_half_written(lab: Lab) -> None:
    lab.prepare()
    (lab.dir / "outbox").write_text("a file\n")
    status, console = lab.run()
    assert status == 1
    assert "cannot write the outcome" in console
    assert not (lab.workspace / "run").exists()


def test_a_run_that_cannot_be_copied_still_has_an_outcome(lab: Lab) -> None:
    lab.prepare()
    (lab.bin / "tar").unlink()
    status, console = lab.run()
    assert status == 1
    assert "the run could not be copied to the outbox" in console
    assert lab.outcome()["reason"] == "script"
    assert not (lab.entry / "run").exists()


def test_what_an_earlier_build_left_half_written_is_removed(lab: Lab) -> None:
    lab.prepare()
    torn = lab.dir / "outbox" / f".{REQUEST}.1.tmp" / "run"
    torn.mkdir(parents=True)
    (torn / "old.txt").write_text("old")
    assert lab.run()[0] == 0
    assert [p.name for p in (lab.entry / "run").iterdir()] == ["run.json"]
