"""How soon a lab is answered while another one floods the hub, and while a third opens connections and says nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from figures import Figure, median_ms
from fuego_jenkins_remote.network.identities import new_call_id
from hubs import SQLITE, Bench, bench_on, served
from raw_http import Connection

ROUNDS = 60
FLOODERS, HANGERS = 4, 200


def measure(root: Path) -> list[Figure]:
    """The same rounds alone, beside a flood, and beside connections that hang."""
    with bench_on(SQLITE, root) as bench:
        for host in ("good", "bad"):
            bench.add_lab(host, "board")
        bench.add_user("anna", "annaslab")
        with served(bench) as (urls, _):
            alone = _rounds(bench, urls[0])
            with _hanging(urls[0]):
                beside_hanging = _rounds(bench, urls[0])
            with _flooding(bench, urls[0]):
                beside_flood = _rounds(bench, urls[0])
    return [
        Figure(name="put-request to a lab's answer, alone", value=alone, unit="ms"),
        Figure(
            name=f"the same beside {HANGERS} connections that say nothing",
            value=beside_hanging / alone,
            unit="times",
            goal=1.5,
        ),
        Figure(
            name=f"the same beside a lab that floods with {FLOODERS} connections",
            value=beside_flood,
            unit="ms",
            goal=200,
        ),
    ]


def _rounds(bench: Bench, url: str) -> float:
    """From a put to the answer of the lab that waits for it, median in ms."""
    anna, lab = Connection(url, bench.tokens["anna"]), Connection(url, bench.tokens["good"])
    took = []
    for _ in range(ROUNDS):
        answered: list[float] = []

        def claim(answered: list[float] = answered) -> None:
            lab.good("POST", "/claims", {"claim_id": new_call_id(), "boards": ["board"], "wait": 20})
            answered.append(time.monotonic())

        waiting = threading.Thread(target=claim)
        waiting.start()
        time.sleep(0.05)
        put = time.monotonic()
        wanted = {"call_id": new_call_id(), "selector": "good:board", "test": "Functional.hello_world"}
        request = anna.good("POST", "/requests", wanted)["requests"][0]["id"]
        waiting.join()
        took.append(answered[0] - put)
        anna.good("POST", f"/requests/{request}/cancel", {"call_id": new_call_id(), "reason": "the round is over"})
    anna.close()
    lab.close()
    return median_ms(took)


@contextmanager
def _flooding(bench: Bench, url: str) -> Iterator[None]:
    """A lab whose bridge has gone mad: claims without a pause, over several connections."""
    stop = threading.Event()

    def flood() -> None:
        connection = Connection(url, bench.tokens["bad"])
        while not stop.is_set():
            # Whatever is answered, also 429: it goes on.
            connection.call("POST", "/claims", {"claim_id": new_call_id(), "boards": ["board"], "wait": 0})
        connection.close()

    flooders = [threading.Thread(target=flood) for _ in range(FLOODERS)]
    for one in flooders:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in flooders:
            one.join()


@contextmanager
def _hanging(url: str) -> Iterator[None]:
    """Connections that begin a call and never end it."""
    parts = urlsplit(url)
    opened = [socket.create_connection((parts.hostname or "", parts.port or 0)) for _ in range(HANGERS)]
    for one in opened:
        one.sendall(b"POST /api/v1/claims HTTP/1.1\r\nHost: hub\r\nContent-Length: 100000\r\n\r\n{")
    try:
        yield
    finally:
        for one in opened:
            one.close()
