"""`ftc lab serve`: the bridge as a process."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from fuego_jenkins_remote.lab.bridge.bridge import Bridge
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.wiring import Links, open_steps


class AtWork(LabError):
    """Somebody else holds the lock of a state_dir; `host` is for which lab, empty where that is not known."""

    def __init__(self, lock: Path, host: str) -> None:
        """`lock` is the file."""
        self.host = host
        whose = f", for the lab {host}" if host else ""
        super().__init__(f"another ftc lab serve or poll is at work with {lock.parent}{whose}")


def serve(config: LabConfig, links: Links, *, announce: Callable[[], None]) -> None:
    """Serve the lab until TERM or INT; `announce` is called when the bridge works.

    Raises LabError if another bridge serves this state_dir or no Jenkins is set, ClientError for a hub's address or CA
    file that cannot be used, NotAllowed if the hub does not accept the token.
    """
    steps = open_steps(config, links)
    steps.controller()  # likewise: settings that can never work end it here
    stop = threading.Event()
    with only_one(config.state_dir / "bridge.lock", config.host):
        bridge = Bridge(steps, ready=announce, stop=stop)

        def on_signal(_number: int, _frame: object) -> None:
            stop.set()
            bridge.wake()

        signal.signal(signal.SIGTERM, on_signal)
        signal.signal(signal.SIGINT, on_signal)
        bridge.run()


@contextlib.contextmanager
def only_one(path: Path, host: str = "") -> Iterator[None]:
    """Hold a lock file, for the lab `host`, while the block runs; raises AtWork when somebody else holds it."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AtWork(path, _first_line(file)) from None
        file.truncate(0)
        file.write(f"{host}\n")
        file.flush()
        yield


def _first_line(file: TextIO) -> str:
    file.seek(0)
    return file.readline(300).strip()
