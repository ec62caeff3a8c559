"""Requests put over HTTP by sixteen clients at once, none lost.

The old Fuego server took 35 a second, and lost 133 of 320, as recorded.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from figures import Figure
from fuego_jenkins_remote.hub.schema import requests
from fuego_jenkins_remote.network.identities import new_call_id
from hubs import ENGINES, Bench, bench_on, served
from raw_http import Connection

CLIENTS, EACH = 16, 200
OLD_SERVER = 35.0
TIMES = {"SQLite": 10, "PostgreSQL": 5}


def measure(root: Path) -> list[Figure]:
    """On both engines."""
    return [figure for engine in ENGINES for figure in _measure_on(engine, root / engine)]


def _measure_on(engine: str, root: Path) -> list[Figure]:
    with bench_on(engine, root) as bench:
        bench.add_lab("lab", "board")
        for number in range(CLIENTS):
            bench.add_user(f"person{number}", f"team{number % 4}")
        with served(bench) as (urls, _):
            seconds = _put_all(bench, urls[0])
        with bench.engine.connect() as conn:
            stored = conn.execute(sa.select(sa.func.count()).select_from(requests)).scalar_one()
    rate = CLIENTS * EACH / seconds
    return [
        Figure(
            name=f"{engine}: put-request, {CLIENTS} clients ({rate / OLD_SERVER:.0f} times the old server as recorded)",
            value=rate,
            unit="/s",
            goal=OLD_SERVER * TIMES[engine],
            at_least=True,
        ),
        Figure(
            name=f"{engine}: of {CLIENTS * EACH} that were answered, lost",
            value=CLIENTS * (EACH + 1) - stored,
            unit="",
            goal=1,
        ),
    ]


def _put_all(bench: Bench, url: str) -> float:
    connections = [Connection(url, bench.tokens[f"person{number}"]) for number in range(CLIENTS)]
    for connection in connections:
        connection.good("POST", "/requests", _wanted())

    def put(connection: Connection) -> None:
        for _ in range(EACH):
            connection.good("POST", "/requests", _wanted())

    with ThreadPoolExecutor(CLIENTS) as pool:
        began = time.monotonic()
        list(pool.map(put, connections))
        took = time.monotonic() - began
    for connection in connections:
        connection.close()
    return took


def _wanted() -> dict[str, str]:
    return {"call_id": new_call_id(), "selector": "lab:board", "test": "Functional.hello_world"}
