"""Readers are in teams, whose private runs are there for them: put in and taken out by vision's operator."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.vision import admin

KEY = "demolab/20261123-101500123-k3j7x2m4.1"
PRIVATE = {"private": True, "team": "annslab", "requester": "ann"}


def reader(world: Any, name: str, *teams: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {admin.add_token(world.engine, name, kind='read', teams=teams)}"}


def sees(world: Any, headers: dict[str, str]) -> bool:
    """Whether it finds the private run, by its key and in the list alike."""
    single = world.client.get(f"/api/v1/runs/{KEY}", headers=headers).status_code
    listed = [run["key"] for run in world.client.get("/api/v1/runs", headers=headers).json()["runs"]]
    assert (single == 200) == (KEY in listed)
    return single == 200


@pytest.fixture
def private(world: Any) -> Any:
    assert world.put(KEY, world.pack(world.run_json(metadata=PRIVATE))).status_code == 201
    return world


def test_who_is_put_into_the_team_sees_its_private_runs(private: Any) -> None:
    bob = reader(private, "bob")
    assert not sees(private, bob)
    admin.change_reader(private.engine, "bob", teams=["annslab"])
    assert sees(private, bob)


def test_who_is_taken_out_of_the_team_sees_them_no_more_with_any_token(private: Any) -> None:
    tokens = [reader(private, "bob", "annslab"), reader(private, "bob")]
    assert [sees(private, token) for token in tokens] == [True, True]
    assert admin.change_reader(private.engine, "bob", leave=["annslab"]).teams == ()
    assert [sees(private, token) for token in tokens] == [False, False]


def test_a_browser_that_is_signed_in_sees_them_no_more_either(private: Any) -> None:
    token = reader(private, "bob", "annslab")["Authorization"].removeprefix("Bearer ")
    private.client.post("/sign-in", data={"token": token})
    assert private.client.get(f"/runs/{KEY}").status_code == 200
    admin.change_reader(private.engine, "bob", leave=["annslab"])
    assert private.client.get(f"/runs/{KEY}").status_code == 404


def test_the_teams_are_a_readers_and_not_those_of_a_lab_of_that_name(private: Any) -> None:
    reader(private, "otherlab", "annslab")
    lab = {"Authorization": f"Bearer {admin.add_token(private.engine, 'otherlab')}"}
    assert not sees(private, lab)


def test_a_new_token_of_the_same_reader_is_in_the_teams_too(private: Any) -> None:
    reader(private, "bob", "annslab")
    assert sees(private, reader(private, "bob", "others"))
    assert admin.reader(private.engine, "bob").teams == ("annslab", "others")


def test_a_token_is_told_its_teams(world: Any) -> None:
    told = world.client.get("/api/v1/whoami", headers=reader(world, "bob", "others", "annslab")).json()
    assert told == {"kind": "read", "name": "bob", "teams": ["annslab", "others"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"leave": ["annslab", "others"]}, r"bob is not in the team others here \(teams: none\)"),
        ({"teams": ["annslab"], "leave": ["annslab"]}, "cannot be put into annslab and leave it"),
        ({"teams": ["x", "a b"]}, "is no team name"),
        ({"teams": [f"team{at}" for at in range(admin.MOST_TEAMS)]}, "more than 50 teams"),
    ],
)
def test_what_cannot_be_done_changes_nothing(world: Any, change: dict[str, list[str]], said: str) -> None:
    reader(world, "bob", "annslab")
    with pytest.raises((ValueError, BadName), match=said):
        admin.change_reader(world.engine, "bob", **change)
    assert admin.reader(world.engine, "bob").teams == ("annslab",)


def test_a_reader_that_is_not_there_is_put_into_no_team(world: Any) -> None:
    with pytest.raises(ValueError, match="there is no reader bbo here: ftc vision add-token bbo --kind read makes one"):
        admin.change_reader(world.engine, "bbo", teams=["annslab"])


def test_a_lab_is_in_no_team(world: Any) -> None:
    with pytest.raises(ValueError, match="teams are for tokens of kind read"):
        admin.add_token(world.engine, "otherlab", teams=["annslab"])
    assert admin.all_tokens(world.engine, "otherlab") == []
