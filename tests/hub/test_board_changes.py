"""How a board stood over time is kept, a while, and drawn."""

from __future__ import annotations

from fuego_jenkins_remote.hub import board_changes, boards, records
from fuego_jenkins_remote.hub.statements.board_changes import KEPT
from fuego_jenkins_remote.network.permissions import Level

from .conftest import World


def past(world: World) -> board_changes.Past:
    with world.hub.reading() as conn:
        return board_changes.past(conn, boards.find(conn, "demolab", "qemu"), world.clock())


def test_each_change_of_how_a_board_stands_is_kept_with_who_and_why(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.clock.forward(hours=1)
    world.health("demolab", "qemu", "broken", "no answer")
    world.clock.forward(hours=1)
    world.health("demolab", "qemu", "broken", "no answer, still")
    world.health("demolab", "qemu", "online")
    tim = records.Caller(kind="user", name="tim", teams=(records.Membership(team="demolab", level=Level.ADMIN),))
    with world.hub.change() as change:
        boards.put_maintenance(change, tim, "demolab", "qemu", "new card")
    world.put_board("demolab", "qemu", online=False)
    said = [(one.word, one.reason, one.who) for one in past(world).changes]
    assert said == [
        ("withdrawn", "new card", "demolab"),
        ("maintenance", "new card", "tim"),
        ("well", "", "demolab"),
        ("broken", "no answer", "demolab"),
        ("well", "", "demolab"),
    ]


def test_its_page_tells_for_how_much_of_the_time_it_was_well(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.clock.forward(hours=3)
    world.health("demolab", "qemu", "offline")
    world.clock.forward(hours=1)
    drawn = past(world)
    assert abs(drawn.well - 0.75) < 0.01
    assert [(piece.word, round(piece.x, -2)) for piece in drawn.pieces] == [("well", 0), ("offline", 7500)]


def test_what_is_older_than_the_time_shown_counts_from_its_beginning(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.clock.forward(days=100)
    drawn = past(world)
    assert len(drawn.pieces) == 1
    assert drawn.well == 1.0
    assert (world.clock() - drawn.since).days == 30


def test_a_board_that_comes_and_goes_all_day_fills_no_disk(world: World) -> None:
    world.add_lab("demolab", "qemu")
    for _ in range(KEPT // 2 + 5):
        world.health("demolab", "qemu", "offline")
        world.health("demolab", "qemu", "online")
    assert len(past(world).changes) == KEPT


def test_it_goes_with_the_board(world: World) -> None:
    world.add_lab("demolab", "qemu")
    world.remove_board("demolab", "qemu")
    world.put_board("demolab", "qemu")
    assert len(past(world).changes) == 1
