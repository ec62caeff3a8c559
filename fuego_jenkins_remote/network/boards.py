"""How a board stands, in one word: for the hub's pages and for lists alike. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

QUIET = timedelta(minutes=15)
"""A bridge is seen each minute, a timer each few: a board that is free and was not seen for longer may stay so."""


class Standing(StrEnum):
    """What a board is doing, or why it does nothing."""

    BUSY = "busy"  # an attempt has it
    WITHDRAWN = "withdrawn"  # its lab does not want requests for it now
    OFFLINE = "offline"  # the lab cannot use it now: its node is offline, its Jenkins is quiet
    BROKEN = "broken"  # it has failed its check: somebody has to look at it
    MAINTENANCE = "maintenance"  # people have taken it out for a while
    SILENT = "silent"  # nothing was heard of its lab for a while
    FREE = "free"  # it would take a request


def standing(
    *, online: bool, health: str, busy: bool, last_seen: datetime | None, now: datetime, maintenance: str = ""
) -> Standing:
    """Say it, from what the hub tells of a board; a health that is not known here counts as offline.

    `maintenance`: why people have taken it out; empty: they have not.
    """
    if busy:
        return Standing.BUSY
    if not online:
        return Standing.WITHDRAWN
    if maintenance:
        return Standing.MAINTENANCE
    if health != "online":
        known = {"broken": Standing.BROKEN, "maintenance": Standing.MAINTENANCE}
        return known.get(health, Standing.OFFLINE)
    return Standing.SILENT if last_seen is not None and now - last_seen > QUIET else Standing.FREE


def in_brief(reason: str, most: int = 200) -> str:
    """A lab's reason as a part of a line: in one line, and no longer than `most` characters."""
    line = " ".join(reason.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
