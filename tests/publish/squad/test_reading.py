"""Runs read from SQUAD: listed as vision lists them, fetched as they were delivered, whatever else SQUAD holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from front_door import FrontDoor
from fuego_jenkins_remote.client.errors import ClientError, NotAllowed, NotFound, TooLarge
from fuego_jenkins_remote.fuego.errors import BadPackage
from fuego_jenkins_remote.fuego.packages import Kind, file_sha256, list_members, read_member, unpack
from fuego_jenkins_remote.fuego.runs import Status, read_run
from fuego_jenkins_remote.publish.squad import parts, reading
from fuego_jenkins_remote.publish.squad.target import SquadTarget, open_site
from fuego_jenkins_remote.publish.targets import Readable, RunPackage
from squad_servers import TOKEN, FakeSquad, StoredRun

from ..conftest import BONNIE
from .conftest import NAMING, Squad, target

Packages = Callable[..., RunPackage]


@pytest.fixture
def fake() -> Iterator[FakeSquad]:
    """A SQUAD of this test alone."""
    squad = FakeSquad()
    yield squad
    squad.close()


def reader(squad: FakeSquad) -> SquadTarget:
    site = open_site(squad.url, TOKEN)
    return SquadTarget(lambda: site, NAMING)


def foreign(squad: FakeSquad, **said: Any) -> StoredRun:
    """A run that somebody else than we has submitted."""
    given = {"tests": {}, "metrics": {}, "metadata": {}, "job_id": "lava-7", **said}
    run = StoredRun(id=len(squad.runs) + 1, place=("fuego", "boards", "v6.1.1", "x15"), **given)
    squad.runs.append(run)
    return run


def on_board(board: str, **more: Any) -> dict[str, Any]:
    return {**BONNIE, **more, "metadata": {**BONNIE["metadata"], "board": board}}


def test_a_squad_can_be_read(door: FrontDoor) -> None:
    assert isinstance(target(door), Readable)


def test_a_run_comes_back_byte_for_byte(door: FrontDoor, package: Packages, key: str, tmp_path: Path) -> None:
    run = package(key=key)
    target(door).deliver(run)
    fetched = target(door).fetch(key, tmp_path / "back.frp")
    assert (fetched.key, fetched.sha256, fetched.is_original) == (key, run.sha256, True)
    assert (tmp_path / "back.frp").read_bytes() == run.path.read_bytes()


def test_a_list_tells_of_a_run_what_visions_does(door: FrontDoor, package: Packages, key: str) -> None:
    run = package(on_board("of-a-list"), key=key)
    page = target(door).deliver(run)
    (told,) = target(door).runs({"board": "of-a-list"}, 10).runs
    assert told["uploaded_at"]
    assert {**told, "uploaded_at": ""} == {
        "key": key,
        "host": "demolab",
        "board": "of-a-list",
        "test": "Benchmark.bonnie",
        "spec": "default",
        "status": "FAIL",
        "build_number": "",
        "started_at": "2026-11-23T10:15:00Z" if told["started_at"].endswith("Z") else "2026-11-23T10:15:00+00:00",
        "duration_ms": 20345,
        "kernel_version": "6.1.0-rc1+",
        "toolchain": "debian-armhf",
        "request": "20261123-101500123-k3j7x2m4.1",
        "campaign": None,
        "counts": {"PASS": 1, "FAIL": 1, "ERROR": 1, "SKIP": 1},
        "sha256": run.sha256,
        "size": run.path.stat().st_size,
        "uploaded_at": "",
        "uploaded_by": "",
        "url": page,
        "build": "6.1.0-rc1_",
        "environment": "of-a-list",
    }


def test_a_runs_address_in_a_list_leads_to_its_page(
    server: Squad, door: FrontDoor, package: Packages, key: str
) -> None:
    if isinstance(server, FakeSquad):
        pytest.skip("only a real SQUAD has pages")
    target(door).deliver(package(on_board("with-a-page"), key=key))
    (told,) = target(door).runs({"board": "with-a-page"}, 10).runs
    page = requests.get(told["url"], timeout=30)
    assert (page.status_code, "Benchmark.bonnie" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({}, 2),
        ({"board": "demolab:filtered"}, 2),
        ({"board": "otherlab:filtered"}, 0),
        ({"host": "demo"}, 0),
        ({"status": "PASS"}, 1),
        ({"test": "Functional.hello"}, 1),
        ({"spec": "default"}, 2),
        ({"spec": "quick"}, 0),
        ({"request": "20261123-101500123-k3j7x2m4"}, 2),
        ({"request": "20261123-101500123-k3j7x2m5"}, 0),
        ({"campaign": "c-20261123-101500123-k3j7x2m4"}, 0),
        ({"since": "2026-11-23"}, 2),
        ({"since": "2026-11-23T12:00:00+01:00"}, 0),
    ],
)
def test_filters(door: FrontDoor, package: Packages, filters: dict[str, str], number: int) -> None:
    keys = [f"demolab/20261123-101500123-k3j7x2m4.{attempt}" for attempt in (71, 72)]
    target(door).deliver(package(on_board("filtered"), key=keys[0]))
    target(door).deliver(package(on_board("filtered", name="Functional.hello", status="PASS"), key=keys[1]))
    listed = target(door).runs({"board": "filtered", **filters}, 10)
    assert listed.is_all
    assert len(listed.runs) == number


def test_pages_are_followed_to_the_limit_newest_first(door: FrontDoor, fake: FakeSquad) -> None:
    for number in range(7):
        foreign(fake, job_id=f"lava-{number}")
    fake.page = 3
    assert [one["key"] for one in reader(fake).runs({}, 100).runs] == [f"lava-{number}" for number in range(6, -1, -1)]
    assert [one["key"] for one in reader(fake).runs({}, 4).runs] == ["lava-6", "lava-5", "lava-4", "lava-3"]


def test_a_list_looks_at_so_many_runs_and_says_so(fake: FakeSquad, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LOOKED", 5)
    for number in range(7):
        foreign(fake, job_id=f"lava-{number}", metadata={"fuego_test": f"Functional.{number}"})
    listed = reader(fake).runs({"test": "Functional.0"}, 10)
    assert (listed.runs, listed.is_all) == ([], False)


def test_the_token_never_goes_to_where_a_page_points(door: FrontDoor, fake: FakeSquad) -> None:
    """The next page's address names another server here; what is asked is the one that was set."""
    fake.page = 1
    foreign(fake)
    foreign(fake, job_id="lava-8")
    assert len(reader(fake).runs({}, 10).runs) == 2


