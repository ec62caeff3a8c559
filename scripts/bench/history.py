"""What a claim, a query and a step of `ftc hub prune` cost in the server when much is stored: 10,000 requests beside
1,000,000 of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from figures import Figure, median_ms
from fuego_jenkins_remote.hub import sight
from fuego_jenkins_remote.hub.retention import Keep, prune
from fuego_jenkins_remote.hub.schema import audit, requests
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.states import State
from hubs import ENGINES, Bench, bench_on, fill_history, fill_queue

PEOPLE, TEAMS, BOARDS = 50, 10, 30
SELECTORS = ("arch=arm", "*:waits or arch=arm", "arch=arm or arch=arm64", "arch=arm and not arch=x86")
SMALL, LARGE = (10_000, 1_000), (1_000_000, 100_000)
"""Stored in all, and of them waiting."""

OLD, OLD_ENTRIES = 2_000, 5_000
"""Requests, and entries of the audit log, that are to be removed."""

_THEN, _KEPT_SINCE = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)


def measure(root: Path) -> list[Figure]:
    """On both engines."""
    return [figure for engine in ENGINES for figure in _measure_on(engine, root / engine)]


def _measure_on(engine: str, root: Path) -> list[Figure]:
    small = _measured(engine, root / "small", *SMALL)
    large = _measured(engine, root / "large", *LARGE)
    claim, query, step = "claim", "query with one match", "step"
    return [
        Figure(name=f"{engine}: a claim in the server, {SMALL[0]:,} stored", value=small[claim], unit="ms"),
        Figure(name=f"{engine}: a claim in the server, {LARGE[0]:,} stored", value=large[claim], unit="ms", goal=5),
        Figure(
            name=f"{engine}: a claim with {LARGE[0]:,} stored, beside one with {SMALL[0]:,}",
            value=large[claim] / small[claim],
            unit="times",
            goal=2,
        ),
        Figure(name=f"{engine}: the slowest {query}, {LARGE[0]:,} stored", value=large[query], unit="ms", goal=10),
        Figure(
            name=f"{engine}: the longest step of a prune that removes {OLD:,} requests, {LARGE[0]:,} stored",
            value=large[step],
            unit="ms",
            goal=50,
        ),
    ]


def _measured(engine: str, root: Path, stored: int, waiting: int) -> dict[str, float]:
    with bench_on(engine, root) as bench:
        names = [f"board{number:02}" for number in range(BOARDS)]
        bench.add_lab("lab", *names, "history")
        bench.add_lab("away", "waits")
        bench.add_user("anna", "team0")
        done = fill_history(bench, "lab", "history", "anna", stored - waiting)
        _fill_old(bench, done)
        fill_queue(bench, waiting=waiting, selectors=SELECTORS, people=PEOPLE, teams=TEAMS)
        rare = bench.put("anna", "away:waits", test="Functional.seldom")
        bench.settle()
        return {
            "claim": _claims(bench, names),
            "query with one match": _queries(bench, rare),
            "step": _longest_step(bench),
        }


def _fill_old(bench: Bench, like: str) -> None:
    """What a prune removes, beside all that it leaves."""
    bench.multiply(like, OLD, "20240101")
    words = {"name": "anna", "token": "uabcdefg", "address": "127.0.0.1", "action": "cancel", "thing": "of long ago"}
    entry = {"at": _THEN, "kind": "user", "detail": "", "team": "team0", **words}
    with bench.engine.begin() as conn:
        conn.execute(requests.update().where(requests.c.id < "2025").values(ended_at=_THEN))
        conn.execute(audit.insert(), [entry] * OLD_ENTRIES)


def _longest_step(bench: Bench) -> float:
    """Of a prune, in ms: for so long at most others wait for it."""
    now = datetime.now(UTC)
    age: timedelta = now - _KEPT_SINCE
    removed = prune(bench.engine, bench.root / "hub", Keep(requests=age, audit=age), now=now)
    if (removed.requests, removed.audit) != (OLD, OLD_ENTRIES):
        raise SystemExit(f"{removed.requests} requests and {removed.audit} entries were removed")
    return 1000 * removed.longest


def _claims(bench: Bench, names: list[str]) -> float:
    """The whole transaction of a claim for one board, median in ms."""
    bench.claim("lab", names[0])
    took = []
    for name in names[1:]:
        began = time.monotonic()
        won = bench.claim("lab", name)
        took.append(time.monotonic() - began)
        if len(won) != 1:
            raise SystemExit(f"{name} got nothing")
    return median_ms(took)


def _queries(bench: Bench, rare: str) -> float:
    """The slowest of the queries that one request matches, median of each in ms."""
    wanted = [
        sql.Filter(test="Functional.seldom"),
        sql.Filter(test="Functional.seldom", state=State.PENDING),
        sql.Filter(test="Functional.seldom", requester="anna"),
        sql.Filter(host="lab", board="board07"),
    ]
    whoever = sight.lab("lab")

    def listed(one: sql.Filter) -> Callable[[], object]:
        def ask() -> object:
            with bench.hub.reading() as conn:
                return sql.listed(conn, whoever, one, 50)

        return ask

    def found() -> object:
        with bench.hub.reading() as conn:
            return sight.find_for(conn, whoever, rare)

    return max(_median(ask) for ask in [*(listed(one) for one in wanted), found])


def _median(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(15):
        began = time.monotonic()
        if not ask():
            raise SystemExit("nothing matches")
        took.append(time.monotonic() - began)
    return median_ms(took[3:])
