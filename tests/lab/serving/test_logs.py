"""What the lab writes to its log is plain, whatever others have said."""

from __future__ import annotations

import logging

from fuego_jenkins_remote.lab.serving.logs import PlainFormatter


def _record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    trouble = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("fuego.lab", logging.WARNING, __file__, 1, "%s", (message,), trouble)


def test_what_a_terminal_acts_upon_is_escaped_and_a_record_is_a_line() -> None:
    said = PlainFormatter().format(_record("Größe\x1b]0;x\x07 \x9b31m\r\nlab ready: all well"))
    assert said == "Größe\\x1b]0;x\\x07 \\x9b31m\\r\\nlab ready: all well"


def test_a_traceback_keeps_its_lines_and_is_plain() -> None:
    try:
        raise ValueError("\x1b[2J")
    except ValueError as error:
        lines = PlainFormatter().format(_record("a fault", error)).splitlines()
    assert lines[0] == "a fault"
    assert lines[-1] == "ValueError: \\x1b[2J"
    assert "\x1b" not in "".join(lines)
