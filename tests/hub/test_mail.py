"""Mail, through real mail servers: good ones, and those that refuse, hang, or go away."""

from __future__ import annotations

import email
import email.policy
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_mock import MockerFixture

from bare_server import talking
from fuego_jenkins_remote.hub.notices.addresses import BadAddress
from fuego_jenkins_remote.hub.notices.post import mail
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.post.mail import MailServer
from fuego_jenkins_remote.hub.notices.values import Event, Outgoing
from git_https import certificate_for
from processes import free_port

EVENT = Event(
    id=1,
    at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
    occasion="done",
    title="t",
    line="l",
    body="b",
    data={},
    request_id="20261123-1",
)


def outgoing(title: str = "PASS: Functional.größe — ☃", body: str = "<b>Zeile</b>\n") -> Outgoing:
    return Outgoing(id="msg_abc", title=title, body=body, events=(EVENT,))


@dataclass
class Sink:
    """A mail server that keeps what it gets; or `says` else, `refuses` a recipient, `wants` more of a sender."""

    says: str = ""
    refuses: str = ""
    wants: str = ""
    got: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.wants or "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.says:
            return self.says
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        self.to += envelope.rcpt_tos
        return "250 taken"


@contextmanager
def served(sink: Sink, **settings: Any) -> Iterator[MailServer]:
    port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port, ready_timeout=60, **settings)
    controller.start()
    try:
        yield MailServer.parse(f"smtp://127.0.0.1:{port}?from=hub@fuego.example")
    finally:
        controller.stop()


@contextmanager
def bare(talk: Callable[[socket.socket], object]) -> Iterator[MailServer]:
    """Something that listens, and is no mail server."""
    with talking(talk) as port:
        yield MailServer.parse(f"smtp://127.0.0.1:{port}?from=hub@fuego.example")


def test_a_mail_keeps_its_letters_and_is_plain_text() -> None:
    sink = Sink()
    with served(sink) as server:
        mail.send(server, "pruefstand@example.org", outgoing())
    [got] = sink.got
    assert (got["to"], got["from"]) == ("pruefstand@example.org", "Fuego hub <hub@fuego.example>")
    assert got["subject"] == "[fuego] PASS: Functional.größe — ☃"
    assert got.get_content_type() == "text/plain"
    assert got.get_content().replace("\r\n", "\n") == "<b>Zeile</b>\n"
    assert got["auto-submitted"] == "auto-generated"
    assert sink.to == ["pruefstand@example.org"]


def test_a_mail_has_lines_of_a_terminal_but_for_what_is_pasted() -> None:
    prose = "Notes of the requester: " + "größer " * 20
    command = "    ftc reject-request 20261127-183736447-yhctuqkc --host a-lab-with-a-long-name --reason TEXT"
    address = "https://hub.example.org/" + "x" * 90
    lines = mail.wrapped(f"{prose}\n\n{command}\nAll about it: {address}\n").split("\n")
    assert [line for line in lines if len(line) > 78] == [command, f"    {address}"]
    assert " ".join(lines[: lines.index("")]) == prose.strip()


def test_a_command_at_the_end_of_a_long_line_is_not_torn() -> None:
    command = "ftc approve-request 20261127-183924521-yckdlhkx --host timslab"
    said = "18:39 timslab: Functional.hello_world of ann waits for your approval:"
    assert mail.wrapped(f"{said} {command}") == f"{said}\n    {command}"


def test_a_mail_says_below_for_whom_it_is() -> None:
    said = mail.compose("hub@fuego.example", "ann@example.org", replace(outgoing(), why="Sent for user ann.\n"))
    assert said.get_content() == "<b>Zeile</b>\n\n-- \nSent for user ann.\n"


