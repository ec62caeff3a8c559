"""What systemd is told, where it has started us with Type=notify: that we are ready, live, and stop.

The protocol is a datagram to the socket that $NOTIFY_SOCKET names (sd_notify(3)); a library for that would be longer
than this. A service that was not started like that tells nobody.
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable, Mapping


def tell_systemd(*lines: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send lines such as ``READY=1``; whether there was somebody to take them."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(1)
            sender.sendto("\n".join(lines).encode(), address)
    except OSError:
        # To be ready matters more than to have said so.
        return False
    return True


class Watchdog:
    """Tells systemd that we live, as often as its unit asks (WatchdogSec=), for as long as that is true."""

    def __init__(
        self,
        alive: Callable[[], bool],
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`alive` is asked before each sign of life; without one for the unit's time, systemd ends the process."""
        self._alive = alive
        self._clock = clock
        self._environment = environment
        micro = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._every = int(micro) / 2_000_000 if micro.isdigit() and ours else 0.0
        self._last = -math.inf

    def look(self) -> None:
        """To be called often, from the event loop: a loop that hangs gives no sign either."""
        now = self._clock()
        if not self._every or now - self._last < self._every or not self._alive():
            return
        self._last = now
        tell_systemd("WATCHDOG=1", environment=self._environment)
