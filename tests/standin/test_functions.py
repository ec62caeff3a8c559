"""The functions that fuego_test.sh calls, each as Fuego's documentation has it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fuego_jenkins_remote.standin.job import SCRIPTS

if TYPE_CHECKING:
    from tests.standin.conftest import Lab, Ran

    Call = Callable[..., tuple[str, Ran]]


@pytest.fixture
def call(lab: Lab, tmp_path: Path) -> Call:
    """Run some lines as test_run and give what they wrote to ``$OUT``."""

    def call(lines: str, **files: str) -> tuple[str, Ran]:
        out = tmp_path / "out"
        lab.add_test("Functional.x", f"OUT={out}\ntest_run() {{\n{lines}\n}}\n", **files)
        ran = lab.run("x")
        return (out.read_text("utf-8") if out.exists() else ""), ran

    return call


def test_report_begins_the_log_and_report_append_adds_to_it(call: Call) -> None:
    _, ran = call('report "echo old"\nreport "echo one; echo two >&2"\nreport_append "echo three"')
    assert ran.text("testlog.txt") == "one\ntwo\nthree\n"


def test_report_gives_what_the_command_gave(call: Call) -> None:
    out, _ = call('report "exit 5" || echo $? $REPORT_RETURN_VALUE > $OUT')
    assert out == "5 5\n"


def test_report_with_a_log_of_its_own_leaves_the_test_log_alone(call: Call) -> None:
    _, ran = call('report "echo in the log"\nreport "echo elsewhere" $LOGDIR/other.txt')
    assert (ran.text("testlog.txt"), ran.text("other.txt")) == ("in the log\n", "elsewhere\n")


def test_a_command_that_ends_in_a_comment_is_whole(call: Call) -> None:
    _, ran = call('report "echo yes # no"')
    assert ran.text("testlog.txt") == "yes\n"


def test_log_this_comes_after_the_boards_log(call: Call) -> None:
    _, ran = call('log_this "echo host"\nreport "echo board"')
    assert ran.text("testlog.txt") == "board\nhost\n"
    assert not (ran.folder / "hostlog.txt").exists()


def test_cmd_gives_output_and_result_and_is_noted(call: Call) -> None:
    out, ran = call('{ cmd "echo said; exit 3"; echo $?; } > $OUT')
    assert out == "said\n3\n"
    assert "cmd: echo said; exit 3\n" in ran.text("devlog.txt")


def test_put_and_get_copy_files_and_folders(call: Call) -> None:
    out, _ = call(
        """
        mkdir -p "folder with space/in" && echo 1 > "folder with space/in/a" && echo 2 > b
        put -r "folder with space" b $BOARD_TESTDIR/fuego.$TESTDIR/
        get "$BOARD_TESTDIR/fuego.$TESTDIR/folder with space/in/a" $BOARD_TESTDIR/fuego.$TESTDIR/b $LOGDIR/
        cat $LOGDIR/a $LOGDIR/b > $OUT
        """
    )
    assert out == "1\n2\n"


def test_put_of_a_folder_needs_the_option(call: Call) -> None:
    out, _ = call("mkdir d; put d $BOARD_TESTDIR/ || echo refused > $OUT")
    assert out == "refused\n"


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ('2 "^ok" p', "0"),
        ('1 "^ok" p', "1"),
        ('0 "^not ok" n', "1"),
        ('1 "^(not ok|grün)" n', "1"),
        ('0 "nothing" n', "0"),
        ('"" "^ok" p', "1"),
        ('2 "-v" p', "1"),
    ],
)
def test_log_compare_wants_just_that_many_lines(call: Call, arguments: str, result: str) -> None:
    script = f"""
        printf 'ok 1\\nnot ok 2\\nok 3\\ngrün \\374\\n' > $LOGDIR/testlog.txt
        log_compare "$TESTDIR" {arguments}; echo $? > $OUT
    """
    out, _ = call(script)
    assert out == f"{result}\n"


def test_log_compare_keeps_the_lines_it_found(call: Call) -> None:
    _, ran = call("printf 'ok 1\\nno\\n' > $LOGDIR/testlog.txt; log_compare x 1 '^ok' p")
    assert ran.text("testlog.p.txt") == "ok 1\n"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("is_on_target_path sh WHERE && echo $WHERE", "/bin/sh or /usr/bin/sh"),
        ("is_on_target_path no-such-thing WHERE || echo none:$WHERE", "none:"),
        ("is_on_target passwd WHERE /nowhere:/etc && echo $WHERE", "/etc/passwd"),
        ("check_has_program sh && test -x $PROGRAM_SH && echo yes", "yes"),
        ("check_has_program no-such || echo no", "no"),
        ("is_abs_path /a && ! is_abs_path a && echo yes", "yes"),
        ("VALUE=1; assert_define VALUE && echo yes", "yes"),
    ],
)
def test_what_the_board_has_can_be_asked(call: Call, line: str, result: str) -> None:
    out, _ = call(f"{{ {line}; }} > $OUT")
    assert out.strip() in result.split(" or ")


def test_what_one_phase_sets_the_next_one_has(lab: Lab) -> None:
    lab.add_test("Functional.x", 'test_pre_check() { KEPT=yes; }\ntest_run() { report "echo $KEPT"; }')
    assert lab.run("x").text("testlog.txt") == "yes\n"


def test_a_tests_own_cleanup_and_fetch_are_called(lab: Lab) -> None:
    lab.add_test(
        "Functional.x",
        """
        test_run() { report "echo board"; }
        test_fetch_results() { echo fetched > $LOGDIR/testlog.txt; }
        test_cleanup() { echo cleaned; }
        test_snapshot() { echo snapped; }
        """,
    )
    ran = lab.run("x")
    assert (ran.text("testlog.txt"), ran.text("machine-snapshot.txt")) == ("fetched\n", "snapped\n")
    assert "cleaned\n" in ran.printed


def test_shellcheck_finds_nothing() -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    scripts = sorted(SCRIPTS.glob("*.sh"))
    found = subprocess.run([shellcheck, "-x", "-P", SCRIPTS, *scripts], capture_output=True, text=True, check=False)
    assert found.stdout == ""
