"""Delivery to KernelCI: valid submissions, followed to their end, one run there however often a try was broken off.

A live server is tried, too, where KCIDB_REST and KCIDB_TOKEN name one (KCIDB_ORIGIN is our name there).
"""

from __future__ import annotations

import json
import os
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from front_door import FrontDoor
from fuego_jenkins_remote.fuego.runs import read_run
from fuego_jenkins_remote.publish.kernelci.mapping import BadKernel, Kernel, Source, Told, submission
from fuego_jenkins_remote.publish.kernelci.target import KernelCiTarget, checked, open_site
from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered, RunPackage
from kcidb_server import TOKEN, KcidbServer

from .conftest import BONNIE, KEY

SOURCE = Source(origin="fuego", vision_url="https://vision.example.org")
COMMIT = "c942fddf8793b2013be8c901b47d0a8dc02bf99f"
Packages = Callable[..., RunPackage]


@pytest.fixture
def kcidb() -> Iterator[KcidbServer]:
    server = KcidbServer()
    yield server
    server.close()


@pytest.fixture
def door(kcidb: KcidbServer) -> Iterator[FrontDoor]:
    """What stands before the server and can break connections off."""
    door = FrontDoor(kcidb.url, prefix="")
    yield door
    door.close()


def target(door: FrontDoor, token: str = TOKEN, source: Source = SOURCE) -> KernelCiTarget:
    site = open_site(door.url, token)
    return KernelCiTarget(lambda: site, source, sleep=lambda _seconds: None)


def told(run: dict[str, Any] = BONNIE, **more: Any) -> Told:
    return Told(key=KEY, run=read_run(json.dumps(run).encode()), **more)


def test_a_run_is_there_with_its_cases_and_numbers(kcidb: KcidbServer, door: FrontDoor, package: Packages) -> None:
    assert target(door).deliver(package()) == ""
    tests = kcidb.objects("tests")
    assert {one["path"]: one["status"] for one in tests.values()} == {
        "bonnie": "FAIL",
        "bonnie.Sequential_Output.PerChr": "PASS",
        "bonnie.Sequential_Output.PerChr.speed": "PASS",
        "bonnie.Sequential_Output.Block": "FAIL",
        "bonnie.Sequential_Output.Gr_e_2": "SKIP",
        "bonnie.Sequential_Output.Rewrite": "ERROR",
    }
    assert tests[f"fuego:{KEY}/Sequential_Output/PerChr/speed"]["number"] == {"value": 812.5, "unit": "K/s"}
    run = tests[f"fuego:{KEY}"]
    assert (run["duration"], run["start_time"]) == (20.345, "2026-11-23T10:15:00+00:00")
    assert run["log_url"] == f"https://vision.example.org/api/v1/runs/{KEY}/files/testlog.txt"
    assert "putc()" in run["log_excerpt"]


def test_a_kernel_of_an_unknown_commit_is_said_to_be_that() -> None:
    (checkout,) = submission(SOURCE, [told()])["checkouts"]
    assert checkout == {
        "id": "fuego:unknown-6.1.0-rc1+",
        "origin": "fuego",
        "comment": "kernel 6.1.0-rc1+, as it was installed on the board: its commit is not known",
    }


def test_a_commit_comes_from_the_run_before_the_labs_settings() -> None:
    kernel = Kernel(commit="0" * 40, repository="https://git.example.org/linux.git", tree="mainline")
    source = Source(origin="fuego", kernel=kernel)
    run = {**BONNIE, "metadata": {**BONNIE["metadata"], "kernel_commit": COMMIT}}
    (of_lab,), (of_run,) = (submission(source, [told(one)])["checkouts"] for one in (BONNIE, run))
    assert of_lab["git_commit_hash"] == "0" * 40
    assert (of_run["id"], of_run["git_repository_url"]) == (f"fuego:{COMMIT}", "https://git.example.org/linux.git")


@pytest.mark.parametrize("values", [{"commit": "v6.9"}, {"repository": "git://example.org/linux"}])
def test_what_kernelci_cannot_take_of_a_kernel_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(BadKernel):
        Kernel(**values)


def test_runs_that_share_a_kernel_share_checkout_and_build() -> None:
    first = told()
    both = submission(SOURCE, [first, replace(first, key=KEY.replace("k3j7x2m4", "a2b3c4d5"))])
    assert [len(both[kind]) for kind in ("checkouts", "builds", "tests")] == [1, 1, 12]


def test_the_same_run_again_is_there_once(kcidb: KcidbServer, door: FrontDoor, package: Packages) -> None:
    run = package()
    target(door).deliver(run)
    target(door).deliver(run)
    assert len(kcidb.objects("tests")) == 6


