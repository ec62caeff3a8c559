"""`ftc hub import-fserver`, `ftc vision import-fserver`: what an operator sees of an import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from old_folder import RUN, OldFolder

from .conftest import Ftc


@pytest.fixture
def old(tmp_path: Path) -> OldFolder:
    return OldFolder(tmp_path)


@pytest.fixture
def vision(ftc: Ftc, tmp_path: Path) -> Path:
    assert ftc("vision", "init", "--data", tmp_path / "vision").status == 0
    return tmp_path / "vision"


def test_runs_come_to_vision_once(ftc: Ftc, vision: Path, old: OldFolder) -> None:
    old.run()
    first = ftc("vision", "import-fserver", old.root, "--data", vision)
    assert (first.status, first.out, first.err) == (0, "taken over: 1 runs\n", "")
    again = ftc("vision", "import-fserver", old.root, "--data", vision)
    assert (again.status, again.out) == (0, "taken over: nothing new; there before: 1 runs\n")


def test_what_was_torn_is_a_line_each_and_an_exit_status(ftc: Ftc, vision: Path, old: OldFolder) -> None:
    old.run()
    old.run(RUN.replace("10:15", "10:16")).write_bytes(b"half")
    result = ftc("vision", "import-fserver", old.root, "--data", vision)
    assert (result.status, "torn or not taken over: 1, for the reasons above" in result.out) == (1, True)
    assert result.err.startswith(f"files/runs/run-{RUN.replace('10:15', '10:16')}.frp: ")
    told = json.loads(ftc("vision", "import-fserver", old.root, "--data", vision, "--json").out)
    assert (told["new"], told["there"], len(told["torn"])) == ({}, {"runs": 1}, 1)


def test_a_folder_of_something_else_is_told(ftc: Ftc, vision: Path, tmp_path: Path) -> None:
    result = ftc("vision", "import-fserver", tmp_path / "vision", "--data", vision)
    assert (result.status, "no data of an old Fuego server" in result.err) == (1, True)


NEW = "the team oldnetwork is new\n"


@pytest.fixture
def hub(ftc: Ftc, tmp_path: Path) -> Path:
    assert ftc("hub", "init", "--data", tmp_path / "hub").status == 0
    return tmp_path / "hub"


def test_boards_tests_and_requests_come_to_the_hub_once(ftc: Ftc, hub: Path, old: OldFolder) -> None:
    old.board()
    old.test()
    old.request(state="error", reason="no such test")
    words = ("hub", "import-fserver", old.root, "--data", hub, "--team", "oldnetwork")
    first = ftc(*words)
    assert (first.status, first.out, first.err) == (0, "taken over: 1 boards, 1 tests, 1 requests\n", NEW)
    again = ftc(*words)
    assert (again.out, again.err) == ("taken over: nothing new; there before: 1 boards, 1 tests, 1 requests\n", "")


def test_what_the_hub_cannot_take_is_a_line_each(ftc: Ftc, hub: Path, old: OldFolder) -> None:
    old.record("boards", "board-timslab:bbb", '{"host": "tims')
    old.test().write_bytes(b"half")
    old.request(state="done", test_name="not a name")
    result = ftc("hub", "import-fserver", old.root, "--data", hub, "--team", "oldnetwork")
    lines = result.err.removesuffix(NEW).splitlines()
    assert (result.status, [line.partition("/")[0] for line in lines]) == (1, ["data", "files", "data"])


def test_a_team_needs_a_name_that_can_be_one(ftc: Ftc, hub: Path, old: OldFolder) -> None:
    result = ftc("hub", "import-fserver", old.root, "--data", hub, "--team", "no/team")
    assert result.status == 2
