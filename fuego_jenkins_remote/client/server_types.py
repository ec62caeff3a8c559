"""The kinds of servers that can be spoken with, by the words of fuego.conf's `server_type`."""

from __future__ import annotations

from enum import StrEnum


class ServerType(StrEnum):
    """What a server is."""

    HUB = "hub"  # ours, with vision for runs
    FUEGO = "fuego"  # the old Fuego server: boards, requests, runs, tests
    SQUAD = "squad"  # keeps runs, and nothing else of what we ask
    AUTO = "auto"  # not known: the server is asked
