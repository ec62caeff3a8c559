"""Delivery to SQUAD: each run once and whole, wherever a try was broken off; what becomes of names and statuses.

The same tests run against a real SQUAD where `make test-peers` has installed one.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from front_door import FrontDoor
from fuego_jenkins_remote.client.site import Site
from fuego_jenkins_remote.fuego.runs import read_run
from fuego_jenkins_remote.publish.squad import mapping
from fuego_jenkins_remote.publish.squad.mapping import BadNaming
from fuego_jenkins_remote.publish.squad.target import SquadTarget, open_site
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage
from squad_servers import TOKEN, FakeSquad

from ..conftest import BONNIE, KEY
from .conftest import NAMING, Squad, target

JOB = KEY.replace("/", "_")
Packages = Callable[..., RunPackage]


def until_delivered(target: SquadTarget, run: RunPackage) -> int:
    """Try as the outbox does; how many tries it took."""
    for tries in range(1, 6):
        try:
            target.deliver(run)
        except NotDelivered:
            continue
        return tries
    raise AssertionError("five tries, and it is not there")


def test_a_run_comes_with_cases_measurements_logs_and_the_request(
    server: Squad, door: FrontDoor, package: Packages, key: str
) -> None:
    url = target(door).deliver(package(key=key))
    (run,) = server.stored(key.replace("/", "_"))
    assert run.tests == {
        "Benchmark.bonnie/run": "fail",
        "Benchmark.bonnie/Sequential_Output/PerChr": "pass",
        "Benchmark.bonnie/Sequential_Output/Block": "fail",
        "Benchmark.bonnie/Sequential_Output/Größe_2": "skip",
        "Benchmark.bonnie/Sequential_Output/Rewrite": "fail",
    }
    assert run.metrics == {"Benchmark.bonnie/Sequential_Output/PerChr/speed": {"value": 812.5, "unit": "K/s"}}
    assert run.metadata["job_url"] == f"https://vision.example/{key}"
    assert run.metadata["request_id"] == "20261123-101500123-k3j7x2m4"
    assert {"run.json", "testlog.txt"} <= set(run.files)
    assert f"/fuego/boards/build/6.1.0-rc1_/testrun/{run.id}/suite/Benchmark.bonnie/tests/" in url


def test_the_same_run_again_is_there_once(server: Squad, door: FrontDoor, package: Packages, key: str) -> None:
    run = package(key=key)
    assert target(door).deliver(run) == target(door).deliver(run)
    assert len(server.stored(key.replace("/", "_"))) == 1
    assert door.count("POST", "/api/submit/") == 1


@pytest.mark.parametrize("lost", ["GET /api/testruns/", "POST /api/submit/"])
def test_an_answer_that_was_lost_makes_no_second_run(
    server: Squad, door: FrontDoor, package: Packages, key: str, lost: str
) -> None:
    run = package(key=key)
    method, path = lost.split()
    with door.losing_answers(method=method, path=path, times=1):
        until_delivered(target(door), run)
    stored = server.stored(key.replace("/", "_"))
    assert [one.whole for one in stored] == [True]
    assert len(stored[0].tests) == 5


def test_a_run_that_was_left_half_stored_is_made_whole(
    server: Squad, door: FrontDoor, package: Packages, key: str
) -> None:
    run = package(key=key)
    target(door).deliver(run)
    server.halve(key.replace("/", "_"))
    until_delivered(target(door), run)
    (stored,) = server.stored(key.replace("/", "_"))
    assert stored.whole
    assert len(stored.tests) == 5


def test_a_wrong_token_leaves_the_run_waiting_with_where_to_look(door: FrontDoor, package: Packages, key: str) -> None:
    with pytest.raises(NotDelivered, match=r"answered 40[13].*fuego/boards"):
        target(door, token="wrong").deliver(package(key=key))


def test_a_project_that_is_not_there_leaves_the_run_waiting(door: FrontDoor, package: Packages, key: str) -> None:
    with pytest.raises(NotDelivered, match="404.*fuego/nothing"):
        target(door, project="nothing").deliver(package(key=key))


def test_a_crash_in_the_middle_is_repaired_at_the_next_try(package: Packages) -> None:
    squad = FakeSquad()
    squad.half = True
    site = open_site(squad.url, TOKEN)
    assert until_delivered(SquadTarget(lambda: site, NAMING), package()) == 2
    assert [one.whole for one in squad.stored(JOB)] == [True]
    squad.close()


def test_what_squad_is_still_at_work_on_is_left_alone(package: Packages) -> None:
    squad = FakeSquad()
    site = open_site(squad.url, TOKEN)
    run = package()
    SquadTarget(lambda: site, NAMING).deliver(run)
    squad.runs[0].whole, squad.runs[0].created_at = False, datetime.now(UTC)
    with pytest.raises(NotDelivered, match="still at work"):
        SquadTarget(lambda: site, NAMING).deliver(run)
    assert len(squad.runs) == 1
    squad.close()


def test_what_squad_will_never_take_is_given_up(door: FrontDoor, package: Packages, key: str) -> None:
    with (
        door.answering(400, method="POST", path="/api/submit/", body="['pass'] is not an object ({})"),
        pytest.raises(NeverDelivered, match="is not an object"),
    ):
        target(door).deliver(package(key=key))


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"results": 7}', '{"results": [7]}', "{" * 100_000])
def test_strange_answers_leave_the_run_waiting(door: FrontDoor, package: Packages, key: str, body: str) -> None:
    with door.answering(200, method="GET|POST", body=body), pytest.raises(NotDelivered):
        target(door).deliver(package(key=key))


@pytest.mark.slow
def test_a_squad_that_is_away_is_named(package: Packages) -> None:
    site = Site("http://127.0.0.1:9", name="SQUAD")
    with pytest.raises(NotDelivered, match=r"SQUAD at http://127\.0\.0\.1:9 cannot be reached: nothing listens there"):
        SquadTarget(lambda: site, NAMING).deliver(package())


def test_a_file_that_is_no_run_package_is_given_up(door: FrontDoor, package: Packages) -> None:
    run = package()
    run.path.write_bytes(b"nothing of the kind")
    with pytest.raises(NeverDelivered):
        target(door).deliver(run)


def test_where_runs_go_is_the_labs_choice() -> None:
    naming = replace(NAMING, build="{date}/{toolchain}", environment="{host}:{board}")
    place = mapping.place(naming, read_run(json.dumps(BONNIE).encode()), KEY)
    assert place.path == "fuego/boards/2026-11-23_debian-armhf/demolab_bbb"
    assert place.job_id == JOB


@pytest.mark.parametrize(
    ("kernel", "build"),
    [("_6.1", "6.1"), ("(none)", "none_"), ("-._", "unknown"), ("\u00df", "unknown"), ("6.1\0x", "6.1_x")],
)
def test_a_part_of_an_address_begins_with_a_letter_or_a_digit(kernel: str, build: str) -> None:
    run = read_run(json.dumps({"name": "F", "status": "PASS", "metadata": {"kernel_version": kernel}}).encode())
    assert mapping.place(NAMING, run, KEY).build == build


def test_somebodys_own_group_keeps_its_sign() -> None:
    run = read_run(b'{"name": "F", "status": "PASS"}')
    assert mapping.place(replace(NAMING, group="~ann"), run, KEY).group == "~ann"
    assert mapping.fixed("~ann") == "~ann"


def test_long_parts_of_an_address_and_job_ids_are_cut_with_a_hash() -> None:
    places = []
    for end in "ab":
        said = {"name": "F", "status": "PASS", "metadata": {"kernel_version": "6" * 120 + end}}
        places.append(mapping.place(NAMING, read_run(json.dumps(said).encode()), f"{'h' * 200}/{end}"))
    assert [(len(one.build), len(one.job_id)) for one in places] == [(100, 128)] * 2
    assert len({one.build for one in places}) == len({one.job_id for one in places}) == 2


def test_what_no_column_has_room_for_keeps_no_run_out(
    server: Squad, door: FrontDoor, package: Packages, key: str
) -> None:
    speed = {"name": "speed\0", "status": "PASS", "measure": 1.5, "unit": "m" * 100 + "\0"}
    run = {
        "name": "Functional.odd\0",
        "status": "PASS",
        "metadata": {
            "board": "_bbb",
            "kernel_version": "_" + "6" * 200,
            "build_url": "http://jenkins/" + "x" * 3000 + "\0",
            "timestamp": "2026-11-23T10:15:00+0000",
        },
        "test_sets": [
            {"name": "set\0", "test_cases": [{"name": "c\0" * 200, "status": "PASS", "measurements": [speed]}]}
        ],
    }
    host = "h" * 100
    target(door).deliver(package(run, f"{host}{key[key.index('/') :]}"))
    (stored,) = server.stored(mapping.job_id(f"{host}{key[key.index('/') :]}"))
    assert stored.whole
    assert len(stored.tests) == 2
    assert [metric["unit"] for metric in stored.metrics.values()] == ["m" * 30]


def test_what_a_run_does_not_say_is_unknown() -> None:
    run = read_run(b'{"name": "Functional.hello", "status": "PASS"}')
    assert mapping.place(NAMING, run, KEY).path == "fuego/boards/unknown/unknown"


def test_a_pattern_with_an_unknown_name_is_refused() -> None:
    with pytest.raises(BadNaming, match=r"\{kernel\} stands for nothing \(known: board, "):
        replace(NAMING, build="{kernel}")


def test_skips_and_errors_become_what_the_lab_wants() -> None:
    run = read_run(json.dumps(BONNIE).encode())
    told = mapping.tests(replace(NAMING, skip="omit", error="skip"), run)
    assert "Benchmark.bonnie/Sequential_Output/Größe_2" not in told
    assert told["Benchmark.bonnie/Sequential_Output/Rewrite"] == "skip"


names = st.text(st.sampled_from(string.ascii_letters + "/._ -é"), min_size=1, max_size=300)


@given(cases=st.lists(st.tuples(names, names), max_size=8))
def test_no_case_is_lost_whatever_it_is_called(cases: list[tuple[str, str]]) -> None:
    sets = [{"name": one, "test_cases": [{"name": two, "status": "PASS"}]} for one, two in cases]
    run = read_run(json.dumps({"name": "Functional.LTP", "status": "PASS", "test_sets": sets}).encode())
    told = mapping.tests(NAMING, run)
    assert len(told) == len(cases) + 1
    assert all(len(name) <= mapping.MAX_NAME and name.startswith("Functional.LTP/") for name in told)
    assert told == mapping.tests(NAMING, run)
