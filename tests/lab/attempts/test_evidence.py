"""What a console's end says of a board or a toolchain that was not there; and what it does not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.lab.attempts.evidence import MAX_LINES, look
from fuego_jenkins_remote.network.reasons import Reason


def _console(*parts: str) -> str:
    """Headings as Fuego writes them, for words without a blank; lines as they are."""
    return "\n".join(part if " " in part else f"##### doing fuego phase: {part} ########" for part in parts) + "\n"


ABORTED = "*** ABORTED ***\n"


@pytest.mark.parametrize(
    "line",
    [
        "ssh: connect to host 192.0.2.9 port 22: No route to host",
        "ssh: connect to host bbb port 2222: Connection timed out",
        "ssh: Could not resolve hostname bbb.lab: Name or service not known",
        "kex_exchange_identification: Connection closed by remote host",
        "client_loop: send disconnect: Broken pipe",
        "Timeout, server 192.0.2.9 not responding.",
        "Connection to 192.0.2.9 closed by remote host.",
        "lost connection",
        "Fuego error reason: Cannot perform ov_transport_connect",
        "Fuego error reason: target not responding after reboot",
    ],
)
@pytest.mark.parametrize("phase", ["pre_test", "deploy", "run"])
def test_a_board_that_is_not_there(line: str, phase: str) -> None:
    found = look(_console("pre_test", "all is well", phase, line, ABORTED))
    assert found is not None
    assert (found.reason, found.line) == (Reason.UNREACHABLE, line)


@pytest.mark.parametrize(
    "line",
    [
        "/bin/sh: 1: arm-linux-gnueabihf-gcc: not found",
        "make: arm-linux-gnueabihf-gcc: No such file or directory",
        "fuego_test.sh: line 7: aarch64-linux-gnu-gcc-12: command not found",
        "configure: error: no acceptable C compiler found in $PATH",
        "Fuego error reason: the build failed, and there is no C compiler here (gcc): install one",
        "Fuego error reason: Missing toolchain setup script /fuego-ro/toolchains/debian-armhf-tools.sh",
    ],
)
def test_a_toolchain_that_is_not_there(line: str) -> None:
    found = look(_console("pre_test", "pre_check", "build", line, "make: *** [Makefile:3: hello] Error 127"))
    assert found is not None
    assert (found.reason, found.line) == (Reason.TOOLCHAIN, line)


def test_a_need_of_the_test_that_the_board_does_not_meet() -> None:
    reason = "the board has no program iperf3, which Functional.net needs"
    console = _console("pre_test", "pre_check", ABORTED, f"Fuego error reason: {reason}", "post_test", "processing")
    found = look(console)
    assert found is not None
    assert (found.reason, found.line) == (Reason.PRE_CHECK, reason)


@pytest.mark.parametrize(
    ("what", "console"),
    [
        ("nothing", ""),
        ("a build that fails of its own", _console("build", "hello.c:3: error: 'x' undeclared", "make: *** Error 1")),
        ("a compiler that the test looks for on the board", _console("build", "run", "sh: gcc: command not found")),
        ("a phase after the checks that gives up", _console("run", "Fuego error reason: no function test_run")),
        ("a missing header", _console("build", "hello.c:1:10: fatal error: gcc.h: No such file or directory")),
        (
            "a board that was away while it started",
            _console("pre_test", "ssh: connect to host bbb port 22: Connection refused", "build", "run", "Segfault"),
        ),
        ("a console without headings, of another Fuego", "Fuego error reason: something else\n"),
        ("words within a line", _console("run", "the log says: ssh: connect to host a port 1: No route to host")),
    ],
)
def test_what_is_not_known_to_be_infrastructure_stays_a_run(what: str, console: str) -> None:
    assert look(console) is None, what


def test_only_the_end_of_a_console_is_looked_at() -> None:
    away = "ssh: connect to host bbb port 22: No route to host\n"
    assert look("run\n" + away + "more\n" * MAX_LINES) is None


@given(st.text())
def test_anything_can_be_looked_at(console: str) -> None:
    look(console)


def test_a_hostile_line_is_looked_at_quickly() -> None:
    for line in ("a: " * 100_000, "/" * 300_000, "gcc-" * 100_000, "Fuego error reason: " + "toolchai" * 50_000):
        look(line)
