"""What 10,000 boards in 500 labs cost the hub while nothing happens, each lab in one waiting claim; and how soon a put
is answered to the right one then.

The pool's threads are there after any burst of calls, and stay. So the labs first claim all at once without waiting.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from figures import Figure
from fuego_jenkins_remote.network.identities import new_call_id
from hubs import SQLITE, Bench, bench_on, served
from raw_http import Connection

LABS, BOARDS_EACH, PUTS = 500, 20, 10
WAIT = 25.0
WATCHED = 50.0
"""Seconds: each lab's claim ends and comes again twice meanwhile."""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What was seen of the hub's process: memory in MB, threads, the part of a core that it used while idle."""

    memory: float
    threads: int
    core: float


def measure(root: Path) -> list[Figure]:
    """Let the labs wait, look at the process, then put requests for some of them and see how soon they are answered."""
    with bench_on(SQLITE, root) as bench:
        for number in range(LABS):
            names = [f"board{board:02}" for board in range(BOARDS_EACH)]
            bench.add_lab(f"lab{number}", *names)
        bench.add_user("anna", "annaslab")
        with served(bench) as (urls, pids):
            answered, seen = asyncio.run(_wait_and_put(bench, urls[0], pids[0]))
    what = f"{LABS * BOARDS_EACH:,} boards in {LABS} waiting labs"
    return [
        Figure(name=f"hub's memory, {what}", value=seen.memory, unit="MB", goal=1000),
        Figure(name=f"threads that they cost, {what}", value=seen.threads, unit="threads", goal=1),
        Figure(name=f"hub's CPU while idle, {what}", value=100 * seen.core, unit="% of a core", goal=10),
        Figure(name=f"put-request to its lab's answer, {what}", value=1000 * answered, unit="ms", goal=200),
    ]


async def _wait_and_put(bench: Bench, url: str, pid: int) -> tuple[float, _Seen]:
    hosts = [f"lab{number}" for number in range(LABS)]
    for _ in range(2):  # at first they are strangers at one address, who get few threads at a time
        await asyncio.gather(*(_claim(url, bench.tokens[host], wait=0) for host in hosts))
    before, stop = _threads(pid), asyncio.Event()
    waiting = {host: asyncio.create_task(_go_on(url, bench.tokens[host], stop)) for host in hosts}
    await asyncio.sleep(5)
    cpu, began = _cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(WATCHED)
    core = (_cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    seen = _Seen(memory=_memory(pid), threads=_threads(pid) - before, core=core)
    connection = Connection(url, bench.tokens["anna"])
    took = []
    for number in range(PUTS):
        host = f"lab{number * 7}"
        wanted = {"call_id": new_call_id(), "selector": f"{host}:board03", "test": "Functional.x"}
        put = time.monotonic()
        await asyncio.to_thread(connection.good, "POST", "/requests", wanted)
        took.append(await waiting[host] - put)
    stop.set()
    for task in waiting.values():
        task.cancel()
    await asyncio.gather(*waiting.values(), return_exceptions=True)
    return median(took), seen


async def _go_on(url: str, token: str, stop: asyncio.Event) -> float:
    """Claim again and again, as a bridge does, until something was won; when that was."""
    while not stop.is_set():
        at, won = await _claim(url, token, wait=WAIT)
        if won:
            return at
    return 0.0


async def _claim(url: str, token: str, *, wait: float) -> tuple[float, int]:
    """When the claim was answered, and what it won."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    boards = [f"board{board:02}" for board in range(BOARDS_EACH)]
    body = json.dumps({"claim_id": new_call_id(), "boards": boards, "wait": wait}).encode()
    head = (
        f"POST /api/v1/claims HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    status = await reader.readline()
    answered = time.monotonic()
    said = await reader.read()
    writer.close()
    if b" 200 " not in status:
        raise SystemExit(f"a claim was answered with {status!r}")
    return answered, said.count(b'"number"')


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    return _status(pid, "VmRSS") / 1024


def _threads(pid: int) -> int:
    return _status(pid, "Threads")


def _status(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{key}:")).split()[1])
