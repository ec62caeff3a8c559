"""Machines of a test: network namespaces joined by veth pairs. Needs root and the program ip."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4


class NoNamespaces(Exception):
    """They cannot be made here; the text says why."""


@dataclass(frozen=True)
class Machine:
    """One namespace."""

    name: str

    @property
    def within(self) -> tuple[str, ...]:
        """What a command begins with that runs there."""
        return ("ip", "netns", "exec", self.name)

    def run(self, *command: str) -> None:
        """Run a command there that must work."""
        _run(*self.within, *command)


@contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """So many of them, each with its loopback; gone afterwards with all that runs there. Raises NoNamespaces."""
    if os.geteuid() != 0:
        raise NoNamespaces("network namespaces are made by root only")
    if shutil.which("ip") is None:
        raise NoNamespaces("network namespaces are made by the program ip (iproute2), which is not here")
    made: list[Machine] = []
    try:
        for number in range(count):
            machine = Machine(f"fuego-{uuid4().hex[:8]}-{number}")
            _run("ip", "netns", "add", machine.name)
            made.append(machine)
            machine.run("ip", "link", "set", "lo", "up")
        yield made
    finally:
        for machine in made:
            _remove(machine)


def join(one: Machine, its_address: str, other: Machine, others_address: str) -> None:
    """A cable between two machines; the addresses are of one /24. Raises NoNamespaces."""
    ends = [f"fgo{uuid4().hex[:8]}{end}" for end in "ab"]
    _run("ip", "link", "add", ends[0], "netns", one.name, "type", "veth", "peer", "name", ends[1], "netns", other.name)
    for machine, end, address in ((one, ends[0], its_address), (other, ends[1], others_address)):
        machine.run("ip", "address", "add", f"{address}/24", "dev", end)
        machine.run("ip", "link", "set", end, "up")


def _remove(machine: Machine) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and (pids := _pids(machine)):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    subprocess.run(["ip", "netns", "delete", machine.name], check=False, capture_output=True)


def _pids(machine: Machine) -> list[int]:
    done = subprocess.run(["ip", "netns", "pids", machine.name], check=False, capture_output=True, text=True)
    return [int(pid) for pid in done.stdout.split()]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoNamespaces(f"{' '.join(command)}: {done.stderr.strip()}")
