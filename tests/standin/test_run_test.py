"""Real runs of small tests on a board that is this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fuego_jenkins_remote.standin.errors import StandinError

if TYPE_CHECKING:
    from tests.standin.conftest import Lab

SAYS_OK = """
test_run() {
    report "echo it is OK"
}
test_processing() {
    log_compare "$TESTDIR" 1 "OK" p
}
"""


def test_a_run_folder_is_laid_out_as_fuego_does(lab: Lab) -> None:
    lab.add_example("Functional.hello_world")
    ran = lab.run("Functional.hello_world")
    assert ran.folder == lab.places.fuego_rw / "logs/Functional.hello_world/here.default.1.1"
    assert {path.name for path in ran.folder.iterdir()} == {
        "consolelog.txt",
        "devlog.txt",
        "machine-snapshot.txt",
        "prolog.sh",
        "run.json",
        "spec.json",
        "testlog.p.txt",
        "testlog.txt",
    }
    assert ran.exit_status == 0


def test_the_run_says_what_real_ones_say(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK)
    run = lab.run("Functional.x").run
    metadata = dict(run.metadata)
    assert (run.name, run.status, run.schema_version) == ("Functional.x", "PASS", "1.0")
    assert run.duration_ms is not None
    assert abs(int(str(metadata.pop("start_time"))) - run.started_at.timestamp() * 1000) < 1000  # type: ignore[union-attr]
    assert str(metadata.pop("timestamp")).endswith("+00:00")
    assert metadata.pop("workspace") == str(lab.places.fuego_rw / "buildzone/here")
    assert str(metadata.pop("fuego_version")).startswith("stand-in ")
    assert str(metadata.pop("fuego_core_version")).startswith("stand-in ")
    assert metadata == {
        "board": "here",
        "build_number": "1",
        "compiled_on": "demolab",
        "host_name": "demolab",
        "job_name": "here.default.Functional.x",
        "keep_log": True,
        "kernel_version": os.uname().release,
        "reboot": False,
        "rebuild": False,
        "return_value": "0",
        "target_postcleanup": True,
        "target_precleanup": True,
        "test_plan": "None",
        "test_spec": "default",
        "toolchain": "x86_64",
    }


def test_attachments_are_the_files_that_are_there_without_the_prolog(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK)
    ran = lab.run("x", phases="pra")
    paths = {one.path for one in ran.run.attachments}
    assert paths == {"devlog.txt", "consolelog.txt", "spec.json"}


def test_what_is_printed_is_what_the_console_log_holds(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK)
    ran = lab.run("x")
    assert ran.text("consolelog.txt") == ran.printed
    assert "##### doing fuego phase: run ########\nit is OK\n" in ran.printed


def test_a_short_name_and_a_boards_prefix_will_do(lab: Lab) -> None:
    lab.add_test("Benchmark.x", SAYS_OK)
    ran = lab.run("x", board="he")
    assert (ran.run.name, ran.run.text("board")) == ("Benchmark.x", "here")


# ---- results


def test_a_count_that_differs_is_a_fail(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK.replace("it is OK", "it is not"))
    ran = lab.run("x")
    assert (ran.exit_status, ran.run.status, ran.cases) == (1, "FAIL", {"x": "FAIL"})


def test_a_program_that_fails_is_a_fail_without_a_parser(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_run() { report "exit 7"; }')
    ran = lab.run("x")
    assert (ran.exit_status, ran.run.status, ran.run.text("return_value")) == (1, "FAIL", "7")


def test_each_test_case_of_a_parser_is_in_the_run(lab: Lab) -> None:
    lab.add_example("Functional.fails")
    ran = lab.run("fails")
    assert ran.cases == {"one_is_one": "PASS", "one_is_two": "FAIL"}
    assert (ran.exit_status, ran.run.status) == (1, "FAIL")


def test_measurements_come_with_their_units(lab: Lab) -> None:
    lab.add_example("Benchmark.memory_and_sort")
    ran = lab.run("memory_and_sort", spec="quick")
    found = {
        f"{case.name}.{one.name}": (one.measure, one.extra["unit"])
        for _, case in ran.run.cases()
        for one in case.measurements
    }
    assert {name: unit for name, (_, unit) in found.items()} == {
        "memory.copy": "MiB/s",
        "memory.fill": "MiB/s",
        "sort.time": "ms",
    }
    assert all(isinstance(value, float) and value > 0 for value, _ in found.values())
    assert ran.exit_status == 0


def test_letters_beyond_ascii_stay_what_they_are(lab: Lab) -> None:
    lab.add_example("Functional.umlaut")
    ran = lab.run("umlaut")
    assert ran.cases == {"größe": "PASS", "日本": "PASS", "naïve_café": "SKIP"}
    assert "größe".encode() in (ran.folder / "run.json").read_bytes()
    for name in ("testlog.txt", "consolelog.txt"):
        assert "Grüße aus dem Labor: ä ö ü ß € – ✓" in ran.text(name)


def test_bytes_that_are_no_utf8_are_replaced(lab: Lab) -> None:
    lab.add_example("Functional.umlaut")
    ran = lab.run("umlaut")
    for name in ("testlog.txt", "consolelog.txt"):
        assert "Gr\ufffd\ufffde" in ran.text(name)


def test_a_parser_that_fails_is_an_error(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK, parser_py="raise SystemExit(4)\n")
    ran = lab.run("x")
    assert (ran.exit_status, ran.run.status) == (3, "ERROR")
    assert ran.reason == "parser.py failed (exit status 4)"


def test_a_parser_that_finds_nothing_is_an_error(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK, parser_py="import common, sys\nsys.exit(common.process({}))\n")
    assert lab.run("x").reason == "parser.py found no results in the test log"


# ---- what a test can do wrong


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("test_pre_check() { assert_define NOBODY_SET_THIS; }", "NOBODY_SET_THIS is not defined"),
        ("test_pre_check() { assert_has_program no-such-thing; }", "the board has no program no-such-thing"),
        ('test_pre_check() { echo "$(abort_job "from a subshell")"; }', "from a subshell"),
        ("test_build() { return 5; }", "the build failed (build returned 1)"),
        ("test_deploy() { put nothing $BOARD_TESTDIR/; }", "putting the test on the board failed"),
        ("test_run() { exit 3; }", "the test's script ended in the phase run (exit status 3)"),
        ("test_deploy() { true; }", "fuego_test.sh has no function test_run"),
        ("test_run() { target_reboot; }", "target_reboot is not part of the stand-in"),
        ("if then", "fuego_test.sh cannot be used"),
        ("gitrepo=https://example.org/x.git", "does not clone"),
    ],
)
def test_a_test_that_cannot_go_on_is_an_error_with_the_reason(lab: Lab, script: str, reason: str) -> None:
    lab.add_test("Functional.x", script)
    ran = lab.run("x")
    assert (ran.exit_status, ran.run.status) == (3, "ERROR")
    assert reason in ran.reason
    assert reason in ran.printed


def test_a_missing_compiler_is_named(lab: Lab) -> None:
    lab.add_example("Functional.hello_world")
    ran = lab.run("hello_world", environ={"CC": "no-such-gcc"})
    assert (ran.run.status, ran.exit_status) == ("ERROR", 3)
    assert ran.reason == "the build failed, and there is no C compiler here (no-such-gcc): install one"


def test_after_an_abort_the_log_is_kept_and_the_board_is_clean(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_run() { report "echo so far"; abort_job "no further"; }')
    ran = lab.run("x")
    assert ran.text("testlog.txt") == "so far\n"
    assert not list(lab.board_folder.iterdir())


def test_a_test_that_removes_its_run_folder_still_has_a_run(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_run() { rm -rf "$LOGDIR"; }')
    ran = lab.run("x")
    assert (ran.exit_status, ran.run.status) == (3, "ERROR")


# ---- variables


def test_the_specs_and_the_calls_variables_get_the_tests_name(lab: Lab) -> None:
    lab.add_test(
        "Functional.my-x",
        'test_run() { report "echo $FUNCTIONAL_MY_X_A $FUNCTIONAL_MY_X_B $FUNCTIONAL_MY_X_C"; }',
        spec_json=json.dumps({"specs": {"some": {"A": "1", "b": 2, "C": True}}}),
    )
    ran = lab.run("my-x", spec="some", dynamic_vars={"B": "zwölf"})
    assert ran.text("testlog.txt") == "1 zwölf true\n"
    assert json.loads(ran.text("spec.json")) == {
        "testName": "Functional.my-x",
        "specs": {"some": {"A": "1", "B": "zwölf", "C": "true"}},
    }


def test_stored_variables_win_over_the_board_file_and_fuegos_own_over_both(lab: Lab) -> None:
    lab.add_board("two", BOARD_TWO)
    (lab.places.fuego_rw / "boards").mkdir()
    (lab.places.fuego_rw / "boards/two.vars").write_text('COLOUR="stored"\n')
    lab.add_test("Functional.x", 'test_run() { report "echo $COLOUR $TESTDIR"; }')
    assert lab.run("x", board="two").text("testlog.txt") == "stored Functional.x\n"


BOARD_TWO = """
BOARD_TESTDIR="${FUEGO_RW}/tests/two"
TRANSPORT="local"
COLOUR="board"
TESTDIR="Functional.forged"
PASSWORD="open-sesame"
"""


def test_only_fuegos_folders_are_filled_in(lab: Lab) -> None:
    lab.add_board("two", BOARD_TWO + 'WHERE="$FUEGO_RO/a:${FUEGO_CORE}/b:$HOME:$FUEGO_ROOT"\n')
    lab.add_test("Functional.x", "test_run() { printf '%s' \"$WHERE\" > $LOGDIR/where.txt; }")
    ran = lab.run("x", board="two")
    assert ran.text("where.txt") == f"{lab.places.fuego_ro}/a:{lab.places.fuego_core}/b:$HOME:$FUEGO_ROOT"


def test_the_boards_password_is_in_no_programs_environment(lab: Lab) -> None:
    lab.add_board("two", BOARD_TWO)
    lab.add_test("Functional.x", 'test_run() { report env; log_this env; echo "$PASSWORD" > $LOGDIR/shell.txt; }')
    ran = lab.run("x", board="two")
    assert "open-sesame" not in ran.text("testlog.txt")
    assert ran.text("shell.txt") == "open-sesame\n"
    assert (ran.folder / "prolog.sh").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "value",
    [
        "$(touch MARK)",
        "`touch MARK`",
        "'; touch MARK; '",
        '\\"; touch MARK; \\"',
        "a\ntouch MARK\n",
        "${IFS}touch MARK",
    ],
)
def test_what_stands_in_a_board_file_never_runs(lab: Lab, tmp_path: Path, value: str) -> None:
    mark = tmp_path / "mark"
    lab.add_board("bad", BOARD_TWO + f'NICE="{value.replace("MARK", str(mark))}"\n')
    lab.add_test("Functional.x", 'test_pre_check() { assert_define NICE; }\ntest_run() { report "echo fine"; }')
    assert lab.run("x", board="bad").run.status == "PASS"
    assert not mark.exists()


def test_a_board_file_sets_nothing_that_is_the_shells_own(lab: Lab, tmp_path: Path) -> None:
    lab.add_board("bad", BOARD_TWO + 'PATH="/nowhere"\nLD_PRELOAD="/x.so"\nSTANDIN_PHASES="r"\n')
    lab.add_test("Functional.x", SAYS_OK)
    ran = lab.run("x", board="bad")
    assert ran.run.status == "PASS"
    assert "nowhere" not in ran.text("prolog.sh")


# ---- the options


def test_only_the_phases_that_are_asked_for_run(lab: Lab) -> None:
    lab.add_test("Functional.x", "test_build() { echo building; }\ntest_run() { echo running; }")
    ran = lab.run("x", phases="bp")
    assert [line for line in ran.printed.splitlines() if "phase" in line][:2] == [
        "##### doing fuego phase: pre_test ########",
        "##### doing fuego phase: build ########",
    ]
    assert "running" not in ran.printed
    assert (ran.exit_status, ran.run.status) == (0, "SKIP")
    assert ran.reason == "only the phases bp were asked for, so there is no result"


def test_a_second_run_builds_only_if_it_must(lab: Lab) -> None:
    folder = lab.add_test("Functional.x", "test_build() { echo building; }\n" + SAYS_OK)
    assert "building" in lab.run("x").printed
    assert "already built" in lab.run("x").printed
    assert "building" in lab.run("x", rebuild=True).printed
    (folder / "source.c").write_text("new")
    assert "building" in lab.run("x").printed


def test_a_build_that_failed_is_tried_again(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_build() { [ -n "$TRY_AGAIN" ]; }\n' + SAYS_OK)
    assert lab.run("x").run.status == "ERROR"
    assert lab.run("x", environ={"TRY_AGAIN": "yes"}).run.status == "PASS"


def test_the_boards_folder_is_cleaned_unless_told_otherwise(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_run() { report "cd $BOARD_TESTDIR/fuego.$TESTDIR; echo >> n; wc -l < n"; }')
    assert lab.run("x", postcleanup=False).text("testlog.txt") == "1\n"
    assert lab.run("x", precleanup=False, postcleanup=False).text("testlog.txt") == "2\n"
    assert lab.run("x").text("testlog.txt") == "1\n"
    assert not list(lab.board_folder.iterdir())


def test_by_hand_build_numbers_count_up_for_each_board_and_spec(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK, spec_json='{"specs": {"other": {}}}')
    names = [lab.run("x").folder.name, lab.run("x").folder.name, lab.run("x", spec="other").folder.name]
    assert names == ["here.default.1.1", "here.default.2.2", "here.other.1.1"]


def test_jenkins_build_number_is_taken_and_never_written_over(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK)
    environ = {"BUILD_NUMBER": "7", "BUILD_ID": "7", "JOB_NAME": "remote-request-here"}
    first, second = lab.run("x", environ=environ), lab.run("x", environ=environ)
    assert (first.folder.name, second.folder.name) == ("here.default.7.7", "here.default.8.7")
    assert first.run.text("build_number") == second.run.text("build_number") == "7"
    assert first.run.text("job_name") == "remote-request-here"


def test_a_batch_id_comes_from_the_environment_or_is_made(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_run() { report "echo $FUEGO_BATCH_ID"; }')
    assert lab.run("x").run.text("batch_id") == ""
    given = lab.run("x", environ={"FUEGO_BATCH_ID": "c-1"}, batch=True)
    assert (given.run.text("batch_id"), given.text("testlog.txt")) == ("c-1", "c-1\n")
    assert lab.run("x", batch=True).run.text("batch_id").startswith("batch-")


# ---- what cannot be carried out: one line, and nothing was made


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"test": "nope"}, "-t nope: there is no test 'nope' in "),
        ({"test": "Functional.nope"}, "-t Functional.nope: there is no such test in "),
        ({"test": "../x"}, "-t ../x: there is no test '../x'"),
        ({"board": "zz"}, "-b zz: there is no board 'zz'; known: far, here, hero"),
        ({"board": "he"}, "-b he: 'he' is ambiguous: here, hero"),
        ({"board": "../here"}, "-b ../here: there is no board"),
        ({"board": "far"}, '-b far: its TRANSPORT is ssh; without Fuego, only boards with TRANSPORT="local"'),
        ({"spec": "big"}, "-s big: Functional.x has no such spec; it has: default, small"),
        ({"spec": "a/b"}, "-s: 'a/b' is no spec name"),
        ({"reboot": True}, "--reboot true: the stand-in's board is this machine"),
        ({"phases": "pbdm"}, "-p pbdm: the stand-in has no phase m"),
        ({"phases": "pq"}, "-p pq: 'q' is no phase"),
        ({"timeout": 0}, "--timeout 0: at least one second"),
        ({"board": "hero"}, "-b hero: its BOARD_TESTDIR is no plain absolute path: "),
        ({"environ": {"BUILD_NUMBER": "7/../x"}}, "BUILD_NUMBER is no number: '7/../x'"),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_one_line(lab: Lab, options: dict[str, object], line: str) -> None:
    lab.add_board("far", 'TRANSPORT="ssh"\nBOARD_TESTDIR="/home/a"\n')
    lab.add_board("hero", 'TRANSPORT="local"\nBOARD_TESTDIR="/tmp/x\'; touch y; \'"\n')
    lab.add_test("Functional.x", SAYS_OK, spec_json='{"specs": {"small": {}}}')
    with pytest.raises(StandinError) as caught:
        lab.run(**{"test": "x", **options})  # type: ignore[arg-type]
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert not list(lab.places.fuego_rw.glob("logs/*/*"))


@pytest.mark.parametrize("board", ["local", "docker"])
def test_real_board_files_of_this_machine_run_tests(lab: Lab, shared_data: Path, board: str) -> None:
    lab.add_board(board, (shared_data / f"fuego/boards/{board}.board").read_text("utf-8"))
    lab.add_test("Functional.x", 'function test_run {\n    report "echo $BOARD_TESTDIR"\n}\n')
    assert lab.run("x", board=board).text("testlog.txt") == f"{lab.places.fuego_rw}/tests\n"


@pytest.mark.parametrize(("board", "transport"), [("bbb", "ssh"), ("beaglebone-serial", "serial")])
def test_real_boards_elsewhere_are_refused(lab: Lab, shared_data: Path, board: str, transport: str) -> None:
    lab.add_board(board, (shared_data / f"fuego/boards/{board}.board").read_text("utf-8"))
    lab.add_test("Functional.x", SAYS_OK)
    with pytest.raises(StandinError, match=f"its TRANSPORT is {transport}"):
        lab.run("x", board=board)


def test_a_broken_spec_file_is_named(lab: Lab) -> None:
    lab.add_test("Functional.x", SAYS_OK, spec_json="[1")
    with pytest.raises(StandinError, match=r"spec\.json: is no spec file"):
        lab.run("x")
