"""How a board is checked: by boards.yaml, else by Fuego's own test of a board, else not at all."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.lab.care.wanted import BOARD_CHECK, BoardCheck
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import BadLabFile


def _says(lab: LabConfig, check: str) -> None:
    (lab.conf_dir / "boards.yaml").write_text(f"boards: {{bbb: {{check: {check}}}}}\n")


def _install_board_check(lab: LabConfig) -> None:
    (lab.fuego_core / "tests" / BOARD_CHECK).mkdir()
    (lab.fuego_core / "tests" / BOARD_CHECK / "fuego_test.sh").touch()


def test_without_a_word_fuegos_own_test_of_a_board_is_run(lab: LabConfig) -> None:
    _install_board_check(lab)
    assert lab.board_check("bbb") == BoardCheck(test=BOARD_CHECK)


def test_without_a_word_and_without_that_test_no_check_is_possible(lab: LabConfig) -> None:
    assert lab.board_check("bbb") is None


def test_all_of_it(lab: LabConfig) -> None:
    _says(lab, "{reboot: true, test: Functional.mine, command: [/srv/lab/check, bbb, 7], timeout: 5m}")
    assert lab.board_check("bbb") == BoardCheck(
        test="Functional.mine", command=("/srv/lab/check", "bbb", "7"), reboot=True, timeout=300
    )


def test_a_command_alone_needs_no_test(lab: LabConfig) -> None:
    _install_board_check(lab)
    _says(lab, "{command: [/srv/lab/check], timeout: 30}")
    assert lab.board_check("bbb") == BoardCheck(command=("/srv/lab/check",), timeout=30)


@pytest.mark.parametrize(
    ("check", "why"),
    [
        ("yes please", "check has values of its own: command, reboot, test, timeout"),
        ("{when: now}", "unknown key 'when'"),
        ("{command: /srv/lab/check bbb}", "command is a list"),
        ("{command: []}", "command is a list"),
        ("{command: [check, bbb]}", "begins with a program's whole path"),
        ("{reboot: soon}", "reboot is true or false"),
        ("{reboot: true, command: [/srv/lab/check]}", "it is the test that reboots"),
        ("{test: ../x}", "check: test:"),
        ("{test: Functional.x, timeout: forever}", "check: timeout:"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_board(lab: LabConfig, check: str, why: str) -> None:
    _says(lab, check)
    with pytest.raises(BadLabFile, match=r"boards.yaml: board bbb: check") as caught:
        lab.board_check("bbb")
    assert why in str(caught.value)
