"""Services as processes of their own, and `ftc` as a user calls it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FTC = Path(sys.executable).with_name("ftc")
START_SECONDS = 60.0
STOP_SECONDS = 10.0
_LEAST_PORT, _PORTS_OF_ONE = 10_000, 97
_asked = itertools.count()


class StepFailed(Exception):
    """A step of the demonstration did not do what it should; the message says what happened instead."""


@dataclass(frozen=True)
class Person:
    """Whose fuego.conf is used: a person or machine of the demonstration."""

    name: str
    conf: Path

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Their environment: nothing of ours that says something to ftc, but the conf file."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FUEGO_", "JENKINS_", "JAVA_TOOL"))
        }
        return {**kept, "FUEGO_CONF": str(self.conf), "PYTHONUNBUFFERED": "1", **(more or {})}


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The JSON object on stdout."""
        found = json.loads(self.out)
        if not isinstance(found, dict):
            raise StepFailed(f"no JSON object: {self.out[:200]}")
        return found


def ftc(person: Person, *arguments: str, expect: int | None = 0, timeout: float = 120) -> Said:
    """Call ftc; raises StepFailed when the exit status is another than expected (None: any will do)."""
    done = subprocess.run(
        [str(FTC), *arguments],
        env=person.environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if expect is not None and done.returncode != expect:
        raise StepFailed(
            f"ftc {' '.join(arguments)}: exit status {done.returncode}\n{done.stdout}{done.stderr}".strip()
        )
    return Said(done.returncode, done.stdout, done.stderr)


@dataclass
class Services:
    """The processes that were started, stopped in the opposite order."""

    logs: Path
    running: list[tuple[str, subprocess.Popen[str]]] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Start a service that says its address in a first line of JSON; the address."""
        process = self.launch(name, command, environment, stdout=subprocess.PIPE)
        line = _first_line(process, START_SECONDS)
        try:
            return str(json.loads(line)["url"])
        except (ValueError, KeyError, TypeError):
            log = self.logs / f"{name}.log"
            raise StepFailed(f"{name} did not start: {line or log.read_text(encoding='utf-8')[-2000:]}") from None

    def launch(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, stdout: int | None = None
    ) -> subprocess.Popen[str]:
        """Start a process in a session of its own, so that a Ctrl-C reaches us only; its stderr goes to a log."""
        with (self.logs / f"{name}.log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        self.running.append((name, process))
        return process

    def stop(self) -> None:
        """Stop all, the last first; whoever does not end on TERM is killed."""
        for _, process in reversed(self.running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.running.clear()


def free_port() -> int:
    """A port on loopback that nobody listens on now; other processes that ask get other ones.

    It is below those that the system hands out: until it is listened on, it is given to nobody's connection.
    """
    least, span = _LEAST_PORT, _first_handed_out() - _LEAST_PORT
    for _ in range(max(span, 0)):
        port = least + (os.getpid() * _PORTS_OF_ONE + next(_asked)) % span
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_handed_out() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 0


def _first_line(process: subprocess.Popen[str], seconds: float) -> str:
    if process.stdout is None:
        raise StepFailed("no output to read")
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        readable, _, _ = select.select([process.stdout], [], [], 0.2)
        if readable:
            return process.stdout.readline()
    return process.stdout.readline() if process.poll() is not None else ""
