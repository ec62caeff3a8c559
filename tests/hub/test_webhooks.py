"""Webhooks and chats, to real receivers; and what they may not be made to reach."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from bare_server import talking
from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.notices import subscriptions
from fuego_jenkins_remote.hub.notices.post import chats, web, webhook
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.post.office import Office
from fuego_jenkins_remote.hub.notices.values import Channel, Event, Outgoing, Owner

from .conftest import World
from .told import send as send_all
from .told import subscribe

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Receiver:
    """What a program gets."""

    url: str = ""
    status: int = 204
    head: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.got.append((self.command, self.path, dict(self.headers), body))
            self.send_response(receiver.status)
            for name, value in receiver.head.items():
                self.send_header(name, value)
            self.end_headers()

        do_POST = do_PUT = do_GET = _take  # noqa: N815 - the names that the library asks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as made:
        yield made


def channel(address: str, kind: str = "webhook", **values: Any) -> Channel:
    empty = dict.fromkeys(("old_secret_until", "due_at", "window_start", "sent_at", "tested_at", "failing_since"), None)
    return Channel(
        **{
            "id": 1,
            "owner": Owner(kind="user", name="ann"),
            "kind": kind,
            "address": address,
            "trusted": True,
            "secret": webhook.new_secret(),
            "old_secret": "",
            "confirm": "",
            "made_at": NOW,
            "window_sent": 0,
            "last_error": "",
            "last_call": "",
            **empty,
            **values,
        }
    )


def outgoing(title: str = "PASS: Functional.größe", body: str = "all well\n", **values: Any) -> Outgoing:
    event = Event(id=1, at=NOW, occasion="done", title=title, line=title, body=body, data={"request": {"id": "x"}})
    return Outgoing(id="msg_abc", title=title, body=body, events=(event,), **values)


def test_a_webhook_gets_json_that_its_receiver_can_verify(receiver: Receiver) -> None:
    one = channel(f"{receiver.url}/fuego?x=1")
    webhook.send(one, outgoing(), datetime.now(UTC))
    [(method, path, headers, body)] = receiver.got
    assert (method, path) == ("POST", "/fuego?x=1")
    said = Webhook(one.secret).verify(body, headers)
    assert said == {
        "event": "done",
        "at": "2026-11-23T10:00:00+00:00",
        "text": "PASS: Functional.größe",
        "request": {"id": "x"},
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(one.secret).verify(body.replace(b"done", b"lost"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook.new_secret()).verify(body, headers)


def test_each_try_has_the_same_id_and_a_time_of_its_own(receiver: Receiver) -> None:
    one = channel(receiver.url)
    for seconds in (0, 60):
        webhook.send(one, outgoing(), NOW + timedelta(seconds=seconds))
    first, second = (headers for *_, headers, _ in receiver.got)
    assert first["webhook-id"] == second["webhook-id"] == "msg_abc"
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60


def test_while_a_secret_is_changed_both_are_good(receiver: Receiver) -> None:
    now = datetime.now(UTC)
    old = webhook.new_secret()
    one = channel(receiver.url, old_secret=old, old_secret_until=now + timedelta(hours=1))
    webhook.send(one, outgoing(), now)
    *_, headers, body = receiver.got[0]
    for secret in (one.secret, old):
        Webhook(secret).verify(body, headers)
    webhook.send(replace(one, old_secret_until=now), outgoing(), now)
    *_, headers, body = receiver.got[1]
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


def test_the_whole_way_from_a_request_to_the_receiver(world: World, receiver: Receiver) -> None:
    world.clock.at = datetime.now(UTC)
    ann = world.add_user("ann", "annslab")
    root = replace(world.add_user("root", "annslab"), network_admin=True)
    world.add_lab("demolab", "qemu")
    one = subscribe(world, root, "requested", "started", "done", to=receiver.url, for_user="ann")
    request = world.put(ann, "demolab:qemu", notes="für die Größe")
    which = world.running("demolab", "qemu")
    world.tested("demolab", which)
    world.done("demolab", which)
    send_all(world, Office(mail=None, clock=world.clock).send)  # type: ignore[arg-type]
    said = [Webhook(one.channel.secret).verify(body, headers) for *_, headers, body in receiver.got]
    assert [(each["event"], each["request"]["id"]) for each in said] == [("started", request.id), ("done", request.id)]
    last = said[-1]["request"]
    assert (last["state"], last["status"], last["run_url"]) == ("done", "PASS", "https://v/runs/1")
    assert last["notes"] == "für die Größe"
    assert last["page"] == f"https://hub.example/requests/{request.id}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving(Receiver(status=status, head={"Location": f"{receiver.url}/inside"})) as first:
        with pytest.raises(NotSent, match="redirects are not followed"):
            web.send(first.url, b"x", {}, inside=True)
    assert receiver.got == []


@pytest.mark.parametrize(("status", "for_good"), [(400, False), (404, False), (410, True), (429, False), (503, False)])
def test_another_answer_than_2xx_is_a_failure(status: int, for_good: bool) -> None:
    with receiving(Receiver(status=status)) as one, pytest.raises(NotSent, match=f"the answer was {status}") as failed:
        web.send(one.url, b"x", {}, inside=True)
    assert failed.value.for_good == for_good


INSIDE = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fe80::1%eth0",
          "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "ff02::1"]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_connected_to(receiver: Receiver, address: str) -> None:
    url = f"https://innocent.example:{receiver.url.rpartition(':')[2]}/"
    with pytest.raises(NotSent, match="no public address"):
        web.send(url, b"x", {}, inside=False, look_up=lambda _host, _port: [address])
    assert receiver.got == []


def test_the_name_is_looked_up_once_and_what_was_looked_at_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that means a public address first, and an inside one a moment later."""
    looked: list[str] = []
    targets: list[tuple[str, int]] = []

    def look_up(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["93.184.216.34"] if len(looked) == 1 else ["127.0.0.1"]

    def connect(target: tuple[str, int], *_: Any) -> socket.socket:
        targets.append(target)
        raise OSError("not in a test")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotSent):
        web.send("https://rebinding.example/", b"x", {}, inside=False, look_up=look_up)
    assert (looked, targets) == (["rebinding.example"], [("93.184.216.34", 443)])


