"""The page on notices: its example receives what the hub sends, and it names all that there is."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fuego_jenkins_remote.hub.notices.addresses import AT_ONE_PLACE
from fuego_jenkins_remote.hub.notices.events import request_data
from fuego_jenkins_remote.hub.notices.post import webhook
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.values import Channel, Event, Outgoing, Owner
from fuego_jenkins_remote.hub.records import Request
from fuego_jenkins_remote.network.occasions import Occasion
from processes import free_port

PAGE = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")


def test_it_names_every_event_and_every_kind_of_address() -> None:
    assert [one for one in Occasion if f"`{one}`" not in PAGE] == []
    assert [one for one in AT_ONE_PLACE if f"`{one}://`" not in PAGE] == []


def test_it_names_every_field_of_a_request_that_a_webhook_gets() -> None:
    [row] = re.findall(r"^\| `request` \|(.*)\|$", PAGE, re.MULTILINE)
    values = dict.fromkeys(Request.__dataclass_fields__)
    sent = request_data(Request(**values), page="")  # type: ignore[arg-type]
    assert set(re.findall(r"`(\w+)`", row)) == set(sent)


def _channel(port: int, secret: str) -> Channel:
    nothing = dict.fromkeys(
        ("old_secret_until", "due_at", "window_start", "sent_at", "tested_at", "failing_since"), None
    )
    return Channel(
        id=1,
        owner=Owner(kind="user", name="ann"),
        kind="webhook",
        address=f"http://127.0.0.1:{port}/fuego",
        trusted=True,
        secret=secret,
        old_secret="",
        confirm="",
        made_at=datetime.now(UTC),
        window_sent=0,
        last_error="",
        last_call="",
        **nothing,  # type: ignore[arg-type]
    )


def _outgoing() -> Outgoing:
    data = {"request": {"id": "20261123-101500123-k3j7x2m4"}}
    event = Event(id=1, at=datetime.now(UTC), occasion="failed", title="größe", line="l", body="b", data=data)
    return Outgoing(id="msg_one", title="größe", body="b", events=(event,))


@pytest.mark.slow
def test_its_example_takes_what_is_from_the_hub_once_and_refuses_the_rest(tmp_path: Path) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "receiver.py").write_text(example, encoding="utf-8")
    port = free_port()
    secret = webhook.new_secret()
    environ = {**os.environ, "FUEGO_WEBHOOK_SECRET": secret, "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "receiver.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environ,
    ) as receiver:
        try:
            _until_it_listens(port)
            for _ in range(2):
                webhook.send(_channel(port, secret), _outgoing(), datetime.now(UTC))
            with pytest.raises(NotSent, match="403"):
                webhook.send(_channel(port, webhook.new_secret()), _outgoing(), datetime.now(UTC))
        finally:
            receiver.terminate()
        said, _ = receiver.communicate(timeout=90)
    assert said == "failed 20261123-101500123-k3j7x2m4\n"


def _until_it_listens(port: int) -> None:
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the receiver does not listen")