def test_a_run_of_others_is_put_together_from_its_parts(fake: FakeSquad, tmp_path: Path) -> None:
    foreign(
        fake,
        tests={
            "Benchmark.Dhrystone/ok": "xfail",
            "LTP/syscalls/abs01": "pass",
            "LTP/syscalls/accept4_01": {"result": "fail", "log": "EINVAL"},
        },
        metrics={
            "LTP/syscalls/abs01/time": {"value": 7.5, "unit": "s"},
            "Benchmark.Dhrystone/Score": [4021.5, 4018.25],
        },
        metadata={"job_status": "complete", "kernel_version": "6.1", "list": [1]},
        log=b"what it printed",
        contents={"../../etc/passwd": b"x", ".hidden": b"y", "a b.txt": b"z"},
    )
    fetched = reader(fake).fetch("lava-7", tmp_path / "back.frp")
    assert not fetched.is_original
    folder = unpack(tmp_path / "back.frp", tmp_path / "back", kind=Kind.RUN)
    run = read_run(folder / "run.json")
    assert (run.status, run.text("kernel_version")) == (Status.FAIL, "6.1")
    assert {f"{one.name}/{case.name}": case.status for one, case in run.cases()} == {
        "Benchmark.Dhrystone/ok": Status.SKIP,
        "LTP/syscalls/abs01": Status.PASS,
        "LTP/syscalls/accept4_01": Status.FAIL,
        "default/Benchmark.Dhrystone": Status.PASS,
    }
    assert (folder / "testlog.txt").read_bytes() == b"what it printed"
    assert sorted(path.name for path in folder.iterdir()) == [
        "_.._etc_passwd",
        "a b.txt",
        "hidden",
        "run.json",
        "testlog.txt",
    ]