def test_people_do_not_get_plain_http(receiver: Receiver) -> None:
    with pytest.raises(NotSent, match="only https"):
        web.send(receiver.url, b"x", {}, inside=False)
    assert receiver.got == []


def test_a_certificate_that_is_not_the_hosts_is_refused(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    with pytest.raises(NotSent, match="TLS could not be agreed upon|certificate"):
        web.send(f"https://localhost:{port}/", b"x", {}, inside=True, seconds=5)


@contextmanager
def bare(talk: Callable[[socket.socket], object]) -> Iterator[str]:
    with talking(talk) as port:
        yield f"http://127.0.0.1:{port}/"


def _drip(connection: socket.socket) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200:
        connection.sendall(bytes([sign]))
        time.sleep(0.05)


def _flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X-Header: " + b"y" * 60000 + b"\r\n")


def _hang(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(1.5)


def _noise(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff\r\n")


@pytest.mark.parametrize("talk", [_hang, _drip, _flood, _noise])
def test_a_receiver_that_hangs_drips_or_floods_is_cut_off(talk: Callable[[socket.socket], None]) -> None:
    with bare(talk) as url:
        began = time.monotonic()
        with pytest.raises(NotSent):
            web.send(url, b"x", {}, inside=True, seconds=0.7)
        assert time.monotonic() - began < 9


def test_a_large_answer_is_not_read() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100000)

    with bare(talk) as url:
        web.send(url, b"x", {}, inside=True, seconds=5)


def test_slack_gets_text_that_is_no_markup(receiver: Receiver) -> None:
    one = channel("slack://T1/B1/secret", "slack")
    chats.send_slack(one, outgoing(title="<!channel> & <http://evil|you>"), base=receiver.url)
    [(method, path, _, body)] = receiver.got
    said = json.loads(body)
    assert (method, path) == ("POST", "/services/T1/B1/secret")
    assert said["text"].startswith("[fuego] &lt;!channel&gt; &amp; &lt;http://evil|you&gt;\n")
    assert said["mrkdwn"] is False


def test_matrix_knows_a_message_that_is_sent_again_by_its_id(receiver: Receiver) -> None:
    server = receiver.url.removeprefix("http://")
    one = channel(f"matrix://some_token@{server}/!room:example.org", "matrix")
    for _ in range(2):
        chats.send_matrix(one, outgoing(title="@room <b>x</b>"), scheme="http")
    (method, path, headers, body), second = receiver.got
    assert (method, second[1]) == ("PUT", path)
    assert path == "/_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.room.message/msg_abc"
    assert headers["Authorization"] == "Bearer some_token"
    said = json.loads(body)
    assert (said["m.mentions"], "formatted_body" in said) == ({}, False)


def test_a_chat_that_cannot_know_a_second_one_says_that_it_may_be_one(receiver: Receiver) -> None:
    one = channel("slack://T1/B1/secret", "slack")
    chats.send_slack(one, outgoing(again=True), base=receiver.url)
    assert "may be here already" in json.loads(receiver.got[0][3])["text"]


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_others_are_sent_by_apprise(receiver: Receiver) -> None:
    one = channel(receiver.url.replace("http://", "json://") + "/hook", "chat")
    chats.send_other(one, outgoing(title="hello @everyone"))
    said = json.loads(receiver.got[0][3])
    assert said["title"] == "[fuego] hello @\u200beveryone"
    with pytest.raises(NotSent):
        chats.send_other(channel("json://127.0.0.1:1/hook", "chat"), outgoing())


def test_a_person_reads_in_the_list_why_nothing_arrives(world: World) -> None:
    ann: records.Caller = world.add_user("ann", "annslab")
    one = subscribe(world, ann, "done", to="https://10.0.0.1.nip.invalid/s3cret")
    with world.hub.change() as change:
        subscriptions.send_test(change, ann, one.id, "call-test-1")
    send_all(world, Office(mail=None, clock=world.clock).send)  # type: ignore[arg-type]
    with world.hub.reading() as conn:
        [shown] = subscriptions.listed(conn, ann)
    assert shown.channel.last_error == "there is no host 10.0.0.1.nip.invalid"