@pytest.mark.parametrize("lost", ["POST /submit", "GET /status"])
def test_an_answer_that_was_lost_makes_no_second_run(
    kcidb: KcidbServer, door: FrontDoor, package: Packages, lost: str
) -> None:
    method, path = lost.split()
    with door.losing_answers(method=method, path=path, times=1):
        target(door).deliver(package())
    assert len(kcidb.objects("tests")) == 6


def test_a_gateway_in_trouble_is_tried_again(kcidb: KcidbServer, door: FrontDoor, package: Packages) -> None:
    with door.answering(502, method="POST", path="/submit", times=2):
        target(door).deliver(package())
    assert len(kcidb.received) == 1


def test_what_is_not_processed_yet_is_asked_for_by_its_receipt_and_not_sent_again(
    kcidb: KcidbServer, door: FrontDoor, package: Packages
) -> None:
    kcidb.looks_until_processed = 5
    run = package()
    with pytest.raises(NotDelivered, match=r"not processed yet \(ready\)") as waiting:
        target(door).deliver(run)
    again = RunPackage(key=run.key, path=run.path, sha256=run.sha256, receipt=waiting.value.receipt)
    target(door).deliver(again)
    assert len(kcidb.received) == 1


def test_what_the_server_has_forgotten_is_sent_again(kcidb: KcidbServer, door: FrontDoor, package: Packages) -> None:
    run = package()
    target(door).deliver(RunPackage(key=run.key, path=run.path, sha256=run.sha256, receipt="of-yesterday"))
    assert len(kcidb.received) == 1


def test_a_token_that_is_refused_leaves_the_run_waiting(door: FrontDoor, package: Packages) -> None:
    with pytest.raises(NotDelivered, match="answered 401.*JWT is required"):
        target(door, token="another").deliver(package())


REFUSED = '{"id": "submission1", "status": "failed", "message": "File failed to pass validation"}'


def test_a_submission_that_the_server_refuses_is_given_up(door: FrontDoor, package: Packages) -> None:
    with (
        door.answering(200, method="GET", path="/status", body=REFUSED),
        pytest.raises(NeverDelivered, match="refused the submission submission1"),
    ):
        target(door).deliver(package())


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"status": "ok"}', '{"id": 7}'])
def test_strange_answers_leave_the_run_waiting(door: FrontDoor, package: Packages, body: str) -> None:
    with door.answering(200, method="GET|POST", body=body), pytest.raises(NotDelivered):
        target(door).deliver(package())


@pytest.mark.parametrize("receipt", ["x" * 300, "a b", "../x", "7&id=8", ["x"], None, ""])
def test_a_receipt_that_is_none_is_not_kept(door: FrontDoor, package: Packages, receipt: object) -> None:
    body = json.dumps({"id": receipt, "status": "ok"})
    with door.answering(200, method="POST", body=body), pytest.raises(NotDelivered, match="has not taken it") as caught:
        target(door).deliver(package())
    assert caught.value.receipt == ""


def test_a_status_without_end_is_told_cut(door: FrontDoor, package: Packages) -> None:
    with door.answering(200, method="GET", body=json.dumps({"status": "x" * 10**6})):
        with pytest.raises(NotDelivered) as caught:
            target(door).deliver(package())
    assert len(str(caught.value)) < 300


def test_what_breaks_the_schema_is_named_with_its_place() -> None:
    with pytest.raises(NeverDelivered, match="tests/0/status: 'GOOD' is not one of"):
        checked({"version": {"major": 5}, "tests": [{"id": "a:b", "origin": "a", "build_id": "a:c", "status": "GOOD"}]})


words = st.text(st.sampled_from(string.printable + "é\0\u2028"), max_size=40)


@settings(max_examples=150)
@given(name=words, board=words, kernel=words, case=words, unit=words, measure=st.floats())
def test_every_run_makes_a_valid_submission(**said: Any) -> None:
    measurement = {"name": said["case"] or "m", "status": "PASS", "measure": said["measure"], "units": said["unit"]}
    run = {
        "name": said["name"] or "x",
        "status": "PASS",
        "metadata": {"board": said["board"], "kernel_version": said["kernel"], "architecture": said["board"]},
        "test_sets": [
            {
                "name": said["board"] or "s",
                "test_cases": [{"name": said["case"] or "c", "status": "x", "measurements": [measurement] * 2}],
            }
        ],
    }
    log = said["case"] * 2000
    assert checked(submission(SOURCE, [told(run, log_end=log, files=(said["name"], "testlog.txt"))]))


@pytest.mark.parametrize("name", ["Benchmark.netperf", "Functional.hello_world"])
def test_real_runs_make_valid_submissions(shared_data: Path, name: str) -> None:
    run = read_run(shared_data / "fuego" / "runs" / f"{name}.run.json")
    assert checked(submission(SOURCE, [Told(key=KEY, run=run)]))


