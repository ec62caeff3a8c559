"""How a board is checked: what boards.yaml says under `check`, and what is done where it says nothing.

boards:
  bbb:
    check:
      test: Functional.fuego_board_check    # run through Jenkins, in the board's own job
      reboot: true                          # before that test, as `ftc run-test --reboot true` does it
      command: [/srv/lab/check-board, bbb]  # run where the bridge runs; with a test, before it
      timeout: 10m                          # for each of the two; 10m if it is not there
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_test_name, parse_timeout

BOARD_CHECK = "Functional.fuego_board_check"
"""Fuego's own test of a board: what is run where boards.yaml names nothing and it is installed."""
TIMEOUT = 600
"""Seconds for a check."""
_KEYS = frozenset({"test", "reboot", "command", "timeout"})


@dataclass(frozen=True, kw_only=True)
class BoardCheck:
    """A test, a command, or both, the command first; `timeout` in seconds is for each."""

    test: str = ""
    command: tuple[str, ...] = ()
    reboot: bool = False
    timeout: int = TIMEOUT

    def words(self) -> str:
        """What is done, for people."""
        test = f"{self.test}{' after a reboot' if self.reboot else ''}" if self.test else ""
        return " and ".join(part for part in (self.command[0] if self.command else "", test) if part)


def read_check(values: object, fuego_core: Path) -> BoardCheck | None:
    """Read a board's `check`, or give the default one; None where no check is possible. Raises ValueError.

    The default is BOARD_CHECK where it is installed in `fuego_core`, as the bridge sees that folder.
    """
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ValueError(f"check has values of its own: {', '.join(sorted(_KEYS))}")
    if unknown := [str(key) for key in values if key not in _KEYS]:
        raise ValueError(f"check: unknown key {unknown[0]!r} (known: {', '.join(sorted(_KEYS))})")
    command, test, reboot = _command(values.get("command")), _test(values.get("test")), values.get("reboot", False)
    if not isinstance(reboot, bool):
        raise ValueError("check: reboot is true or false")
    if not command and not test and (fuego_core / "tests" / BOARD_CHECK / "fuego_test.sh").is_file():
        test = BOARD_CHECK
    if reboot and command and not test:
        raise ValueError("check: it is the test that reboots the board: name a test, too, or let the command do it")
    if not command and not test:
        return None
    return BoardCheck(test=test, command=command, reboot=reboot, timeout=_timeout(values.get("timeout", TIMEOUT)))


def _command(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(one, str | int | float) for one in value):
        raise ValueError("check: command is a list, like [/srv/lab/check-board, bbb]: a program and its arguments")
    words = tuple(str(one) for one in value)
    if not words[0].startswith("/") or any("\0" in word for word in words):
        raise ValueError("check: command begins with a program's whole path, like /srv/lab/check-board")
    return words


def _test(value: object) -> str:
    if value is None:
        return ""
    try:
        return check_test_name(str(value))
    except BadName as error:
        raise ValueError(f"check: test: {error.what}") from error


def _timeout(value: object) -> int:
    try:
        return parse_timeout(str(value))
    except BadName as error:
        raise ValueError(f"check: timeout: {error.what}") from error
