"""Sixteen labs claim one request at the same moment: one of them has it, in every round; on PostgreSQL at two hubs.

As recorded of the old Fuego server: up to twelve of sixteen had it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from figures import Figure
from fuego_jenkins_remote.network.identities import new_call_id
from hubs import ENGINES, POSTGRESQL, Bench, bench_on, served
from raw_http import Connection

LABS, ROUNDS = 16, 1_000


def measure(root: Path) -> list[Figure]:
    """On both engines."""
    return [_measure_on(engine, root / engine) for engine in ENGINES]


def _measure_on(engine: str, root: Path) -> Figure:
    processes = 2 if engine == POSTGRESQL else 1
    with bench_on(engine, root) as bench:
        for number in range(LABS):
            bench.add_lab(f"lab{number}", "board")
        bench.add_user("anna", "annaslab")
        with served(bench, processes=processes) as (urls, _):
            won = _rounds(bench, urls)
    wrong = sum(winners != 1 for winners in won)
    return Figure(
        name=f"{engine}: of {ROUNDS:,} rounds of {LABS} labs at {processes} hub process(es), rounds without one winner",
        value=wrong,
        unit="rounds",
        goal=1,
    )


def _rounds(bench: Bench, urls: list[str]) -> list[int]:
    """How many had it, in each round."""
    anna = Connection(urls[0], bench.tokens["anna"])
    labs = [Connection(urls[number % len(urls)], bench.tokens[f"lab{number}"]) for number in range(LABS)]
    together = Barrier(LABS)

    def claim(lab: Connection) -> int:
        together.wait()
        body = {"claim_id": new_call_id(), "boards": ["board"], "wait": 0}
        return len(lab.good("POST", "/claims", body)["attempts"])

    found = []
    with ThreadPoolExecutor(LABS) as pool:
        for _ in range(ROUNDS):
            wanted = {"call_id": new_call_id(), "selector": "arch=arm", "test": "Functional.hello_world"}
            request = anna.good("POST", "/requests", wanted)["requests"][0]["id"]
            found.append(sum(pool.map(claim, labs)))
            anna.good("POST", f"/requests/{request}/cancel", {"call_id": new_call_id(), "reason": "the round is over"})
    for connection in [anna, *labs]:
        connection.close()
    return found
