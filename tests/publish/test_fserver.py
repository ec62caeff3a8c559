"""Delivery to an old Fuego server: each run once and whole, under the name that Fuego gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from front_door import FrontDoor
from fserver_server import FserverServer, running
from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.publish.fserver.making import address
from fuego_jenkins_remote.publish.fserver.target import FserverTarget
from fuego_jenkins_remote.publish.making import BadTarget, Conf
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage

from .conftest import BONNIE

NAME = "run-2026-11-23_10:15:00-Benchmark.bonnie-on-demolab:bbb"
Packages = Callable[..., RunPackage]


server = pytest.fixture(running)


@pytest.fixture
def door(server: FserverServer) -> Iterator[FrontDoor]:
    """What stands before the server and can break connections off."""
    door = FrontDoor(server.root, prefix="")
    yield door
    door.close()


def target(door: FrontDoor) -> FserverTarget:
    server = Fserver(f"{door.url}/cgi-bin")
    return FserverTarget(lambda: server)


def test_a_run_has_the_name_that_fuego_gives_it(server: FserverServer, door: FrontDoor, package: Packages) -> None:
    url = target(door).deliver(package())
    assert list(server.data) == [NAME]
    assert url == f"{door.url}/fserver-data/files/runs/{NAME.removeprefix('run-')}/"


def test_colons_go_unescaped_since_some_servers_break_on_others(door: FrontDoor, package: Packages) -> None:
    target(door).deliver(package())
    assert f"/cgi-bin/fserver.py?action=get_run_url&run_id={NAME}" in [one.path for one in door.seen]


def test_the_same_run_again_is_not_sent_again(server: FserverServer, door: FrontDoor, package: Packages) -> None:
    run = package()
    assert target(door).deliver(run) == target(door).deliver(run)
    assert door.count("POST", "put_run") == 1


def test_an_answer_that_was_lost_makes_no_second_run(server: FserverServer, door: FrontDoor, package: Packages) -> None:
    with door.losing_answers(method="POST", path="put_run"), pytest.raises(NotDelivered):
        target(door).deliver(package())
    target(door).deliver(package())
    assert list(server.data) == [NAME]
    assert door.count("POST", "put_run") == 1


def test_what_a_failed_upload_has_left_is_replaced(server: FserverServer, door: FrontDoor, package: Packages) -> None:
    server.files[NAME] = b"half of a pack"
    target(door).deliver(package())
    assert server.files[NAME] != b"half of a pack"
    assert list(server.data) == [NAME]


def test_another_run_of_that_name_is_left_alone(server: FserverServer, door: FrontDoor, package: Packages) -> None:
    target(door).deliver(package())
    other = {**BONNIE, "metadata": {**BONNIE["metadata"], "attempt": 2}}
    with pytest.raises(NeverDelivered, match="another run called run-2026"):
        target(door).deliver(package(other))
    assert server.data[NAME]["metadata"]["attempt"] == 1


def test_a_refusal_is_told_with_the_servers_reason(door: FrontDoor, package: Packages) -> None:
    said = "FAIL\nFile 'x.frp' uploaded successfully!\nCould not extract file from run package\n"
    with (
        door.answering(200, method="POST", body=said),
        pytest.raises(NotDelivered, match="refused: Could not extract file"),
    ):
        target(door).deliver(package())


@pytest.mark.parametrize("body", ["", "\n<body><h1>FSERVER Error</h1>", "OKAY\n", "[" * 100_000])
def test_a_page_in_place_of_an_answer_leaves_the_run_waiting(door: FrontDoor, package: Packages, body: str) -> None:
    with door.answering(200, method="GET|POST", body=body), pytest.raises(NotDelivered):
        target(door).deliver(package())


def test_a_run_without_a_time_cannot_be_named(door: FrontDoor, package: Packages) -> None:
    with pytest.raises(NeverDelivered, match="does not say when it began"):
        target(door).deliver(package({"name": "Functional.hello", "status": "PASS", "metadata": {"board": "bbb"}}))


def test_the_recorded_answers_mean_what_the_client_takes_them_for(shared_data, server: FserverServer) -> None:
    """What the original said to put_run and get_run_url has the form that this server's answers have."""
    import json

    recorded = {one["name"]: one for one in json.loads((shared_data / "fserver" / "vectors.json").read_text())}
    assert recorded["put_run"]["resp_body"]["text"].startswith("OK\nFile 'run-")
    assert recorded["put_run-duplicate"]["resp_body"]["text"].startswith("FAIL\nAlready have a file")
    assert recorded["get_run_url"]["resp_body"]["text"].startswith("OK\n/fserver-data/files/runs/run-")
    assert recorded["remove_run-again"]["resp_body"]["text"].startswith("FAIL\nError: could not remove")


def test_fuegos_own_setting_names_the_server_where_ours_does_not() -> None:
    assert address(Conf(values={"server_domain": "fuegotest.org/cgi-bin"})) == "http://fuegotest.org/cgi-bin"
    assert address(Conf(values={"fserver_url": "https://f.example/x", "server_domain": "y"})) == "https://f.example/x"
    with pytest.raises(BadTarget, match="fserver_url is not set"):
        address(Conf(values={"server_type": "squad", "server_domain": "squad.example.org"}))
