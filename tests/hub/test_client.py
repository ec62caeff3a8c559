"""The hub and our own client understand each other, call by call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.client import approvals as client_approvals
from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.probing import probe
from fuego_jenkins_remote.client.server_types import ServerType
from fuego_jenkins_remote.network.states import State

from .running import Running, running_hub

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_hub(tmp_path_factory.mktemp("client") / "hub") as made:
        yield made


@pytest.fixture
def lab(running: Running) -> HubClient:
    return HubClient(running.url, running.secrets["demolab"])


@pytest.fixture
def ann(running: Running) -> HubClient:
    return HubClient(running.url, running.secrets["ann"])


@pytest.fixture
def tim(running: Running) -> HubClient:
    return HubClient(running.url, running.secrets["tim"])


WANTED = {"selector": "demolab:qemu", "test": "Functional.hello"}


def test_a_run_from_put_to_done(lab: HubClient, ann: HubClient) -> None:
    made, campaign = ann.put_request({**WANTED, "call_id": "put-done-1", "variables": {"LOOPS": "5"}, "notes": "grüße"})
    assert campaign is None
    claims = lab.claim("claim-done-1", ["qemu"], wait=1)
    attempt = claims.attempts[0]
    assert (attempt.request.id, attempt.number, attempt.board) == (made[0].id, 1, "qemu")
    assert lab.heartbeat(attempt.id, queue_why="waits")["cancel"] is False
    assert lab.start(attempt.id, "start-done-1", "http://127.0.0.1:8090/job/x/1/", "1")
    assert lab.tested(attempt.id, "test-done-1", "PASS", f"demolab/{attempt.id}", "1 PASS").state == State.TESTED
    lab.done(attempt.id, "done-done-1", "vision", "http://127.0.0.1:8701/runs/x")
    ended = ann.wait_for_change(made[0].id, seen=made[0].version, wait=5)
    assert (ended.state, ended.status, ended.is_final) == (State.DONE, "PASS", True)
    assert [change.new for change in ended.history] == ["pending", "assigned", "running", "tested", "done"]


def test_a_request_that_is_asked_for_approved_and_cancelled(lab: HubClient, ann: HubClient, tim: HubClient) -> None:
    [request], _ = ann.put_request({**WANTED, "call_id": "put-asked-1"})
    attempt = lab.claim("claim-asked-1", ["qemu"]).attempts[0]
    assert lab.give_back(attempt.id, "back-asked-1", "asks", "requested").approvals[0].answer == "requested"
    assert client_approvals.answer(tim.api, request.id, "demolab", "approved", "").approvals[0].by == "tim"
    again = lab.claim("claim-asked-2", ["qemu"]).attempts[0]
    assert again.approved_by == "tim"
    lab.start(again.id, "start-asked-1", "", "")
    ann.cancel(request.id, "cancel-asked-1", "not needed")
    assert lab.claim("claim-asked-3", ["qemu"]).cancels == (again.id,)
    assert lab.cancelled(again.id, "stop-asked-1", "stopped").state == State.CANCELLED


def test_an_error_with_its_console(lab: HubClient, ann: HubClient) -> None:
    [request], _ = ann.put_request({**WANTED, "call_id": "put-error-1"})
    attempt = lab.claim("claim-error-1", ["qemu"], request=request.id).attempts[0]
    lab.start(attempt.id, "start-error-1", "", "")
    ended = lab.error(attempt.id, "error-error-1", "no-run", "", "cc: not found\n")
    assert (ended.state, ended.log_tail) == (State.ERROR, "cc: not found\n")


def test_a_package_there_and_back(ann: HubClient, tmp_path: Path) -> None:
    source = tmp_path / "mine.ftp"
    source.write_bytes(b"a package" * 1000)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    ann.put_package(digest, source)
    ann.put_package(digest, source)
    ann.get_package(digest, tmp_path / "fetched", limit=10_000)
    assert (tmp_path / "fetched").read_bytes() == source.read_bytes()


def test_boards(ann: HubClient, lab: HubClient) -> None:
    lab.put_board("demolab", "more", {"facts": {"arch": "arm"}, "labels": ["x"], "open_to": ["annslab"]})
    assert [board.name for board in ann.boards(selector="label=x")] == ["more"]
    lab.rm_board("demolab", "more")
    assert [board.name for board in ann.boards()] == ["qemu"]


def test_a_refusal_says_why(ann: HubClient) -> None:
    with pytest.raises(ClientError, match="arch is x86_64, not riscv"):
        ann.put_request({**WANTED, "selector": "arch=riscv", "call_id": "put-none-1"})


def test_requests_by_filter(ann: HubClient) -> None:
    [request], _ = ann.put_request({**WANTED, "call_id": "put-listed-1"})
    found, _ = ann.requests(state="pending", requester="ann", limit=5)
    assert [one.id for one in found] == [request.id]
    ann.cancel(request.id, "cancel-listed-1", "")


def test_a_hub_is_known_as_one_by_who_asks_it_without_a_token(running: Running) -> None:
    assert probe(running.url).kind is ServerType.HUB
