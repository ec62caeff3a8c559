"""Who is told of what, and how it gets there: through a real mail server."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from fastapi.testclient import TestClient

from fuego_jenkins_remote.hub import approvals, records
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.hub.notices.sender import (
    WAITS,
    BadRecipient,
    check_recipient,
    mail_address,
    send_by_apprise,
    send_due,
)
from fuego_jenkins_remote.hub.schema import notices

from .conftest import World, lab

# apprise looks for a module that newer Pythons have dropped.
apprise_imports = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@dataclass
class Sink:
    """A mail server that keeps what it gets."""

    got: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 taken"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    made = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    yield made, f"smtp://127.0.0.1:{port}?from=hub@fuego.example"
    controller.stop()


def written(world: World) -> list[tuple[str, str, str]]:
    with world.hub.reading() as conn:
        rows = conn.execute(notices.select().order_by(notices.c.id)).mappings()
        return [(row["kind"], row["recipient"], row["state"]) for row in rows]


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
    assert [(kind, to) for kind, to, _ in written(world)] == [
        ("waits-for-approval", "pruefstand@example.org"),
        ("waits-for-approval", "json://127.0.0.1:1/hook"),
    ]


@apprise_imports
def test_a_mail_has_the_exact_commands_and_its_letters(
    world: World, asked: records.Request, sink: tuple[Sink, str]
) -> None:
    world.hub.mail = sink[1]
    send_due(world.hub, lambda to, title, body: to.startswith("mailto") and send_by_apprise(to, title, body))
    [mail] = sink[0].got
    text = mail.get_content()
    assert mail["to"] == "pruefstand@example.org"
    assert mail["from"] == "hub@fuego.example"
    assert mail["subject"] == "[fuego] demolab: Functional.hello of ann waits for your approval"
    assert f"\n    ftc approve-request {asked.id}" in text.replace("\r", "")
    assert f"ftc reject-request {asked.id}" in text
    assert "Tests anderer Teams → fragen" in text
    assert f"https://hub.example/requests/{asked.id}" in text
    assert [state for _, _, state in written(world)] == ["sent", "waiting"]


@apprise_imports
def test_a_title_keeps_its_letters(sink: tuple[Sink, str]) -> None:
    address = mail_address(sink[1], "ann@example.org")
    assert send_by_apprise(address, "PASS: Functional.größe — ☃", "<b>Zeile</b>\n")
    assert sink[0].got[0]["subject"] == "PASS: Functional.größe — ☃"
    assert sink[0].got[0].get_content_type() == "text/plain"
    assert "<b>Zeile</b>" in sink[0].got[0].get_content()


@apprise_imports
def test_a_mail_server_that_is_away_is_no_exception(world: World) -> None:
    assert send_by_apprise(mail_address("smtp://127.0.0.1:1?from=a@b.example", "c@d.example"), "t", "b") is False


def bodies(world: World) -> list[str]:
    with world.hub.reading() as conn:
        return list(conn.execute(notices.select().order_by(notices.c.id).with_only_columns(notices.c.body)).scalars())


def test_the_requester_is_told_where_the_run_is(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.tested("demolab", which)
    world.done("demolab", which)
    assert written(world) == [("done", "ann@example.org", "waiting")]
    [body] = bodies(world)
    assert "https://v/runs/1" in body
    assert f"ftc get-run {request.id}" in body


def test_the_requester_is_told_of_an_error_with_the_end_of_the_console(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "one", "two")
    world.put(ann, "arch=x86_64", retries=1)
    world.error("demolab", world.running("demolab", "one"))
    assert written(world) == []
    world.error("demolab", world.running("demolab", "two"))
    assert written(world) == [("error", "ann@example.org", "waiting")]
    assert "cc: command not found" in bodies(world)[0]


def test_the_requester_is_told_of_a_refusal_with_its_reason(world: World, asked: records.Request) -> None:
    with world.hub.change() as change:
        approvals.answer(change, lab("demolab"), asked.id, "demolab", given="rejected", reason="heute nicht")
    assert written(world)[-1][:2] == ("rejected", "ann@example.org")
    assert "demolab: heute nicht" in bodies(world)[-1]


def test_the_requester_is_not_told_of_an_own_cancel(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    world.cancel(ann, request.id)
    assert written(world) == []


def test_the_requester_is_told_when_the_lab_cancels(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    world.put(ann, "demolab:qemu")
    world.cancelled("demolab", world.running("demolab", "qemu"))
    assert written(world) == [("cancelled", "ann@example.org", "waiting")]


def test_what_could_not_be_sent_is_tried_again_ever_later_and_then_given_up(
    world: World, asked: records.Request
) -> None:
    tries = []
    world.hub.mail = "smtp://127.0.0.1:25?from=hub@fuego.example"

    def send(to: str, title: str, body: str) -> bool:
        tries.append(to)
        if len(tries) % 2:
            raise OSError("the network is away")
        return False

    assert send_due(world.hub, send) == 2
    assert send_due(world.hub, send) == 0
    for wait in WAITS:
        world.clock.forward(seconds=wait.total_seconds() + 1)
        assert send_due(world.hub, send) == 2
    world.clock.forward(days=9)
    assert send_due(world.hub, send) == 0
    assert len(tries) == 2 * (len(WAITS) + 1)
    assert {state for _, _, state in written(world)} == {"failed"}


def test_the_service_sends_what_is_written(world: World, asked: records.Request) -> None:
    sent: list[str] = []

    def send(to: str, title: str, body: str) -> bool:
        sent.append(to)
        return True

    mail = "smtp://127.0.0.1:25?from=a@b.example"
    app = make_app(world.hub.engine, world.hub.data_dir, mail=mail, send=send, clock=world.clock)
    with TestClient(app) as client:
        for _ in range(100):
            if len(sent) == 2:
                break
            client.get("/api/v1/")
    assert [to.partition(":")[0] for to in sent] == ["mailto", "json"]


@pytest.mark.parametrize(
    ("mail", "address"),
    [
        (
            "smtp://127.0.0.1:2525?from=hub@x.example",
            "mailto://127.0.0.1:2525?from=hub%40x.example&to=ann%40y.example&mode=insecure&format=text",
        ),
        (
            "smtps://me:secret@mail.example?from=hub@x.example",
            "mailtos://me:secret@mail.example:465?from=hub%40x.example&to=ann%40y.example&mode=ssl&format=text",
        ),
    ],
)
def test_the_mail_setting(mail: str, address: str) -> None:
    assert mail_address(mail, "ann@y.example") == address


@pytest.mark.parametrize(
    "mail", ["mail.example", "smtp://mail.example", "http://x?from=a@b.example", "smtp://?from=a@b"]
)
def test_a_bad_mail_setting_is_refused(mail: str) -> None:
    with pytest.raises(BadRecipient, match="no mail setting"):
        mail_address(mail, "ann@y.example")


@apprise_imports
@pytest.mark.parametrize("recipient", ["ann", "ann@x\r\nBcc: eve@y", "nosuch://x", "ann@x?bcc=eve@y"])
def test_a_bad_recipient_is_refused(recipient: str) -> None:
    with pytest.raises(BadRecipient):
        check_recipient(recipient)


def test_the_requester_is_not_told_when_the_lab_has_stopped_what_was_called_off(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    request = world.put(ann, "demolab:qemu")
    which = world.running("demolab", "qemu")
    world.cancel(ann, request.id)
    assert world.cancelled("demolab", which).reason == "not needed any more"
    assert written(world) == []


def test_a_lab_without_addresses_has_its_admins_told(world: World) -> None:
    ann = world.add_user("ann", "annslab", email="ann@example.org")
    world.add_lab("demolab", "qemu")
    world.add_user("tim", "demolab:admin", email="tim@example.org")
    world.add_user("member", "demolab", email="member@example.org")
    world.put(ann, "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    world.give_back("demolab", which, approval="requested")
    assert written(world) == [("waits-for-approval", "tim@example.org", "waiting")]
