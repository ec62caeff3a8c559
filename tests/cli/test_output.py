"""Three readers: a person, a script, a program."""

from __future__ import annotations

import json

import pytest

from fuego_jenkins_remote.cli.output import Output, printable

ROWS = [["demolab:größe", "läuft"], ["x:表", "frei"]]


def _table(**flags: bool) -> None:
    Output(**flags).table(("board", "state"), ROWS, bare=["a", "b"], data=[{"board": "größe"}], empty="none")


def test_a_person_gets_aligned_columns_a_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    _table()
    assert capsys.readouterr().out == "BOARD          STATE\ndemolab:größe  läuft\nx:表           frei\n"


def test_a_row_is_never_broken_however_long_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("a", "b"), [["x" * 300, "y"]], bare=[], data=None, empty="")
    assert capsys.readouterr().out.count("\n") == 2


def test_a_script_gets_bare_values(capsys: pytest.CaptureFixture[str]) -> None:
    _table(quiet=True)
    assert capsys.readouterr().out == "a\nb\n"


def test_a_program_gets_json_also_with_q(capsys: pytest.CaptureFixture[str]) -> None:
    _table(quiet=True, as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"board": "größe"}]


@pytest.mark.parametrize("sign", ["\x1b", "\x7f", "\x9b", "\u202e", "\u2028", "\U000e0001"])
def test_json_holds_nothing_that_a_terminal_acts_upon(capsys: pytest.CaptureFixture[str], sign: str) -> None:
    Output(as_json=True).json({"notes": f"größe{sign}31m"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"notes": f"größe{sign}31m"}
    assert out.replace("\n", "").isprintable()


def test_nothing_to_show_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("a",), [], bare=[], data=[], empty="no boards")
    assert capsys.readouterr() == ("", "no boards\n")


def test_notes_are_silent_with_q(capsys: pytest.CaptureFixture[str]) -> None:
    Output(quiet=True).note("progress")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größe 表", "größe 表"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("one\ntwo", "one\ntwo"),
        ("bell\a", "bell\\x07"),
    ],
)
def test_what_a_terminal_would_act_upon_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_cell_has_no_line_ends() -> None:
    assert printable("one\ntwo", lines=False) == "one two"


def test_on_a_terminal_markup_in_a_value_is_only_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Output().table(("a",), [["[bold]x[/bold] :smile:"]], bare=[], data=None, empty="")
    assert "[bold]x[/bold] :smile:" in capsys.readouterr().out


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))


def test_a_narrow_terminal_folds_between_words_and_leaves_ids_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch, 60)
    row = ["20261124-001103248-ksaxjhnn", "arm64", "a board on a desk, with a lamp beside it"]
    Output().table(("request", "arch", "description"), [row], bare=[], data=None, empty="")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2:] == [
        "20261124-001103248-ksaxjhnn  arm64  a board on a desk, with",
        "                                    a lamp beside it",
    ]


def test_what_is_too_wide_for_the_terminal_is_a_line_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch, 40)
    row = ["20261124-001103248-ksaxjhnn", "Functional.hello_world", "a board"]
    Output().table(("request", "test", "where"), [row], bare=[], data=None, empty="")
    assert "20261124-001103248-ksaxjhnn  Functional.hello_world  a board" in capsys.readouterr().out
