"""The job's script, started without a prepared attempt: it asks the bridge, and says clearly how that went."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

REQUEST = "20261123-101500123-k3j7x2m4"


def _asked(lab: Any) -> list[str]:
    """What the script has asked, in words, once it has."""
    file = lab.dir / "asked" / "bbb.ask"
    lab.wait_for(file.exists)
    return str(file.read_text()).split()


def _answer(lab: Any, words: str) -> None:
    partial = lab.dir / "asked" / ".answer"
    partial.write_text(f"{words}\n")
    partial.rename(lab.dir / "asked" / "bbb.answer")


def _ended(build: subprocess.Popen[str]) -> tuple[int, str]:
    console, _ = build.communicate(timeout=90)
    return build.returncode, console


def test_without_a_request_the_console_says_how_to_put_one(lab: Any) -> None:
    status, console = lab.run(REQUEST_ID="")
    assert status == 3
    assert "REQUEST_ID names none. Put a request: ftc put-request HOST:BOARD -t TEST" in console
    assert not (lab.dir / "asked").exists()


def test_it_asks_for_its_board_with_a_nonce_and_its_build(lab: Any) -> None:
    build = lab.start(ATTEMPT="")
    nonce, request, number = _asked(lab)
    assert re.fullmatch("[0-9a-f]{32}", nonce)
    assert (request, number) == (REQUEST, "7")
    _answer(lab, f"{nonce} no enough")
    _ended(build)


@pytest.mark.parametrize("given", ["", "1"])
def test_it_goes_on_as_the_attempt_that_the_bridge_names(lab: Any, given: str) -> None:
    build = lab.start(ATTEMPT=given)
    nonce, *_ = _asked(lab)
    lab.prepare()
    shutil.move(lab.request, lab.request.with_name(f"{REQUEST}.3"))
    _answer(lab, f"{nonce} attempt 3")
    status, console = _ended(build)
    assert status == 0, console
    assert (lab.dir / "outbox" / f"{REQUEST}.3" / "outcome.json").exists()


@pytest.mark.slow
def test_a_bridge_that_makes_the_request_ready_is_waited_for(lab: Any) -> None:
    lab.with_waits(ask=3)  # whole seconds of bash's clock: at least one
    build = lab.start(ATTEMPT="")
    nonce, *_ = _asked(lab)
    _answer(lab, f"{nonce} wait")
    with pytest.raises(subprocess.TimeoutExpired):
        build.wait(3.2)
    lab.prepare()
    _answer(lab, f"{nonce} attempt 1")
    assert _ended(build)[0] == 0


def test_a_no_is_passed_on_and_the_board_is_not_touched(lab: Any) -> None:
    build = lab.start(ATTEMPT="")
    nonce, *_ = _asked(lab)
    _answer(lab, f"{nonce} no request {REQUEST} is over: done. Put a new one: ftc put-request")
    status, console = _ended(build)
    assert status == 3
    assert f"not run: request {REQUEST} is over: done." in console
    assert not (lab.rw / "seen.args").exists()
    assert not (lab.dir / "requests").exists()


def test_an_answer_to_another_build_is_none(lab: Any) -> None:
    lab.with_waits(ask=1)
    (lab.dir / "asked").mkdir(parents=True)
    _answer(lab, "0123456789abcdef0123456789abcdef attempt 1")
    lab.prepare()
    status, console = lab.run(ATTEMPT="")
    assert status == 3
    assert "no bridge answered" in console


def test_nobody_there_is_said(lab: Any) -> None:
    lab.with_waits(ask=1)
    status, console = lab.run(ATTEMPT="")
    assert status == 3
    assert console.splitlines() == [
        f"remote-request: no attempt of {REQUEST} is prepared for bbb: asking the lab's bridge",
        "remote-request: not run: no bridge answered within the time: the lab's bridge (ftc lab serve) does not run,"
        " or cannot reach the hub",
    ]


def test_an_abort_while_it_asks_ends_it(lab: Any) -> None:
    build = lab.start(ATTEMPT="")
    _asked(lab)
    build.terminate()
    status, console = _ended(build)
    assert status == 3
    assert "the build was stopped while it asked" in console


@pytest.mark.parametrize("words", ["attempt 0", "attempt ../1", "attempt $(id)", "attempt"])
def test_an_answer_that_is_none_is_not_believed(lab: Any, words: str) -> None:
    lab.with_waits(ask=1)
    lab.prepare()
    build = lab.start(ATTEMPT="")
    nonce, *_ = _asked(lab)
    _answer(lab, f"{nonce} {words}")
    status, _ = _ended(build)
    assert status in (1, 3)
    assert not (lab.rw / "seen.args").exists()


def test_an_attempt_of_another_board_is_left_alone(lab: Any) -> None:
    lab.prepare()
    (lab.request / "board").write_text("qemu-arm\n")
    build = lab.start(ATTEMPT="")
    nonce, *_ = _asked(lab)
    _answer(lab, f"{nonce} attempt 1")
    status, console = _ended(build)
    assert status == 1
    assert "is for the board 'qemu-arm', not for 'bbb'" in console


def test_what_a_terminal_acts_upon_is_taken_out_of_a_no(lab: Any) -> None:
    build = lab.start(ATTEMPT="")
    nonce, *_ = _asked(lab)
    _answer(lab, f"{nonce} no \x1b[31mred")
    assert "\x1b" not in _ended(build)[1]


def test_a_link_in_the_place_of_its_file_is_not_written_through(lab: Any, tmp_path: Path) -> None:
    lab.with_waits(ask=1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (lab.dir / "asked").mkdir(parents=True)
    for name in (".bbb.ask", "bbb.ask"):
        (lab.dir / "asked" / name).symlink_to(elsewhere)
    lab.run(ATTEMPT="")
    assert elsewhere.read_text() == "mine"


def test_an_attempt_that_was_run_already_is_said(lab: Any) -> None:
    lab.prepare()
    assert lab.run()[0] == 0
    status, console = lab.run()
    assert status == 3
    assert f"another build has run {REQUEST}.1, or refused it" in console
