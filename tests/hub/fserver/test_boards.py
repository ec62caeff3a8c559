"""Boards that old clients put: records of any fields, and the hub's own boards all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import OldHub


def record(old: OldHub, place: str = "timslab:bbb") -> Any:
    host, _, board = place.partition(":")
    return json.loads(old.done("get_board", host=host, board=board))


def test_a_record_is_given_back_as_it_was_put(old: OldHub) -> None:
    assert old.ask("put_board", host="timslab", board="bbb", colour="grün", architecture="arm") == "OK\n"
    assert old.ask("get_board", host="timslab", board="bbb").endswith("}\n")
    assert record(old) == {"host": "timslab", "board": "bbb", "colour": "grün", "architecture": "arm"}


def test_put_replaces_the_record_and_update_changes_it(old: OldHub) -> None:
    old.put_board(cpu="am335x")
    old.put_board()
    assert "cpu" not in record(old)
    old.done("update_board", host="timslab", board="bbb", state="offline")
    assert record(old) == {"host": "timslab", "board": "bbb", "architecture": "arm", "state": "offline"}


def test_people_of_today_see_the_board_with_its_facts(old: OldHub) -> None:
    old.put_board(description="BeagleBone Black", cpu="am335x", color="red")
    board = old.today("tim", "GET", "/boards/timslab/bbb")
    assert (board["team"], board["description"]) == ("oldteam", "BeagleBone Black")
    assert board["facts"] == {"arch": "arm", "cpu": "am335x"}


def test_a_board_of_today_is_seen_by_old_clients(old: OldHub) -> None:
    old.today("newlab", "PUT", "/boards/newlab/qemu", json={"facts": {"arch": "x86_64", "config.X": "y"}})
    assert record(old, "newlab:qemu") == {"host": "newlab", "board": "qemu", "architecture": "x86_64"}
    assert old.done("query_boards") == "newlab:qemu\n"


def test_an_old_update_leaves_what_it_has_no_word_for(old: OldHub) -> None:
    said = {"facts": {"arch": "x86_64", "config.X": "y"}, "labels": ["usb"], "terms": {"ask": True}, "open_to": ["*"]}
    old.today("newlab", "PUT", "/boards/newlab/qemu", json=said)
    old.done("update_board", host="newlab", board="qemu", cpu="any")
    board = old.today("tim", "GET", "/boards/newlab/qemu")
    assert (board["labels"], board["open_to"], board["terms"]["ask"]) == (["usb"], ["*"], True)
    assert board["facts"] == {"arch": "x86_64", "config.X": "y", "cpu": "any"}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["otherlab:minnow", "timslab:bbb", "timslab:rpi3-1"]),
        ({"host": "timslab"}, ["timslab:bbb", "timslab:rpi3-1"]),
        ({"board": "*3-1"}, ["timslab:rpi3-1"]),
        ({"board": "b*b"}, []),
        ({"architecture": "mips"}, ["otherlab:minnow", "timslab:bbb", "timslab:rpi3-1"]),
    ],
)
def test_boards_are_found_by_host_and_name(old: OldHub, filters: dict[str, str], found: list[str]) -> None:
    for place in ("timslab:bbb", "timslab:rpi3-1", "otherlab:minnow"):
        old.put_board(place)
    assert old.done("query_boards", **filters).split() == found


@pytest.mark.parametrize("name", ["a:b", "bé", "../../x", ".x", "-x", "a b"])
def test_a_name_that_no_board_can_have_is_refused(old: OldHub, name: str) -> None:
    assert "is no board name" in old.failed("put_board", host="timslab", board=name)


def test_boards_of_other_teams_are_not_there(old: OldHub) -> None:
    from fuego_jenkins_remote.hub import admin

    secret = admin.add_lab(old.engine, "elsewhere")
    old.secrets["elsewhere"] = secret
    old.today("elsewhere", "PUT", "/boards/elsewhere/qemu", json={"open_to": ["*"]})
    assert old.done("query_boards") == ""
    assert "not registered" in old.failed("get_board", host="elsewhere", board="qemu")
    assert "not one of the team" in old.failed("put_board", host="elsewhere", board="qemu")
    assert "No matching board" in old.failed("put_request", host="elsewhere", board="qemu", test_name="Functional.bc")


def test_the_audit_log_says_who_has_added_a_lab(old: OldHub) -> None:
    old.put_board()
    with old.hub.reading() as conn:
        from fuego_jenkins_remote.hub import audit

        [entry] = [one for one in audit.all_of(conn, audit.Filter(limit=50)) if one.thing == "lab timslab"]
    assert (entry.name, entry.team) == ("fserver", "oldteam")