def test_a_run_whose_package_is_too_large_keeps_its_own_run_json(
    door: FrontDoor, package: Packages, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.publish.squad.target.MAX_PACKAGE", 10)
    run = package(key=key)
    target(door).deliver(run)
    fetched = target(door).fetch(key, tmp_path / "back.frp")
    assert (fetched.is_original, file_sha256(tmp_path / "back.frp")) == (False, fetched.sha256)
    assert read_member(tmp_path / "back.frp", "run/run.json", 2**20) == read_member(run.path, "run/run.json", 2**20)
    assert {one.name for one in list_members(run.path)} <= {one.name for one in list_members(tmp_path / "back.frp")}


def test_without_a_run_json_results_and_numbers_are_those_of_squad(
    door: FrontDoor, package: Packages, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.publish.squad.target.MAX_PACKAGE", 10)
    monkeypatch.setattr("fuego_jenkins_remote.publish.squad.target._ATTACHED_BYTES", 10)
    target(door).deliver(package(key=key))
    target(door).fetch(key, tmp_path / "back.frp")
    run = read_run(read_member(tmp_path / "back.frp", "run/run.json", 2**20))
    assert (run.name, run.status, run.duration_ms) == ("Benchmark.bonnie", Status.FAIL, 20345)
    assert (run.text("board"), run.text("test_spec"), run.text("request_id")) == (
        "bbb",
        "default",
        "20261123-101500123-k3j7x2m4",
    )
    assert run.started_at is not None
    (test_set,) = run.test_sets
    assert {case.name: str(case.status) for case in test_set.test_cases} == {
        "PerChr": "PASS",
        "Block": "FAIL",
        "Größe_2": "SKIP",
        "Rewrite": "FAIL",
    }
    (speed,) = test_set.test_cases[0].measurements
    assert (test_set.name, speed.name, speed.measure, speed.unit) == ("Sequential_Output", "speed", 812.5, "K/s")


def test_a_run_that_is_not_there_is_named(door: FrontDoor, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has no run demolab/nothing"):
        target(door).fetch("demolab/nothing", tmp_path / "back.frp")


def test_a_project_that_is_not_there_is_no_project_without_runs(door: FrontDoor) -> None:
    with pytest.raises(ClientError, match="shows us no project fuego/nothing"):
        target(door, project="nothing").runs({}, 10)


def test_a_project_without_runs_that_fit_is_an_empty_list(door: FrontDoor) -> None:
    assert target(door).runs({"host": "nobodyslab"}, 10).runs == []


def test_reading_needs_a_token_that_squad_knows(door: FrontDoor) -> None:
    with pytest.raises(NotAllowed, match="answered 403"):
        target(door, token="wrong").runs({}, 10)


def test_a_package_that_was_exchanged_is_refused(fake: FakeSquad, package: Packages, tmp_path: Path) -> None:
    first, second = package(), package({**BONNIE, "status": "PASS"}, "demolab/20261123-101500123-k3j7x2m4.2")
    for run in (first, second):
        reader(fake).deliver(run)
    fake.runs[0].contents[reading.PACKAGE] = fake.runs[1].contents[reading.PACKAGE]
    with pytest.raises(ClientError, match="is not what was delivered"):
        reader(fake).fetch(first.key, tmp_path / "back.frp")
    fake.runs[0].contents[reading.PACKAGE] = b"\x1f\x8b no package"
    with pytest.raises(BadPackage):
        reader(fake).fetch(first.key, tmp_path / "again.frp")


def test_a_key_that_is_not_of_this_job_is_not_believed(fake: FakeSquad) -> None:
    foreign(fake, job_id="lava-7", metadata={"fuego_run": "timslab/somebody-elses"})
    assert reader(fake).runs({}, 10).runs[0]["key"] == "lava-7"


def test_a_run_that_is_stored_in_part_is_not_fetched(fake: FakeSquad, tmp_path: Path) -> None:
    foreign(fake, whole=False)
    with pytest.raises(ClientError, match="in part only"):
        reader(fake).fetch("lava-7", tmp_path / "back.frp")


def test_more_than_a_run_may_be_is_not_kept(fake: FakeSquad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(fake, contents={"large": b"x" * 1000})
    monkeypatch.setattr(parts, "MAX_BYTES", 999)
    with pytest.raises(TooLarge):
        reader(fake).fetch("lava-7", tmp_path / "back.frp")
    foreign(fake, job_id="lava-8", contents={f"file-{number}": b"" for number in range(parts.MAX_FILES + 1)})
    with pytest.raises(TooLarge, match="more than 200 files"):
        reader(fake).fetch("lava-8", tmp_path / "back.frp")


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"results": 7}', "{" * 100_000])
def test_strange_answers_are_told_of(door: FrontDoor, body: str) -> None:
    with door.answering(200, method="GET", body=body), pytest.raises(ClientError, match="SQUAD"):
        target(door).runs({}, 10)


@pytest.mark.parametrize("body", ['{"results": [7]}', '{"results": [{"id": "x"}]}'])
def test_what_is_no_run_is_passed_over(door: FrontDoor, body: str) -> None:
    with door.answering(200, method="GET", body=body):
        assert target(door).runs({}, 10).runs == []


@pytest.mark.parametrize("name", ["33-read-build-testruns", "34-read-testruns-by-job-id", "95-confirm-by-job-id"])
def test_recorded_answers_are_understood(shared_data: Path, door: FrontDoor, fake: FakeSquad, name: str) -> None:
    recorded = json.loads((shared_data / "squad" / f"{name}.txt").read_text().strip().splitlines()[-1])
    behind = FrontDoor(fake.url, prefix="")
    for one in recorded["results"]:
        for _ in range(one["id"]):
            foreign(fake, job_id=one["job_id"])
    with behind.answering(200, method="GET", path=r"/api/testruns/\?", body=json.dumps(recorded)):
        site = open_site(behind.url, TOKEN)
        told = SquadTarget(lambda: site, NAMING).runs({}, 50).runs
    behind.close()
    assert [one["key"] for one in told] == [one["job_id"] for one in recorded["results"]]
