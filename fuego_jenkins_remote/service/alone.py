"""One process serves a data folder on SQLite: what it tells its waiting calls no other process hears of."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuego_jenkins_remote.service.ready import CannotServe

_PATIENCE = 1.0  # seconds: one that was killed may take a moment to be gone
_LOCK = ".serve.lock"


@contextmanager
def alone(data_dir: Path, service: str, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Serve the folder within the block; raises CannotServe where another process does. Whatever else may go on.

    The kernel lets go of it when this process ends, however it ends: nobody has to clean up.
    """
    until = time.monotonic() + patience
    with (data_dir / _LOCK).open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise CannotServe(
                        f"another ftc {service} serve works with this folder: {data_dir} (stop that one first)"
                    ) from None
                time.sleep(0.05)
        yield
