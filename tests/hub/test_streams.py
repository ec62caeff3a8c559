"""A page's events: one for each change, none twice, none for who may not see it, and all let go when the hub stops."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.pages import events
from fuego_jenkins_remote.hub.streams import OF_ALL, OF_ONE, Streams

from .conftest import World
from .running import Running, running_hub

Said = list[tuple[str, str]]


def listen(
    world: World, look: events.Look, *, known: str = "", then: Any = None, pace: float = events.PACE_SECONDS
) -> Said:
    """What a stream says until it ends; `then` is done once it waits."""

    async def story() -> Said:
        stream = events._events(world.hub, "user ann", "key", look, known, pace)
        said: Said = []

        async def take() -> None:
            async for one in stream:
                said.append((one.event or "", one.id or ""))

        taking = asyncio.create_task(take())
        if then is not None:
            while not world.hub.waiters.count():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            then()
        await asyncio.wait_for(taking, 60)
        return said

    return asyncio.run(story())


def test_what_the_reader_has_is_not_sent_again_and_what_is_newer_is(world: World) -> None:
    now = {"id": "7"}

    def look(known: str) -> events.Event | None:
        return None if known == now["id"] else events.Event(id=now["id"], text="", last=True)

    def change() -> None:
        now["id"] = "8"
        world.hub.waiters.wake(["key"])

    assert listen(world, look, known="7", then=change) == [("page", "8"), ("end", "")]
    assert listen(world, look, known="3") == [("page", "8"), ("end", "")]


def test_what_is_hidden_meanwhile_ends_the_stream_without_a_word_of_it(world: World) -> None:
    hidden = {"yes": False}

    def look(known: str) -> events.Event | None:
        if hidden["yes"]:
            raise NotKnown("there is no request x")
        return None

    def hide() -> None:
        hidden["yes"] = True
        world.hub.waiters.wake(["key"])

    assert listen(world, look, then=hide) == [("gone", "")]


def test_streams_are_let_go_when_the_hub_stops_and_leave_nothing_behind(world: World) -> None:
    assert listen(world, lambda _known: None, then=world.hub.waiters.close) == []
    assert world.hub.streams.count() == 0
    assert world.hub.waiters.count() == 0


def test_a_stream_says_at_most_so_much_a_second(world: World) -> None:
    counted = iter(range(10_000))

    def look(_known: str) -> events.Event | None:
        world.hub.waiters.wake(["key"])
        return events.Event(id=str(next(counted)), text="")

    def stop() -> None:
        time.sleep(0.2)
        world.hub.waiters.close()

    assert len(listen(world, look, then=stop, pace=60)) == 1


def test_one_reader_has_so_many_streams_and_others_have_theirs() -> None:
    streams = Streams()
    opened = [streams.one("user ann") for _ in range(OF_ONE)]
    for one in opened:
        one.__enter__()
    assert streams.full("user ann")
    assert not streams.full("user tim")
    opened.pop().__exit__(None, None, None)
    assert not streams.full("user ann")
    assert OF_ALL > OF_ONE


@dataclass
class Listening:
    """A stream of a hub in a process of its own, read event by event."""

    answer: requests.Response

    def events(self) -> Iterator[dict[str, str]]:
        text = b""
        for byte in self.answer.iter_content(1):
            text += byte
            if text.endswith(b"\r\n\r\n"):
                one = _event(text.decode())
                text = b""
                if "event" in one:
                    yield one


def _event(text: str) -> dict[str, str]:
    one: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(": ")
        one[name] = f"{one[name]}\n{value}" if name in one else value
    return one


def open_stream(running: Running, who: str, request_id: str, **headers: str) -> Listening:
    answer = requests.get(
        f"{running.url}/requests/{request_id}/events",
        headers={"Authorization": f"Bearer {running.secrets[who]}", "Accept": "text/event-stream", **headers},
        stream=True,
        timeout=60,
    )
    return Listening(answer)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_hub(tmp_path / "hub") as made:
        yield made


@pytest.mark.slow
def test_a_page_is_told_what_is_new_and_a_browser_that_comes_back_goes_on_where_it_was(running: Running) -> None:
    request = running.put("call-put-1")
    stream = open_stream(running, "tim", request["id"])
    assert stream.answer.headers["content-type"].startswith("text/event-stream")
    heard = stream.events()
    first = next(heard)
    assert (first["event"], first["id"]) == ("page", str(request["version"]))
    assert 'data-part="history"' in first["data"]
    before = time.monotonic()
    [attempt] = running.claim("call-claim-1", 0)["attempts"]
    assert "assigned" in next(heard)["data"]
    assert time.monotonic() - before < events.LOOK_SECONDS - 2
    stream.answer.close()

    path = f"/requests/{request['id']}/attempts/{attempt['number']}"
    running.call("demolab", "POST", f"{path}/start", json={"call_id": "call-start-1"})
    again = open_stream(running, "tim", request["id"], **{"Last-Event-ID": first["id"]}).events()
    assert "running" in next(again)["data"]
    body = {"call_id": "call-stop-1", "reason": "enough"}
    running.call("demolab", "POST", f"{path}/cancelled", json=body)
    assert "cancelled" in next(again)["data"]
    assert next(again)["event"] == "end"


@pytest.mark.slow
def test_no_stream_of_a_private_request_and_none_with_a_revoked_token(running: Running, tmp_path: Path) -> None:
    engine = admin.open_data(tmp_path / "hub")
    running.secrets["eva"] = admin.add_user(engine, "eva", teams=["evaslab"])
    request = running.put("call-put-1")
    assert open_stream(running, "eva", request["id"]).answer.status_code == 200
    heard = open_stream(running, "eva", request["id"]).events()
    next(heard)
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE requests SET private = (1 = 1)")
    running.claim("call-claim-1", 0)
    assert next(heard)["event"] == "gone"
    closed = open_stream(running, "eva", request["id"]).answer
    never = open_stream(running, "eva", request["id"][:-1] + "x").answer
    assert (closed.status_code, never.status_code) == (404, 404)
    assert json.loads(closed.text)["detail"].replace(request["id"], "ID") == json.loads(never.text)["detail"].replace(
        request["id"][:-1] + "x", "ID"
    )

    still = open_stream(running, "ann", request["id"]).events()
    next(still)
    admin.revoke_token(engine, running.secrets["ann"].split("_")[1])
    running.call("demolab", "POST", f"/requests/{request['id']}/attempts/1/start", json={"call_id": "call-start-1"})
    assert next(still)["event"] == "gone"
    engine.dispose()


@pytest.mark.slow
def test_a_reader_with_too_many_streams_is_told_so_and_term_ends_them_all_at_once(running: Running) -> None:
    request = running.put("call-put-1")
    opened = [open_stream(running, "tim", request["id"]).events() for _ in range(OF_ONE)]
    for heard in opened:
        next(heard)
    refused = open_stream(running, "tim", request["id"]).answer
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
    assert refused.json()["code"] == "too-many"
    assert open_stream(running, "ann", request["id"]).answer.status_code == 200
    with ThreadPoolExecutor(max_workers=OF_ONE) as pool:
        ends = [pool.submit(list, heard) for heard in opened]
        time.sleep(0.2)
        before = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=90) == 0
        assert [end.result(timeout=90) for end in ends] == [[]] * OF_ONE
    assert time.monotonic() - before < 9


@pytest.mark.slow
def test_many_open_streams_do_not_keep_others_out(running: Running, tmp_path: Path) -> None:
    engine = admin.open_data(tmp_path / "hub")
    request = running.put("call-put-1")
    opened = []
    for number in range(10):
        running.secrets[f"u{number}"] = admin.add_user(engine, f"u{number}", teams=["annslab"])
        opened += [open_stream(running, f"u{number}", request["id"]) for _ in range(6)]
    engine.dispose()
    before = time.monotonic()
    assert running.call("ann", "GET", "/boards").status_code == 200
    assert time.monotonic() - before < 10
    assert all(next(one.events())["event"] == "page" for one in opened)