def test_a_mail_server_that_has_no_tls_gets_no_password() -> None:
    sink = Sink()
    with served(sink) as plain:
        server = MailServer.parse(f"smtp+starttls://me:secret@127.0.0.1:{plain.port}?from=hub@fuego.example")
        with pytest.raises(NotSent, match="STARTTLS extension not supported by server"):
            mail.send(server, "ann@example.org", outgoing())
    assert sink.got == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_over_starttls_a_certificate_is_checked_before_the_password_is_sent(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    certificate, key = certificate_for(tmp_path, "localhost")
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(certificate, key)
    sink = Sink()
    with served(sink, tls_context=theirs) as plain:
        server = MailServer.parse(f"smtp+starttls://localhost:{plain.port}?from=hub@fuego.example")
        assert "certificate verify failed" in mail.greet(server)
        mocker.patch.dict("os.environ", {"SSL_CERT_FILE": str(certificate)})
        assert mail.greet(server) == ""
        mail.send(server, "ann@example.org", outgoing())
    assert len(sink.got) == 1


def test_a_mail_server_that_does_not_take_the_sender_says_so_to_the_doctor() -> None:
    with served(Sink(wants="530 Authentication required")) as server:
        assert mail.greet(server) == "530 Authentication required"


def test_a_mail_that_is_sent_again_says_that_it_is_the_same() -> None:
    sink = Sink()
    with served(sink) as server:
        for _ in range(2):
            mail.send(server, "ann@example.org", outgoing())
    assert [one["message-id"] for one in sink.got] == ["<msg_abc@fuego.example>"] * 2
    assert sink.got[0]["references"] == "<20261123-1@fuego.example>"


@pytest.mark.parametrize("title", ["a\r\nBcc: eve@example.org", "a\nb", "a\rb"])
def test_a_line_end_in_a_title_makes_no_header(title: str) -> None:
    with pytest.raises(ValueError):
        mail.compose("hub@fuego.example", "ann@example.org", outgoing(title=title))


@pytest.mark.parametrize(
    ("sink", "for_good", "said"),
    [
        (Sink(says="451 try later"), False, "451 try later"),
        (Sink(says="554 we do not want it"), True, "554 we do not want it"),
        (Sink(refuses="450 greylisted"), False, "450 greylisted"),
        (Sink(refuses="550 no such user"), True, "550 no such user"),
    ],
)
def test_a_mail_server_that_refuses_is_asked_again_where_that_may_help(sink: Sink, for_good: bool, said: str) -> None:
    with served(sink) as server, pytest.raises(NotSent, match=said) as refused:
        mail.send(server, "ann@example.org", outgoing())
    assert refused.value.for_good == for_good


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(NotSent, match="not to be had") as refused:
        mail.send(MailServer.parse("smtp://127.0.0.1:1?from=a@b.example"), "c@d.example", outgoing())
    assert not refused.value.for_good


def test_a_mail_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    done = threading.Event()
    with bare(lambda _connection: done.wait(30)) as server:
        with pytest.raises(NotSent, match="no answer in time"):
            mail.send(server, "ann@example.org", outgoing(), seconds=0.2)
        done.set()


@pytest.mark.parametrize("says", [b"", b"220 hello\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 go away\r\n"])
def test_a_mail_server_that_breaks_off_is_tried_again(says: bytes) -> None:
    with bare(lambda connection: connection.sendall(says)) as server:
        with pytest.raises(NotSent) as refused:
            mail.send(server, "ann@example.org", outgoing(), seconds=2)
    assert not refused.value.for_good


def test_the_mail_setting() -> None:
    plain = MailServer.parse("smtp://127.0.0.1:2525?from=hub@x.example")
    assert (plain.host, plain.port, plain.tls, plain.user) == ("127.0.0.1", 2525, False, "")
    secure = MailServer.parse("smtps://me:s%40cret@mail.example?from=hub@x.example")
    assert (secure.port, secure.tls, secure.user, secure.password) == (465, True, "me", "s@cret")
    later = MailServer.parse("smtp+starttls://mail.example?from=hub@x.example")
    assert (later.port, later.tls, later.starttls) == (587, False, True)


@pytest.mark.parametrize(
    "text",
    ["mail.example", "smtp://mail.example", "http://x?from=a@b.example", "smtp://?from=a@b", "smtp://x:y?from=a@b.c"],
)
def test_a_bad_mail_setting_is_refused(text: str) -> None:
    with pytest.raises(BadAddress, match="no mail setting"):
        MailServer.parse(text)
