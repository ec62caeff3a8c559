"""Boards of an old Fuego server, from the shell."""

from __future__ import annotations

import pytest

from front_door import FrontDoor
from fserver_server import BROKEN, FserverServer

from ..conftest import Ftc, Lab

pytestmark = pytest.mark.usefixtures("old_lab")


def test_a_board_is_registered_with_its_facts_and_none_of_its_secrets(ftc: Ftc, server: FserverServer) -> None:
    done = ftc("put-board", "-b", "local1", "--description", "on the desk", "--label", "usb")
    assert (done.status, done.out, done.err) == (0, "shared: demolab:local1\n", "")
    kept = server.boards["demolab:local1"]
    assert (kept["architecture"], kept["state"], kept["labels"]) == ("x86_64", "online", "usb")
    assert kept["description"] == "on the desk"
    assert "s3cret" not in str(kept)


def test_update_board_leaves_what_others_have_said(ftc: Ftc, server: FserverServer) -> None:
    ftc("put-board", "-b", "local1")
    server.boards["demolab:local1"]["owner"] = "Tim"
    assert ftc("update-board", "-b", "local1", "--offline").status == 0
    assert (server.boards["demolab:local1"]["owner"], server.boards["demolab:local1"]["state"]) == ("Tim", "offline")


def test_put_board_replaces_them(ftc: Ftc, server: FserverServer) -> None:
    server.boards["demolab:local1"] = {"host": "demolab", "board": "local1", "owner": "Tim"}
    assert ftc("put-board", "-b", "local1").status == 0
    assert "owner" not in server.boards["demolab:local1"]


def test_terms_are_refused_since_everybody_may_ask_there(ftc: Ftc, server: FserverServer) -> None:
    refused = ftc("put-board", "-b", "local1", "--open-to", "kernel-team")
    assert refused.status == 1
    assert "everybody" in refused.err
    assert not server.boards


def test_terms_of_boards_yaml_are_said_to_hold_nowhere_there(ftc: Ftc, lab: Lab) -> None:
    (lab.conf.parent / "boards.yaml").write_text("boards:\n  local1:\n    open_to: [kernel-team]\n")
    done = ftc("put-board", "-b", "local1")
    assert (done.status, "everybody may ask" in done.err) == (0, True)


def test_boards_are_listed_and_chosen_by_their_facts(ftc: Ftc, server: FserverServer) -> None:
    server.boards["timslab:bbb"] = {"host": "timslab", "board": "bbb", "architecture": "arm"}
    server.boards["timslab:minnow"] = {"host": "timslab", "board": "minnow", "architecture": "x86_64"}
    assert ftc("list-boards", "-r", "-q").out == "timslab:bbb\ntimslab:minnow\n"
    assert ftc("list-boards", "-r", "-q", "arch=arm").out == "timslab:bbb\n"


def test_a_name_that_the_server_lists_and_does_not_find_hides_no_other(ftc: Ftc, server: FserverServer) -> None:
    for name in ("bbb", "odd\nname"):
        server.boards[f"timslab:{name}"] = {"host": "timslab", "board": name}
    listed = {one["name"]: one for one in ftc("list-boards", "-r", "--json").json()}
    assert {name: one["health"] for name, one in listed.items()} == {"bbb": "online", "odd": "broken"}
    assert "has no board timslab:odd" in listed["odd"]["health_reason"]


def test_a_board_whose_file_is_torn_is_listed_as_broken_and_hides_no_other(ftc: Ftc, server: FserverServer) -> None:
    server.boards["timslab:bbb"] = {"host": "timslab", "board": "bbb", "architecture": "arm"}
    server.boards["timslab:torn"] = "{"  # type: ignore[assignment]
    listed = {one["name"]: one for one in ftc("list-boards", "-r", "--json").json()}
    assert {name: one["health"] for name, one in listed.items()} == {"bbb": "online", "torn": "broken"}
    assert "is its file torn" in listed["torn"]["health_reason"]
    assert ftc("list-boards", "-r", "-q", "arch=arm").out == "timslab:bbb\n"


def test_one_board_is_shown(ftc: Ftc, server: FserverServer) -> None:
    server.boards["timslab:bbb"] = {"host": "timslab", "board": "bbb", "architecture": "arm", "description": "black"}
    shown = ftc("show-board", "timslab:bbb")
    assert shown.status == 0, shown.err
    assert "arch=arm" in shown.out
    assert "black" in shown.out


def test_a_board_that_is_not_there_is_said_so(ftc: Ftc) -> None:
    shown = ftc("show-board", "timslab:bbb")
    assert (shown.status, "has no board timslab:bbb" in shown.err) == (2, True)


def test_a_board_that_is_withdrawn_is_offline_there_since_none_is_forgotten(ftc: Ftc, server: FserverServer) -> None:
    server.boards["demolab:gone"] = {
        "host": "demolab",
        "board": "gone",
        "labels": "usb",
    }  # no file of ours speaks of it
    withdrawn = ftc("rm-board", "-b", "gone")
    assert (withdrawn.status, withdrawn.out) == (0, "withdrawn: demolab:gone\n")
    assert "forgets no board" in withdrawn.err
    assert server.boards["demolab:gone"] == {"host": "demolab", "board": "gone", "labels": "usb", "state": "offline"}


def test_the_doctor_minds_a_board_without_a_file_until_it_is_withdrawn(ftc: Ftc, server: FserverServer) -> None:
    for name in ("local1", "gone"):
        server.boards[f"demolab:{name}"] = {"host": "demolab", "board": name}

    def said() -> str:
        return next(one["text"] for one in ftc("lab", "doctor", "--json").json() if one["what"] == "boards shared")

    assert "ftc rm-board -b gone" in said()
    ftc("rm-board", "-b", "gone")
    assert said() == "local1"


def test_a_page_of_the_server_is_a_clear_error(ftc: Ftc, lab: Lab, server: FserverServer) -> None:
    door = FrontDoor(server.root, prefix="")
    lab.add_settings(server_domain=f"{door.url.removeprefix('http://')}/cgi-bin")
    with door.answering(200, body=BROKEN):
        listed = ftc("list-boards", "-r")
    door.close()
    assert listed.status == 1
    assert "broke over query_boards" in listed.err
    assert "Traceback" not in listed.err