def test_answers_are_those_of_the_real_server(shared_data: Path, kcidb: KcidbServer) -> None:
    """The server of these tests says what the recorded one said, but for ids."""
    site = open_site(kcidb.url, TOKEN)
    made = {
        "03-submit-ok": site.call("POST", "/submit", data=b'{"version": {"major": 5, "minor": 3}}'),
        "12-status-processed": site.call("GET", "/status", params={"id": "submission1"}),
        "14-status-notfound": site.call("GET", "/status", params={"id": "nosuch"}),
    }
    for name, reply in made.items():
        recorded = (shared_data / "kcidb" / f"{name}.txt").read_text()
        status = int(re.findall(r"^< HTTP/1.1 ([0-9]+)", recorded, re.MULTILINE)[0])
        said = json.loads(recorded.strip().splitlines()[-1])
        assert (reply.status, set(reply.json()), reply.json()["status"]) == (status, set(said), said["status"])


@pytest.mark.skipif("KCIDB_REST" not in os.environ, reason="KCIDB_REST names no live server")
def test_a_live_server_takes_a_run(package: Packages) -> None:
    site = open_site(os.environ["KCIDB_REST"], os.environ.get("KCIDB_TOKEN", ""))
    KernelCiTarget(lambda: site, Source(origin=os.environ.get("KCIDB_ORIGIN", "fuego"))).deliver(package())


# ---- many runs in one submission


def several(package: Packages, number: int) -> list[RunPackage]:
    return [package(key=KEY.replace("k3j7x2m4", f"k3j7x2m{at}")) for at in range(2, 2 + number)]


def test_many_runs_go_in_one_submission(kcidb: KcidbServer, door: FrontDoor, package: Packages) -> None:
    runs = several(package, 4)
    handed = target(door).deliver_many(runs)
    assert [handed[run.key].error for run in runs] == [None] * 4
    assert (len(kcidb.received), len(kcidb.objects("tests"))) == (1, 24)


def test_a_run_that_does_not_fit_is_left_out_of_the_batch(
    kcidb: KcidbServer, door: FrontDoor, package: Packages
) -> None:
    runs = several(package, 3)
    runs[1].path.write_bytes(b"no package")
    handed = target(door).deliver_many(runs)
    assert [type(handed[run.key].error) for run in runs] == [type(None), NeverDelivered, type(None)]
    assert (len(kcidb.received), len(kcidb.objects("tests"))) == (1, 12)


def test_a_batch_is_cut_where_it_grows_too_large(
    kcidb: KcidbServer, door: FrontDoor, package: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.publish.kernelci.target.MAX_BATCH", 10_000)
    runs = several(package, 4)
    handed = target(door).deliver_many(runs)
    assert all(handed[run.key].error is None for run in runs)
    assert 1 < len(kcidb.received) <= 4
    assert len(kcidb.objects("tests")) == 24


def with_receipts(runs: list[RunPackage], handed: dict[str, Any]) -> list[RunPackage]:
    return [replace(run, receipt=handed[run.key].error.receipt) for run in runs]


def test_each_run_of_a_batch_has_the_receipt_and_is_asked_for_alone(
    kcidb: KcidbServer, door: FrontDoor, package: Packages
) -> None:
    kcidb.looks_until_processed = 5
    runs = several(package, 2)
    first, second = with_receipts(runs, target(door).deliver_many(runs))
    assert first.receipt == second.receipt != ""
    target(door).deliver(first)
    assert target(door).deliver_many([second])[second.key].error is None
    assert len(kcidb.received) == 1


def test_a_batch_that_is_refused_goes_again_one_by_one(kcidb: KcidbServer, door: FrontDoor, package: Packages) -> None:
    runs = several(package, 3)
    with door.answering(200, method="GET", path="/status.*submission1$", body=REFUSED):
        handed = target(door).deliver_many(runs)
    assert all(handed[run.key].error is None for run in runs)
    assert len(kcidb.received) == 4


def test_a_batch_that_is_refused_later_goes_again_one_by_one(
    kcidb: KcidbServer, door: FrontDoor, package: Packages
) -> None:
    kcidb.looks_until_processed = 4
    runs = several(package, 2)
    waiting = with_receipts(runs, target(door).deliver_many(runs))
    kcidb.looks_until_processed = 1
    with door.answering(200, method="GET", path="/status.*submission1$", body=REFUSED):
        handed = target(door).deliver_many(waiting)
        assert all(handed[run.key].error is None for run in runs)
    assert len(kcidb.received) == 3


def test_a_batch_whose_answer_was_lost_makes_no_second_run(
    kcidb: KcidbServer, door: FrontDoor, package: Packages
) -> None:
    runs = several(package, 3)
    with door.losing_answers(method="POST", path="/submit", times=10):
        handed = target(door).deliver_many(runs)
    assert all(isinstance(handed[run.key].error, NotDelivered) for run in runs)
    handed = target(door).deliver_many(runs)
    assert all(handed[run.key].error is None for run in runs)
    assert len(kcidb.objects("tests")) == 18
