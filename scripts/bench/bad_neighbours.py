"""How soon a lab is answered while another one floods the hub, and while a third opens connections and says nothing.

A flood has two parts: what a lab may call at once, and then, when that is used up and it is refused, its going on.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from figures import Figure, median_ms
from fuego_jenkins_remote.network.identities import new_call_id
from hubs import SQLITE, Bench, bench_on, served
from raw_http import Connection

ROUNDS = 60
HANGERS = 200
FLOODS = {"few": 4, "many": 100}
"""Labs that flood, and over how many connections."""


def measure(root: Path) -> list[Figure]:
    """The same rounds alone, beside connections that hang, beside floods."""
    with bench_on(SQLITE, root) as bench:
        for host in ("good", *FLOODS):
            bench.add_lab(host, "board")
        bench.add_user("anna", "annaslab")
        with served(bench) as (urls, _):
            _rounds(bench, urls[0])  # the first ones are slower
            alone = median_ms(_rounds(bench, urls[0]))
            with _hanging(urls[0]):
                beside_hanging = median_ms(_rounds(bench, urls[0]))
            floods = [figure for lab in FLOODS for figure in _beside(bench, urls[0], lab, alone)]
    return [
        Figure(name="put-request to a lab's answer, alone", value=alone, unit="ms"),
        Figure(
            name=f"the same beside {HANGERS} connections that say nothing",
            value=beside_hanging / alone,
            unit="times",
            goal=1.5,
        ),
        *floods,
    ]


def _beside(bench: Bench, url: str, lab: str, alone: float) -> list[Figure]:
    """Two figures: until the flood is refused for the first time, and from then on."""
    with _flooding(bench, url, lab) as refused:
        at_first = _rounds(bench, url, until=refused.is_set)
        if not refused.wait(60):
            raise SystemExit(f"{lab} is never refused")
        going_on = _rounds(bench, url)
    flood = f"beside a lab that floods with {FLOODS[lab]} connections"
    return [
        Figure(name=f"the same {flood}, for as long as it may", value=median_ms(at_first) / alone, unit="times"),
        Figure(name=f"the same {flood}, from then on", value=median_ms(going_on) / alone, unit="times", goal=1.5),
    ]


def _rounds(bench: Bench, url: str, until: Callable[[], bool] = lambda: False) -> list[float]:
    """From a put to the answer of the lab that waits for it, in seconds; two rounds at least."""
    anna, lab = Connection(url, bench.tokens["anna"]), Connection(url, bench.tokens["good"])
    took: list[float] = []
    while len(took) < ROUNDS and not (until() and len(took) > 1):
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
    return took


@contextmanager
def _flooding(bench: Bench, url: str, host: str) -> Iterator[threading.Event]:
    """A lab whose bridge has gone mad: claims without a pause, over several connections; set when it is refused."""
    stop, refused = threading.Event(), threading.Event()

    def flood() -> None:
        connection = Connection(url, bench.tokens[host])
        while not stop.is_set():
            # Whatever is answered, it goes on.
            body = {"claim_id": new_call_id(), "boards": ["board"], "wait": 0}
            status, _ = connection.call("POST", "/claims", body)
            if status == 429:
                refused.set()
        connection.close()

    flooders = [threading.Thread(target=flood) for _ in range(FLOODS[host])]
    for one in flooders:
        one.start()
    try:
        yield refused
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
