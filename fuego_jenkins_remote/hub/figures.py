"""What the hub tells Prometheus beside its answers: what waits and lives, looked up now and then; what has moved."""

from __future__ import annotations

import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.statements import figures as sql
from fuego_jenkins_remote.network.boards import QUIET
from fuego_jenkins_remote.network.identities import moment_of, new_request_id
from fuego_jenkins_remote.service.metrics import Metrics, gauge

KEPT_SECONDS = 10.0
"""However often it is asked: the database is looked at no more often."""

AGES = {
    "1m": timedelta(minutes=1),
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
}
_WAITS = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)


def hub_metrics(hub: Hub) -> Metrics:
    """The hub's figures; what its changes do is counted from now on."""
    metrics = Metrics("hub", [_Looked(hub)])
    moved = Counter(
        "fuego_requests_moved",
        "Requests that came into a state (pending: put, or back).",
        ("state",),
        registry=metrics.registry,
    )
    waited = Histogram(
        "fuego_request_wait_seconds", "From the put to the first claim.", buckets=_WAITS, registry=metrics.registry
    )

    def count(states: Tally[str], waits: Iterable[float]) -> None:
        for state, times in states.items():
            moved.labels(state=state).inc(times)
        for seconds in waits:
            waited.observe(seconds)

    hub.count = count
    return metrics


class _Looked(Collector):
    """What is looked up when somebody asks; the answer of before, if that was some seconds ago."""

    def __init__(self, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._clock = clock
        self._lock = threading.Lock()
        self._found: list[Metric] = []
        self._at = float("-inf")

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if self._clock() - self._at > KEPT_SECONDS:
                self._found = list(_look(self._hub))
                self._at = self._clock()
            found = list(self._found)
        yield from found
        yield from _open(self._hub)

    def describe(self) -> list[Metric]:
        """Nothing: to be registered must not ask the database."""
        return []


def _look(hub: Hub) -> Iterator[Metric]:
    now = hub.clock()
    with hub.reading() as conn:
        states = sql.requests_by_state(conn)
        older = dict(
            zip(AGES, sql.waiting_since(conn, [new_request_id(now - age) for age in AGES.values()]), strict=True)
        )
        oldest = sql.oldest_waiting(conn)
        boards = sql.boards_by_standing(conn)
        labs, seen = sql.labs_seen(conn, now - QUIET)
        things = sql.open_things(conn, now)
    yield gauge("fuego_requests", "Requests of which something is still to come.", _by_word(states), ("state",))
    yield gauge("fuego_requests_waiting", "Requests that have waited for longer.", _by_word(older), ("longer_than",))
    age = (now - moment_of(oldest)).total_seconds() if oldest else 0.0
    yield gauge("fuego_requests_oldest_waiting_seconds", "How long the oldest has waited.", {(): max(age, 0.0)})
    yield gauge(
        "fuego_boards", "Boards, by what their labs and people say.", _by_word(_standings(boards)), ("standing",)
    )
    yield gauge("fuego_labs", "Labs, and those heard of lately.", {("all",): labs, ("seen",): seen}, ("which",))
    yield gauge("fuego_open", "What waits for people, time or delivery.", _by_word(things), ("what",))


def _open(hub: Hub) -> Iterator[Metric]:
    """What this process has open, and whether its loops work."""
    yield gauge("fuego_long_polls", "Calls that wait for news.", {(): hub.waiters.count()})
    yield gauge("fuego_event_streams", "Streams of events to browsers.", {(): hub.streams.count()})
    pool: Any = hub.engine.pool
    used: dict[tuple[str, ...], float] = (
        {("used",): pool.checkedout(), ("idle",): pool.checkedin()} if hasattr(pool, "checkedout") else {}
    )
    yield gauge("fuego_database_connections", "Connections to the database.", used, ("what",))
    yield gauge(
        "fuego_loops_standing_still", "Loops that should have said something.", {(): len(hub.loops.standing_still())}
    )


def _standings(found: Any) -> dict[str, int]:
    counted = dict.fromkeys(("well", "offline", "broken", "maintenance", "withdrawn"), 0)
    for (online, health, out), boards in found.items():
        if not online:
            word = "withdrawn"
        elif out or health == "maintenance":
            word = "maintenance"
        else:
            word = {"online": "well", "broken": "broken"}.get(health, "offline")
        counted[word] += boards
    return counted


def _by_word(counted: dict[str, int]) -> dict[tuple[str, ...], float]:
    return {(word,): value for word, value in counted.items()}
