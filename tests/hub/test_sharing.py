"""What a lab sets of its board: for whom it may be, and what of it stands in the audit log."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.hub import admin, audit
from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.schema import boards
from fuego_jenkins_remote.network.terms import Quota, Terms, Windows

from .conftest import World


def board_log(world: World) -> list[tuple[str, str]]:
    """What the log has on boards, the oldest first."""
    found = admin.audit_log(world.hub.engine, audit.Filter(limit=200))
    return [(entry.action, entry.detail) for entry in reversed(found) if entry.thing == "board demolab:qemu"]


def test_a_new_board_is_written_down_with_its_terms(world: World) -> None:
    world.add_lab("demolab")
    world.put_board("demolab", "qemu", terms=Terms(ask=True))
    [(action, detail)] = board_log(world)
    assert action == "put-board"
    assert detail == (
        "new; shared: yes; open to: all of the network; approval of each request: yes; priority at most: 100; "
        "longest test: 2h; boards at a time: no limit; waiting for each board: no limit; lent: always; policy: not told"
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"open_to": ("annslab", "user:ann")}, "open to: all of the network -> annslab, user ann"),
        ({"open_to": ()}, "open to: all of the network -> its own team alone"),
        ({"terms": Terms(ask=True)}, "approval of each request: no -> yes"),
        ({"terms": Terms(priority=50, max_time=60)}, "priority at most: 100 -> 50; longest test: 2h -> 1m"),
        ({"terms": Terms(running=Quota(user=1))}, "boards at a time: no limit -> 1 for a person"),
        (
            {"terms": Terms(waiting=Quota(user=2, team=0))},
            "waiting for each board: no limit -> 2 for a person, 0 for a team",
        ),
        ({"terms": Terms(policy="refuse")}, "policy: not told -> refuse"),
        (
            {"terms": Terms(windows=Windows(time_zone="UTC", windows=("Mon 10:00-11:00",)))},
            "lent: always -> Mon 10:00-11:00 (UTC)",
        ),
        ({"online": False}, "shared: yes -> no"),
        ({"facts": {"arch": "arm", "cpu": "a8"}}, "facts: arch, cpu"),
        ({"labels": ("usb",)}, "labels: usb"),
        ({"description": "on the desk"}, "its description"),
    ],
)
def test_what_changes_of_a_board_is_written_down(world: World, changed: dict[str, Any], said: str) -> None:
    world.add_lab("demolab", "qemu")
    world.add_user("ann", "annslab")
    world.put_board("demolab", "qemu", **changed)
    assert board_log(world)[1:] == [("put-board", said)]


def test_a_board_that_is_put_as_it_is_and_what_its_machine_says_are_not_written_down(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.put_board("demolab", "qemu")
    world.health("demolab", "qemu", "offline", "no power")
    assert [action for action, _ in board_log(world)] == ["put-board"]


def test_a_board_that_is_taken_away_is_written_down(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.remove_board("demolab", "qemu")
    assert [action for action, _ in board_log(world)] == ["put-board", "rm-board"]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (("anslab",), "there is no team anslab"),
        (("*", "user:anna"), "there is no user anna"),
        (("annslab", "user:anna", "x"), "there is no user anna and no team x"),
    ],
)
def test_a_board_is_not_opened_to_who_is_not_there(world: World, who: tuple[str, ...], said: str) -> None:
    world.add_lab("demolab", "qemu")
    world.add_user("ann", "annslab")
    with pytest.raises(Refused, match=said):
        world.put_board("demolab", "qemu", open_to=who)
    assert len(board_log(world)) == 1


def test_a_board_that_was_open_to_who_is_not_there_can_be_put_again(world: World) -> None:
    world.add_lab("demolab", "qemu")
    with world.hub.engine.begin() as conn:
        conn.execute(boards.update().values(open_to=["gone"]))
    assert world.put_board("demolab", "qemu", open_to=("gone",), description="as before").open_to == ("gone",)
