"""Boards are found by a selector or by words, page by page, quickly among many."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.hub import board_search
from fuego_jenkins_remote.hub.people import labs
from fuego_jenkins_remote.hub.schema import boards
from fuego_jenkins_remote.network.boards import Standing
from hub_apps import make_app

from .conftest import World


@pytest.fixture
def labs_of_two(world: World) -> World:
    world.add_lab("timslab", notify=("x@example.org",))
    world.add_lab("demolab")
    world.put_board("timslab", "bbb", facts={"arch": "arm", "type": "bbb"}, labels=("USB-Gadget", "grün"))
    world.put_board("timslab", "rpi4", facts={"arch": "arm64"}, description="Raspberry Pi 4, Regal Süd")
    world.put_board("demolab", "qemu", facts={"arch": "x86_64"}, online=False)
    return world


def found(world: World, text: str = "", limit: int = 50, after: str = "", stands: Standing | None = None) -> list[str]:
    with world.hub.reading() as conn:
        answer = board_search.find(conn, text, stands=stands, after=after, limit=limit, now=world.clock())
    assert answer.problem == ""
    return [str(board) for board in answer.boards]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["demolab:qemu", "timslab:bbb", "timslab:rpi4"]),
        ("arch=arm", ["timslab:bbb"]),
        ("host=timslab and not board=bbb", ["timslab:rpi4"]),
        ("*:qemu", ["demolab:qemu"]),
        ("raspberry", ["timslab:rpi4"]),
        ("REGAL süd", ["timslab:rpi4"]),
        ("usb", ["timslab:bbb"]),
        ("arm", ["timslab:bbb", "timslab:rpi4"]),
        ("timslab arm64", ["timslab:rpi4"]),
        ("  lab   qe  ", ["demolab:qemu"]),
        ("nothing", []),
    ],
)
def test_boards_are_found_by_a_selector_or_by_words(labs_of_two: World, text: str, names: list[str]) -> None:
    assert found(labs_of_two, text) == names


def test_a_selector_that_cannot_be_read_is_told(labs_of_two: World) -> None:
    with labs_of_two.hub.reading() as conn:
        answer = board_search.find(conn, "arch=arm and", limit=5, now=labs_of_two.clock())
    assert "bad selector" in answer.problem
    assert answer.boards == ()


def test_boards_are_found_by_how_they_stand(labs_of_two: World) -> None:
    world = labs_of_two
    world.health("timslab", "bbb", "broken")
    assert found(world, stands=Standing.BROKEN) == ["timslab:bbb"]
    assert found(world, stands=Standing.WITHDRAWN) == ["demolab:qemu"]
    assert found(world, "timslab", stands=Standing.FREE) == ["timslab:rpi4"]
    with world.hub.reading() as conn:
        counts = board_search.standings(conn, world.clock())
    assert {word: count for word, count in counts.items() if count} == {"broken": 1, "withdrawn": 1, "free": 1}


def test_pages_follow_each_other_without_a_gap(labs_of_two: World) -> None:
    assert found(labs_of_two, limit=2) == ["demolab:qemu", "timslab:bbb"]
    with labs_of_two.hub.reading() as conn:
        first = board_search.find(conn, limit=2, now=labs_of_two.clock())
    assert (first.total, first.after) == (3, "timslab:bbb")
    assert found(labs_of_two, limit=2, after=first.after) == ["timslab:rpi4"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_whatever_one_types_is_answered(labs_of_two: World, text: str) -> None:
    with labs_of_two.hub.reading() as conn:
        answer = board_search.find(conn, text, limit=5, now=labs_of_two.clock())
    assert answer.problem or answer.total >= 0


@pytest.mark.slow
def test_the_page_is_quick_and_small_with_ten_thousand_boards(world: World) -> None:
    archs = ("arm", "arm64", "x86_64", "riscv64", "powerpc")
    with world.hub.change() as change:
        rows = []
        for lab in range(500):
            labs.add_lab(change.conn, f"lab{lab:03}", notify=(), now=change.at)
            for board in range(20):
                options = {f"config.CONFIG_X{number}": "y" for number in range(10)}
                facts = {"arch": archs[(lab + board) % 5], "cpu": f"cortex-a{board}", "type": f"type{board}", **options}
                rows.append(
                    {
                        "host": f"lab{lab:03}",
                        "name": f"board{board:02}",
                        "facts": facts,
                        "labels": ["usb", "kvm"],
                        "description": f"Board {board} of rack {lab}",
                        "open_to": ["*"],
                        "online": True,
                        "terms": {},
                        **dict.fromkeys(("updated_at", "last_seen", "health_since"), change.at),
                    }
                )
        change.conn.execute(boards.insert(), rows)
    app = make_app(world.hub.engine, world.hub.data_dir, public=True, clock=world.clock)
    client = TestClient(app, headers={"accept": "text/html"})
    for query in ("", "?selector=arch%3Darm64+and+label%3Dusb", "?selector=rack+47", "?selector=nothing&now=free"):
        taken = min(seconds(lambda path=f"/boards{query}": client.get(path)) for _ in range(5))  # type: ignore[misc]
        size = len(client.get(f"/boards{query}").text)
        print(f"/boards{query}: {taken * 1000:.0f} ms, {size / 1024:.0f} KiB")
        assert taken < 0.5
        assert size < 200_000
    for path in ("/", "/labs", "/boards/lab007/board07", "/labs/lab007"):
        taken = min(seconds(lambda path=path: client.get(path)) for _ in range(5))  # type: ignore[misc]
        print(f"{path}: {taken * 1000:.0f} ms")
        assert taken < 0.5


def seconds(what: Callable[[], object]) -> float:
    before = time.process_time()  # of this process alone: others may keep the machine busy
    what()
    return time.process_time() - before
