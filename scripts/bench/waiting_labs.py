"""What 500 labs that wait in their claims cost the hub: memory, and threads beyond those of its pool.

The pool's threads are there after any burst of calls, and stay. So the labs first claim all at once without waiting.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

from figures import Figure
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.hub.admin import add_lab, add_user, open_data
from fuego_jenkins_remote.network.identities import new_call_id
from places import write_conf
from processes import FTC, Person, Services, ftc

LABS = 500
WAIT = 20.0


def measure(root: Path) -> list[Figure]:
    """Let the labs wait, look at the process, then put a request for one of them and see how soon it is answered."""
    (root / "logs").mkdir(parents=True)
    services = Services(root / "logs")
    admin = Person("operator", root / "operator" / "fuego.conf")
    write_conf(admin.conf, {"host_name": "operator"})
    ftc(admin, "hub", "init", "--data", str(root / "hub"))
    engine = open_data(root / "hub")
    tokens = {f"lab{number}": add_lab(engine, f"lab{number}") for number in range(LABS)}
    anna = add_user(engine, "anna", teams=["annaslab"])
    engine.dispose()
    command = [str(FTC), "hub", "serve", "--data", str(root / "hub"), "--port", "0", "--json"]
    try:
        url = services.start("hub", command, admin.environment())
        pid = services.running[-1][1].pid
        for host, token in tokens.items():
            client = HubClient(url, token)
            client.put_board(host, "bbb", {"facts": {"arch": "arm"}, "open_to": ["*"]})
            client.api.close()
        answered, before, waiting = asyncio.run(_wait_and_put(url, tokens, anna, pid))
        return [
            Figure(name=f"hub's memory with {LABS} labs waiting", value=waiting["VmRSS"] / 1024, unit="MB", goal=300),
            Figure(
                name=f"threads that {LABS} waiting labs cost",
                value=waiting["Threads"] - before["Threads"],
                unit="threads",
                goal=1,
            ),
            Figure(name="put-request to a waiting lab's answer", value=1000 * answered, unit="ms", goal=100),
        ]
    finally:
        services.stop()


async def _wait_and_put(
    url: str, tokens: dict[str, str], anna: str, pid: int
) -> tuple[float, dict[str, int], dict[str, int]]:
    await asyncio.gather(*(_claim(url, token, wait=0) for token in tokens.values()))
    before = _status(pid)
    waiting = {host: asyncio.create_task(_claim(url, token, wait=WAIT)) for host, token in tokens.items()}
    await asyncio.sleep(WAIT / 2)
    status = _status(pid)
    wanted = {"call_id": new_call_id(), "selector": "lab7:bbb", "test": "Functional.x"}
    await asyncio.to_thread(lambda: HubClient(url, anna).put_request(wanted))
    put = time.monotonic()
    answered = await waiting.pop("lab7")
    for task in waiting.values():
        task.cancel()
    await asyncio.gather(*waiting.values(), return_exceptions=True)
    return answered - put, before, status


async def _claim(url: str, token: str, *, wait: float) -> float:
    """When the claim was answered."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    body = json.dumps({"claim_id": new_call_id(), "boards": ["bbb"], "wait": wait}).encode()
    head = (
        f"POST /api/v1/claims HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    status = await reader.readline()
    answered = time.monotonic()
    writer.close()
    if b" 200 " not in status:
        raise SystemExit(f"a claim was answered with {status!r}")
    return answered


def _status(pid: int) -> dict[str, int]:
    """VmRSS in KiB and Threads, from /proc."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return {key: int(fields[key].split()[0]) for key in ("VmRSS", "Threads")}
