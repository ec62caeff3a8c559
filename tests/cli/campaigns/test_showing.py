"""How a campaign looks on a terminal, in a log, and to a script."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.cli.campaigns.showing import LOOKED_AT, draw, show
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.campaigns import Campaign
from fuego_jenkins_remote.network.campaigns import Part, matrix
from fuego_jenkins_remote.network.states import State


def part(number: int, board: str, status: str = "PASS", **values: Any) -> Part:
    usual = {"test": "Functional.a", "spec": "default", "selector": f"lab:{board}", "state": State.DONE}
    where = {"host": "lab", "board": board}
    return Part(id=f"20261123-101500123-aaaaaa{number:02}", status=status, **{**usual, **where, **values})


def campaign(*parts: Part) -> Campaign:
    return Campaign(
        id="c-20261123-101500123-aaaaaaaa",
        name="Grüße",
        requester="ann",
        team="annslab",
        created_at=None,
        ended_at=None,
        total=len(parts),
        ended=0,
        counts={},
        raw={"id": "c-…", "requests": []},
        version=1,
        notes="",
        private=True,
        round=2,
        parts=parts,
    )


def test_a_table_that_fits_has_boards_across_as_they_are_called(capsys: pytest.CaptureFixture[str]) -> None:
    draw(Session(), matrix([part(1, "one"), part(2, "two", "FAIL")]), width=80)
    assert capsys.readouterr().out.splitlines() == [
        "test          lab:one  lab:two",
        "Functional.a  PASS     FAIL",
    ]


def test_a_wide_table_is_shown_test_by_test_in_the_terminals_width(capsys: pytest.CaptureFixture[str]) -> None:
    draw(Session(), matrix([part(n, f"board{n:02}", "FAIL" if n == 7 else "PASS") for n in range(40)]), width=80)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Functional.a", "  FAIL       lab:board07"]
    assert lines[2].startswith("  PASS       lab:board00, ")
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(lines).count("lab:board") == 40


def test_several_in_one_place_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = [part(n, "", "", host="", selector="arch=arm", state=State.PENDING) for n in range(3)]
    draw(Session(), matrix(waiting), width=20)
    assert "pending    arch=arm (3)" in capsys.readouterr().out


def test_what_failed_is_listed_with_where_to_read_on(capsys: pytest.CaptureFixture[str]) -> None:
    failed = part(1, "one", "FAIL", run_url="https://v/runs/1")
    broken = part(2, "two", "", state=State.ERROR, reason="cc: not found")
    show(Session(), campaign(failed, broken, part(3, "three")))
    out = capsys.readouterr().out
    assert "by         ann (annslab, private)\n" in out
    assert "put again  2 times\n" in out
    assert f"FAIL Functional.a on lab:one ({failed.id}): https://v/runs/1\n" in out
    assert f"error Functional.a on lab:two ({broken.id}): cc: not found\n" in out
    assert "lab:three (" not in out


def test_many_that_failed_are_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    show(Session(), campaign(*(part(n, f"b{n}", "FAIL") for n in range(LOOKED_AT + 3))))
    assert "and 3 more: ftc show-campaign -v c-20261123-101500123-aaaaaaaa" in capsys.readouterr().out


def test_scripts_get_ids_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    one = campaign(part(1, "one"), part(2, "two"))
    show(Session(quiet=True), one)
    assert capsys.readouterr().out.split() == [one.parts[0].id, one.parts[1].id]
    show(Session(as_json=True), one)
    assert capsys.readouterr().out.startswith('{\n  "id": "c-…"')


def test_what_others_wrote_does_not_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show(Session(), campaign(part(1, "one", "\x1b[2J", reason="\x1b]0;x\x07")))
    assert "\x1b" not in capsys.readouterr().out
