"""Claims from a long queue, over HTTP: 100 boards at once; and boards for which nothing in the queue is.

Beside them, as recorded and not run here: LAVA's scheduler took 51 s for 100 devices and 10,000 queued jobs, and 48 s
for 10 devices that are each open to one group, and 1,000 jobs of another group.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from figures import Figure, median_ms
from fuego_jenkins_remote.network.identities import new_call_id
from hubs import ENGINES, Bench, bench_on, fill_queue, served
from raw_http import Connection

WAITING, BOARDS, PEOPLE, TEAMS = 10_000, 100, 50, 10
SELECTORS = ("arch=arm", "arch=arm and label=any or arch=arm", "*:waits or arch=arm", "arch=arm or arch=arm64")
GOALS = {"SQLite": 0.5, "PostgreSQL": 1.0}
LAVA_SECONDS = 51.0


def measure(root: Path) -> list[Figure]:
    """On both engines."""
    return [figure for engine in ENGINES for figure in _measure_on(engine, root / engine)]


def _measure_on(engine: str, root: Path) -> list[Figure]:
    with bench_on(engine, root) as bench:
        names = [f"board{number:03}" for number in range(BOARDS)]
        bench.add_lab("onelab", *names)
        bench.add_lab("again", *names)
        for name in names:
            bench.add_lab(f"lab-{name}", name)
        bench.add_lab("closed", *names, open_to=["its-friends"])
        fill_queue(bench, waiting=WAITING, selectors=SELECTORS, people=PEOPLE, teams=TEAMS)
        bench.settle()
        with served(bench) as (urls, _):
            one_call = _one_call(bench, urls[0], "onelab", names, BOARDS)
            closed = [_one_call(bench, urls[0], "closed", names, 0) for _ in range(5)]
            many = _many_labs(bench, urls[0], names)
    goal = GOALS[engine]
    ratio = f"{LAVA_SECONDS / one_call:.0f} times as fast as LAVA's scheduler as recorded"
    return [
        Figure(
            name=f"{engine}: {BOARDS} boards of one lab claim from {WAITING:,} queued ({ratio})",
            value=one_call,
            unit="s",
            goal=goal,
        ),
        Figure(name=f"{engine}: {BOARDS} boards of as many labs claim", value=many, unit="s", goal=goal),
        Figure(
            name=f"{engine}: {BOARDS} boards open to a team that nothing in the queue is of",
            value=median_ms(closed) / 1000,
            unit="s",
            goal=max(one_call, 0.02),
        ),
    ]


def _one_call(bench: Bench, url: str, host: str, names: list[str], expected: int) -> float:
    connection = Connection(url, bench.tokens[host])
    connection.good("GET", "/whoami")
    body = {"claim_id": new_call_id(), "boards": names, "wait": 0}
    began = time.monotonic()
    answer = connection.good("POST", "/claims", body)
    took = time.monotonic() - began
    connection.close()
    if len(answer["attempts"]) != expected:
        raise SystemExit(f"{host}: {len(answer['attempts'])} of {expected} boards got a request")
    return took


def _many_labs(bench: Bench, url: str, names: list[str]) -> float:
    """All at once, sixteen at a time; from the first call to the last answer."""
    connections = {name: Connection(url, bench.tokens[f"lab-{name}"]) for name in names}
    for connection in connections.values():
        connection.good("GET", "/whoami")

    def claim(name: str) -> int:
        body = {"claim_id": new_call_id(), "boards": [name], "wait": 0}
        return len(connections[name].good("POST", "/claims", body)["attempts"])

    with ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        won = sum(pool.map(claim, names))
        took = time.monotonic() - began
    for connection in connections.values():
        connection.close()
    if won != len(names):
        raise SystemExit(f"{won} of {len(names)} labs got a request")
    return took
