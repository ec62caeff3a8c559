"""An old Fuego server's boards, tests and requests are taken over: once, as they ended; what is torn stops nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, Torn
from fuego_jenkins_remote.fuego.packages import file_sha256, key_of_content
from fuego_jenkins_remote.hub import boards
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.hub.fserver.settings import USER
from fuego_jenkins_remote.hub.fserver.view import record_of
from fuego_jenkins_remote.hub.importing.folder import import_folder
from fuego_jenkins_remote.hub.importing.values import Import, Taken
from fuego_jenkins_remote.hub.records import Request
from fuego_jenkins_remote.hub.statements import fserver as old_sql
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.hub.statements import store as store_sql
from fuego_jenkins_remote.hub.store.values import StoredBinary
from fuego_jenkins_remote.network.states import State
from old_folder import RUN, TEST_YAML, OldFolder, packed

from .conftest import World

BINARY = '{"name": "Functional.hello_world", "toolchain": "debian-armhf"}'


@pytest.fixture
def old(tmp_path: Path) -> OldFolder:
    return OldFolder(tmp_path)


def take(world: World, old: OldFolder, **more: Any) -> list[Taken | Torn]:
    return list(import_folder(world.hub, FserverFolder(old.root), Import(team="oldnetwork", **more)))


def torn(found: list[Taken | Torn]) -> list[str]:
    return [one.what for one in found if isinstance(one, Torn)]


def request(world: World, old_id: str) -> Request:
    with world.hub.reading() as conn:
        [found] = sql.of_put(conn, USER, old_id)
        whole = sql.find(conn, found.id)
    assert whole is not None
    return whole


def test_a_board_brings_its_lab_and_its_facts(world: World, old: OldFolder) -> None:
    old.board(host="oldlab")
    assert torn(take(world, old)) == []
    with world.hub.reading() as conn:
        board = boards.find(conn, "oldlab", "bbb")
        lab = people_sql.find_lab(conn, "oldlab")
    assert (board.facts, board.description) == ({"cpu": "cortex-a8"}, "BeagleBone")
    assert lab is not None
    assert lab.team == "oldnetwork"


def test_what_a_lab_says_of_its_board_goes_before(world: World, old: OldFolder) -> None:
    world.add_lab("oldlab", "bbb")
    old.board(host="oldlab")
    old.board(host="oldlab", board="other")
    assert "is of the team oldlab" in torn(take(world, old))[0]
    with world.hub.reading() as conn:
        assert boards.find(conn, "oldlab", "bbb").facts == {"arch": "x86_64"}


def test_a_test_is_in_the_store(world: World, old: OldFolder) -> None:
    old.test()
    assert torn(take(world, old)) == []
    with world.hub.reading() as conn:
        test = store_sql.find(conn, "Functional.hello_world", "1.1-1", "")
    assert test is not None
    assert (test.team, test.uploaded_by) == ("oldnetwork", USER)


def test_a_test_that_is_not_what_its_name_says_is_torn(world: World, old: OldFolder) -> None:
    old.test("Functional.hello_world-9.9-1")
    old.test("Functional.other-1.1-1")
    old.test("Functional.half-1.1-1").write_bytes(b"half")
    assert len(torn(take(world, old))) == 3


def test_another_content_of_a_version_is_not_taken(world: World, old: OldFolder) -> None:
    old.test()
    take(world, old)
    old.test(yaml=TEST_YAML.replace("says hello", "says more"))
    assert "is in the store with another content" in torn(take(world, old))[0]


def test_a_request_that_is_done_has_its_run(world: World, old: OldFolder) -> None:
    world.clock.forward(days=1)
    file = old.run(status="FAIL")
    done = {"run_id": RUN, "start_time": "2026-11-23T10:15:00+0000", "done_time": "2026-11-23T10:20:00+0000"}
    old_id = old.request(state="done", **done)
    assert torn(take(world, old, vision_url="https://vision.example.org")) == []
    found = request(world, old_id)
    key = key_of_content("timslab", file_sha256(file))
    assert (found.state, found.status, found.run_key) == (State.DONE, "FAIL", key)
    assert found.run_url == f"https://vision.example.org/runs/{key}"
    assert (found.host, found.board, found.selector) == ("timslab", "bbb", "timslab:bbb")
    assert found.id.startswith("20261123-101400120-")
    assert found.ended_at is not None
    assert f"{found.ended_at:%H:%M}" == "10:20"
    assert old_id in found.notes


def test_its_history_says_that_it_was_taken_over(world: World, old: OldFolder) -> None:
    found = request_after(world, old, state="error", reason="no such test")
    assert (found.state, found.reason) == (State.ERROR, "no such test")
    with world.hub.reading() as conn:
        last = sql.history_of(conn, found.id)[-1]
    assert (last.who, last.reason) == (
        "import",
        "taken over from an old Fuego server, where it was error",
    )


def request_after(world: World, old: OldFolder, *, waiting: bool = False, **fields: str) -> Request:
    old_id = old.request(moment="2026-11-22_10:14:00.12", **fields)
    assert torn(take(world, old, waiting=waiting)) == []
    return request(world, old_id)


def test_what_was_running_is_an_error_and_says_why(world: World, old: OldFolder) -> None:
    found = request_after(world, old, state="running", start_time="2026-11-22T10:15:00+0000")
    assert (found.state, "more than 12 hours" in found.reason) == (State.ERROR, True)


def test_what_waited_expires_unless_it_is_to_go_on(world: World, old: OldFolder) -> None:
    assert request_after(world, old).state is State.EXPIRED


def test_what_waited_can_go_on_and_be_run(world: World, old: OldFolder) -> None:
    old.board()
    found = request_after(world, old, waiting=True)
    assert found.state is State.PENDING
    claimed = world.claim("timslab", "bbb")
    assert claimed is not None
    assert claimed.request == found.id


def test_what_goes_on_waiting_is_run_as_was_asked_for(world: World, old: OldFolder) -> None:
    old.board()
    found = request_after(world, old, waiting=True, dynamic_vars="LOOPS=3", reboot="true")
    assert (found.variables, found.options.reboot) == ({"LOOPS": "3"}, True)


def test_a_run_that_is_not_there_is_told_and_the_request_taken_without_it(world: World, old: OldFolder) -> None:
    old_id = old.request(state="done", run_id=RUN)
    assert "taken over without it" in torn(take(world, old))[0]
    assert (request(world, old_id).state, request(world, old_id).run_key) == (State.DONE, "")


@pytest.mark.parametrize(
    "fields",
    [{"test_name": "a b"}, {"test_name": ""}, {"timeout": "soon"}, {"test_spec": "../x"}, {"phases": "z"}],
)
def test_a_request_that_no_lab_could_run_is_told_and_stops_no_other(
    world: World, old: OldFolder, fields: dict[str, str]
) -> None:
    old.request(state="done", **fields)
    good = old.request(moment="2026-11-23_10:14:00.13", state="error")
    assert len(torn(take(world, old))) == 1
    assert request(world, good).state is State.ERROR


def test_old_clients_see_a_request_as_before(world: World, old: OldFolder) -> None:
    world.clock.forward(days=1)
    old.board()
    old.run()
    said = {"run_id": RUN, "start_time": "2026-11-23T10:15:00+0000", "done_time": "2026-11-23T10:20:00+0000"}
    old_id = old.request(state="done", priority="7", **said)
    take(world, old)
    with world.hub.reading() as conn:
        seen = old_sql.find(conn, old_id)
        run = old_sql.run(conn, f"run-{RUN}")
        fields = old_sql.board_fields(conn, "timslab", "bbb")
    assert seen is not None
    assert record_of(seen, world.clock()) == {
        "host": "timslab",
        "board": "bbb",
        "test_name": "Functional.hello_world",
        "requestor": "anna",
        "priority": "7",
        "state": "done",
        "request_time": "2026-11-23_10:14:00.12",
        **said,
    }
    assert run is not None
    assert (run.status, run.run_key) == ("PASS", request(world, old_id).run_key)
    assert fields == {"cpu": "cortex-a8", "description": "BeagleBone", "kernel": "6.1"}


def test_old_clients_see_why_what_waited_has_ended(world: World, old: OldFolder) -> None:
    old_id = old.request()
    take(world, old)
    with world.hub.reading() as conn:
        seen = old_sql.find(conn, old_id)
    assert seen is not None
    record = record_of(seen, world.clock())
    assert (record["state"], "put it again" in record["reason"]) == ("error", True)


def test_a_second_import_changes_nothing(world: World, old: OldFolder) -> None:
    old.board()
    old.test()
    old.run()
    ids = [old.request(moment=f"2026-11-23_10:14:00.{at}", state="done", run_id=RUN) for at in range(10, 20)]
    ids.append(old.request())
    first = take(world, old)
    before = [request(world, one) for one in ids]
    second = take(world, old)
    assert {one.is_new for one in first if isinstance(one, Taken)} == {True}
    assert {one.is_new for one in second if isinstance(one, Taken)} == {False}
    assert [request(world, one) for one in ids] == before


def test_somebody_called_so_is_not_taken_for_the_old_clients(world: World, old: OldFolder) -> None:
    world.add_user(USER, "timslab")
    with pytest.raises(Conflict, match="there is a person called fserver"):
        take(world, old)


# -- binaries


def put_binary(old: OldFolder, json: str, name: str = "debian-armhf-Functional.hello_world") -> Path:
    path = old.root / "files" / "binary-packages" / f"{name}-binary-package.ftbp"
    path.write_bytes(packed({"binary-package.json": json}))
    return path


def binary_of(world: World) -> StoredBinary | None:
    with world.hub.reading() as conn:
        return store_sql.find_binary(conn, "Functional.hello_world", "debian-armhf", "")


def test_binaries_come_along(world: World, old: OldFolder) -> None:
    path = put_binary(old, BINARY)
    assert torn(take(world, old)) == []
    kept = binary_of(world)
    assert kept is not None
    assert (kept.sha256, kept.team, kept.uploaded_by) == (file_sha256(path), "oldnetwork", USER)


@pytest.mark.parametrize("json", ["{}", BINARY.replace("armhf", "i386")])
def test_binaries_that_are_not_what_their_name_says_are_torn(world: World, old: OldFolder, json: str) -> None:
    put_binary(old, json)
    assert len(torn(take(world, old))) == 1
    assert binary_of(world) is None


def test_binaries_that_the_hub_has_are_not_replaced(world: World, old: OldFolder) -> None:
    put_binary(old, BINARY)
    take(world, old)
    before = binary_of(world)
    put_binary(old, BINARY.replace("{", '{"note": "another", '))
    assert torn(take(world, old)) == ["the hub has other binaries of Functional.hello_world for debian-armhf"]
    assert binary_of(world) == before
