"""Who is told of what, without having asked for it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from fuego_jenkins_remote.hub import approvals, records
from fuego_jenkins_remote.hub.notices import wording
from fuego_jenkins_remote.hub.notices.addresses import BadAddress, of_admin
from fuego_jenkins_remote.hub.notices.events import request_data
from fuego_jenkins_remote.hub.notices.values import Delivery
from fuego_jenkins_remote.hub.people import teams
from hub_apps import make_app

from .conftest import World, lab
from .told import bodies, titles, told

# apprise looks for a module that newer Pythons have dropped.
apprise_imports = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def asked(world: World) -> records.Request:
    """A request that waits for the people of the lab."""
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu", notify=("pruefstand@example.org", "json://127.0.0.1:1/hook"))
    world.put(ann, "demolab:qemu", notes="für die Größe")
    which = world.claim("demolab", "qemu")
    assert which
    return world.give_back("demolab", which, "Tests anderer Teams → fragen", approval="requested")


def test_the_people_of_a_lab_are_told_what_waits_for_them(world: World, asked: records.Request) -> None:
    assert told(world) == [
        ("requested", "json://127.0.0.1:1/hook", "waiting"),
        ("requested", "pruefstand@example.org", "waiting"),
    ]


def test_they_get_the_exact_commands(world: World, asked: records.Request) -> None:
    [body] = bodies(world)
    assert titles(world) == ["demolab: Functional.hello of ann waits for your approval"]
    for command in ("approve-request", "reject-request"):
        assert f"\n    ftc {command} {asked.id} --host demolab" in body
    assert f"ftc approve-request {asked.id} --host demolab --always\n" in body
    assert "Tests anderer Teams → fragen" in body
    assert "für die Größe" in body
    assert f"https://hub.example/requests/{asked.id}" in body


def test_they_read_which_commit_they_are_asked_to_run_and_what_is_done_to_the_board(world: World) -> None:
    world.add_lab("demolab", "qemu", notify=("pruefstand@example.org",))
    git = records.GitSource(url="https://git.example/t.git", ref="main", path="Functional.x", commit=COMMIT)
    world.put(world.add_user("ann", "annslab"), "demolab:qemu", git=git, options=records.Options(reboot=True))
    which = world.claim("demolab", "qemu")
    assert which
    world.give_back("demolab", which, "from outside", approval="requested")
    [body] = bodies(world)
    assert f"from https://git.example/t.git, main, folder Functional.x, at the commit {COMMIT}.\n" in body
    assert "Asked for besides: reboot: the board is rebooted first\n" in body


def test_a_digest_and_a_webhook_say_which_commit_it_is(world: World) -> None:
    git = records.GitSource(url="https://git.example/t.git", ref="main", commit=COMMIT)
    world.add_lab("demolab", "qemu")
    request = world.put(world.add_user("ann", "annslab"), "demolab:qemu", git=git)
    _, line, _ = wording.asked(request, "demolab", "", None, "")
    assert f"approval (git {COMMIT[:12]}): ftc approve-request" in line
    assert request_data(request, "")["git"] == {"url": git.url, "ref": "main", "path": "", "commit": COMMIT}


def test_the_requester_is_told_where_the_run_is(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.tested("demolab", which)
    world.done("demolab", which)
    assert told(world) == [("done", "ann@example.org", "waiting")]
    [body] = bodies(world)
    assert "https://v/runs/1" in body
    assert f"ftc get-run {request.id}" in body


def test_those_whom_the_requester_named_are_told_too(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_user("bob", "bobslab", email="bob@example.org")
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu", notify=("bob", "ann"))
    world.error("demolab", world.running("demolab", "qemu"))
    assert told(world) == [("failed", "ann@example.org", "waiting"), ("failed", "bob@example.org", "waiting")]


def test_one_who_may_see_a_private_request_no_longer_is_not_told_of_it(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    bob = world.add_user("bob", "annslab", email="bob@example.org")
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu", notify=("bob",), private=True)
    with world.hub.change() as change:
        teams.remove(change, bob, "annslab", "bob")
    world.error("demolab", world.running("demolab", "qemu"))
    assert told(world) == [("failed", "ann@example.org", "waiting")]


def test_the_requester_is_told_of_an_error_with_the_end_of_the_console(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "one", "two")
    world.put(ann, "arch=x86_64", retries=1)
    world.error("demolab", world.running("demolab", "one"))
    assert told(world) == []
    world.error("demolab", world.running("demolab", "two"))
    assert told(world) == [("failed", "ann@example.org", "waiting")]
    assert "cc: command not found" in bodies(world)[-1]


def test_the_requester_is_told_of_a_refusal_with_its_reason(world: World, asked: records.Request) -> None:
    with world.hub.change() as change:
        approvals.answer(change, lab("demolab"), asked.id, "demolab", given="rejected", reason="heute nicht")
    assert told(world)[-1][:2] == ("failed", "ann@example.org")
    assert "demolab: heute nicht" in bodies(world)[-1]


def test_the_requester_is_not_told_of_an_own_cancel(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.cancel(ann, request.id)
    assert told(world) == []


def test_the_requester_is_told_when_the_lab_cancels(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    world.cancelled("demolab", world.running("demolab", "qemu"))
    assert told(world) == [("failed", "ann@example.org", "waiting")]
    assert titles(world) == ["cancelled by demolab: Functional.hello on demolab:qemu"]


def test_the_requester_is_not_told_when_the_lab_has_stopped_what_was_called_off(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.cancel(ann, request.id)
    assert world.cancelled("demolab", which).reason == "not needed any more"
    assert told(world) == []


def test_a_lab_without_addresses_has_its_keepers_told(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    world.add_user("tim", "demolab:admin", email="tim@example.org")
    world.add_user("mia", "demolab:maintainer", email="mia@example.org")
    world.add_user("member", "demolab", email="member@example.org")
    world.put(ann, "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    world.give_back("demolab", which, approval="requested")
    assert [address for _, address, _ in told(world)] == ["mia@example.org", "tim@example.org"]


def test_a_campaign_is_told_of_once_at_its_end(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "one", "two", "three")
    world.put_all(ann, "arch=x86_64", count=3)
    for board in ("one", "two", "three"):
        which = world.running("demolab", board)
        world.tested("demolab", which)
        if board == "two":
            assert told(world) == []
        world.done("demolab", which)
    assert told(world) == [("campaign-ended", "ann@example.org", "waiting")]
    assert "3 PASS" in titles(world)[-1]


def test_the_service_sends_what_is_written(world: World, asked: records.Request) -> None:
    sent: list[str] = []

    def send(delivery: Delivery) -> None:
        sent.append(delivery.channel.kind)

    app = make_app(world.hub.engine, world.hub.data_dir, send=send, clock=world.clock)
    with TestClient(app) as client:
        for _ in range(200):
            if len(sent) == 2:
                break
            client.get("/api/v1/")
    assert sorted(sent) == ["chat", "mail"]


@apprise_imports
@pytest.mark.parametrize("recipient", ["ann", "ann@x\r\nBcc: eve@y", "nosuch://x", "ann@x?bcc=eve@y", "x" * 900])
def test_a_bad_address_of_the_admins_is_refused(recipient: str) -> None:
    with pytest.raises(BadAddress):
        of_admin(recipient)
