"""Which boards are claimed for, and what is told of their health."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.lab.bridge.boards import (
    BEFORE_A_TEST,
    Standing,
    Steady,
    free_until,
    is_free,
    limits,
    shared_until,
    standing,
)
from fuego_jenkins_remote.lab.jenkins.build_calls import QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview, SeenNode, Work
from fuego_jenkins_remote.network.share_windows import ShareWindows

JOB = "remote-request-bbb"
LOCAL = "bbb.default.Benchmark.bonnie"


def seen(*, online: bool = True, works: str = "", queue: tuple[QueueItem, ...] = (), **more: Any) -> Overview:
    work = (Work(job=works, name=works),) if works else ()
    return Overview(begun=1.0, queue=queue, nodes={"bbb": SeenNode(name="bbb", online=online, work=work)}, **more)


def waits(job: str, *, why: str = "", label: str = "") -> QueueItem:
    return QueueItem(id=1, job=job, why=why, attempt=None, label=label)


@pytest.mark.parametrize(
    ("node", "health"),
    [
        (SeenNode(name="bbb", online=False, by_person=True, reason="Umbau"), "maintenance"),
        (SeenNode(name="bbb", online=False, by_person=True, reason=" "), "offline"),  # a person has said nothing
        (SeenNode(name="bbb", online=False, reason="Disk space is too low"), "offline"),
        (SeenNode(name="bbb", online=True, by_person=True, reason="old"), "online"),
    ],
)
def test_a_node_that_a_person_has_taken_out_with_a_reason_is_in_maintenance(node: SeenNode, health: str) -> None:
    assert standing("bbb", Overview(begun=1.0, nodes={"bbb": node})).health == health


@pytest.mark.parametrize(
    ("look", "free"),
    [
        (seen(), True),
        (seen(online=False), False),
        (Overview(begun=1.0), False),
        (seen(works=LOCAL), False),
        (seen(works=JOB), True),  # its own job packs up; what it runs, the journal knows
        (seen(queue=(waits(LOCAL, label="bbb"),)), False),
        (seen(queue=(waits(LOCAL, why="Waiting for next available executor on ‘bbb’"),)), False),
        (seen(queue=(waits(LOCAL, label="ccc"),)), True),
        (seen(queue=(waits(LOCAL, label="ccc", why="‘bbb’ doesn’t have label ‘ccc’"),)), True),
        (seen(queue=(waits(JOB, label="bbb"),)), True),
    ],
)
def test_a_board_is_claimed_for_when_local_work_leaves_it_alone(look: Overview, free: bool) -> None:
    assert is_free("bbb", JOB, look) == free


def test_a_jenkins_that_shuts_down_has_no_free_board() -> None:
    assert free_until({"bbb": None}, lambda _: JOB, seen()) == {"bbb": None}
    assert free_until({"bbb": None}, lambda _: JOB, seen(quieting_down=True)) == {}


def test_outsiders_have_a_board_in_its_windows_only_and_for_what_ends_within() -> None:
    nights = ShareWindows.from_yaml({"time_zone": "UTC", "windows": ["Mon-Sun 20:00-06:00"]})
    noon, evening = 12 * 3600.0, 20 * 3600.0
    assert shared_until(["bbb", "ccc"], {"bbb": nights}, noon) == {"bbb": noon, "ccc": None}
    assert limits({"bbb": noon}, noon) == {"bbb": 0}
    until = shared_until(["bbb", "ccc"], {"bbb": nights}, evening)
    assert until == {"bbb": evening + 10 * 3600, "ccc": None}
    assert limits(until, evening) == {"bbb": 10 * 3600 - BEFORE_A_TEST, "ccc": None}
    assert limits(until, evening + 10 * 3600 - BEFORE_A_TEST) == {"bbb": 0, "ccc": None}


def test_a_board_is_offline_with_jenkins_reason() -> None:
    assert standing("bbb", seen()) == Standing(health="online")
    away = Overview(begun=1.0, nodes={"bbb": SeenNode(name="bbb", online=False, reason="new power supply")})
    assert standing("bbb", away) == Standing(health="offline", reason="new power supply")
    assert standing("bbb", seen(online=False)).reason == "its node is offline in this lab's Jenkins"
    assert standing("ccc", seen()).reason == "this lab's Jenkins has no node of its name"


def test_only_what_two_looks_say_is_believed() -> None:
    steady, up, down = Steady(), Standing(health="online"), Standing(health="offline", reason="x")
    assert steady.after({"bbb": up}) == {}
    assert steady.after({"bbb": up}) == {"bbb": up}
    assert steady.after({"bbb": down}) == {}
    assert steady.after({"bbb": up}) == {}
    assert steady.after({"bbb": down}) == {}
    assert steady.after({"bbb": down, "ccc": up}) == {"bbb": down}
