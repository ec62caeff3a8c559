"""`ftc vision add-token`, `set-reader`, `list-tokens` and `revoke-token`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def data(ftc, tmp_path: Path) -> Path:
    """A vision's folder with the reader tim, who is in a team."""
    folder = tmp_path / "vision"
    assert ftc("vision", "init", "--data", folder).status == 0
    made = ftc("vision", "add-token", "tim", "--kind", "read", "--team", "kernel-team", "--data", folder)
    assert (made.status, "a token for tim (read, in kernel-team)" in made.err) == (0, True)
    return folder


def test_tokens_are_listed_and_revoked(ftc, tmp_path: Path) -> None:
    data = tmp_path / "vision"
    ftc("vision", "init", "--data", data)
    secret = ftc("vision", "add-token", "timslab", "--data", data).out.strip()
    token_id = ftc("-q", "vision", "list-tokens", "--data", data).out.strip()
    assert secret[6:14] == token_id
    assert ftc("vision", "revoke-token", secret, "--data", data).out == (
        f"the token {token_id} of submit timslab is good no more\n"
    )
    assert ftc("vision", "revoke-token", token_id, "--data", data).status == 1


def test_a_reader_is_put_into_a_team_and_taken_out(ftc, data: Path) -> None:
    put = ftc("vision", "set-reader", "tim", "--team", "timslab", "--data", data)
    assert (put.status, put.out) == (0, "tim is in kernel-team, timslab\n")
    out = ftc("vision", "set-reader", "tim", "--leave", "kernel-team", "--leave", "timslab", "--data", data)
    assert (out.status, out.out) == (0, "tim is in no team\n")


def test_without_a_change_it_is_told_in_which_teams_a_reader_is(ftc, data: Path) -> None:
    told = ftc("vision", "set-reader", "tim", "--data", data, "--json").json()
    assert told == {"name": "tim", "teams": ["kernel-team"]}


def test_the_list_of_tokens_tells_the_teams(ftc, data: Path) -> None:
    ftc("vision", "add-token", "tim", "--data", data)
    listed = ftc("vision", "list-tokens", "tim", "--data", data, "--json").json()
    assert {one["kind"]: one["teams"] for one in listed} == {"read": ["kernel-team"], "submit": []}
    assert "kernel-team" in ftc("vision", "list-tokens", "--data", data).out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("set-reader", "tmi", "--team", "x"), 1, "there is no reader tmi here"),
        (("set-reader", "tim", "--leave", "x"), 1, "tim is not in the team x here (teams: kernel-team)"),
        (("set-reader", "tim", "--team", "a b"), 2, "'a b' is no team name"),
        (("add-token", "timslab", "--team", "x"), 1, "teams are for tokens of kind read"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(ftc, data: Path, words: tuple[str, ...], status: int, said: str) -> None:
    refused = ftc("vision", *words, "--data", data)
    assert (refused.status, refused.out, refused.err.count("\n")) == (status, "", 1)
    assert said in refused.err
