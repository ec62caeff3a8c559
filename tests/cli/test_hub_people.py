"""`ftc hub add-user`, `set-user`, `add-lab`: what is said of teams."""

from __future__ import annotations

from pathlib import Path

import pytest

import hub_folders

from .conftest import Ftc


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A hub's folder."""
    hub_folders.init(tmp_path / "hub")
    return tmp_path / "hub"


def test_a_team_that_is_made_by_naming_it_is_said_once(ftc: Ftc, data: Path) -> None:
    first = ftc("hub", "add-user", "ann", "--data", data, "--team", "timslab")
    assert "the team timslab is new" in first.err
    assert "is new" not in ftc("hub", "add-user", "tim", "--data", data, "--team", "timslab:admin").err
    assert "the team timlsab is new" in ftc("hub", "set-user", "ann", "--data", data, "--team", "timlsab").err
    assert "the team rack7 is new" in ftc("hub", "add-lab", "rack7", "--data", data).err
    assert "is new" not in ftc("hub", "add-lab", "rack8", "--data", data, "--team", "timslab").err


def test_where_notices_of_a_lab_or_a_user_go_can_be_set_anew_and_to_nowhere(ftc: Ftc, data: Path) -> None:
    ftc("hub", "add-lab", "rack7", "--data", data)
    ftc("hub", "add-user", "ann", "--data", data, "--notify", "old@example.org")
    more = ("--notify", "boards@example.org", "--notify", "slack://T1/B1/x")
    said = ftc("hub", "set-lab", "rack7", "--data", data, *more)
    assert said.out == "notices for the lab rack7 go to 2 addresses\n"
    assert ftc("hub", "set-lab", "rack7", "--data", data, "--notify", "none").out.endswith("go to its maintainers\n")
    ftc("hub", "set-user", "ann", "--data", data, "--notify", "none")
    assert "old@example.org" not in ftc("hub", "list-users", "-v", "--data", data).out
    assert "other addresses for notices" in ftc("hub", "list-audit", "--data", data).out
    assert ftc("hub", "set-lab", "nosuch", "--data", data, "--notify", "none").err == "ftc: there is no lab nosuch\n"
    assert ftc("hub", "set-lab", "rack7", "--data", data).status == 2
