"""Boards of an old Fuego server, as ours.

A board's record there has `host`, `board` and any other fields. Those that are not named here are facts; `architecture`
is what we call `arch`; `state` is online or offline; `labels` is ours: names with commas between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError, NotFound, Unreachable
from fuego_jenkins_remote.client.fserver.calls import Failed, Fserver
from fuego_jenkins_remote.client.values import Board

_NO_FACTS = frozenset({"host", "board", "description", "state", "labels", "health", "health_reason"})
_OLD_WORDS = {"arch": "architecture"}
_OUR_WORDS = {old: ours for ours, old in _OLD_WORDS.items()}
_FACT = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_TAKES_NONE = frozenset({"offline", "broken", "maintenance", "disabled"})


def names(server: Fserver, host: str = "") -> list[tuple[str, str]]:
    """The hosts and names of all boards, or of those of one host."""
    lines = [line for line in server.ask("query_boards", {"host": host} if host else None).split("\n") if ":" in line]
    found = [(line.strip().partition(":")[0], line.strip().partition(":")[2]) for line in lines]
    return [one for one in found if not host or one[0] == host]


def get(server: Fserver, host: str, name: str) -> Board:
    """One board; raises NotFound."""
    try:
        said = server.ask("get_board", {"host": host, "board": name})
    except Failed as error:
        raise NotFound(
            f"the Fuego server at {server.url} has no board {host}:{name}", status=404, code="unknown-board"
        ) from error
    return board_of(server.record(said, f"the board {host}:{name}"), host, name)


def get_or_why_not(server: Fserver, host: str, name: str) -> Board:
    """As `get`, for lists: a board whose record cannot be read stands there as broken, with the reason.

    That it is not there is one: anybody can register a name which the server lists and does not find again.
    """
    try:
        return get(server, host, name)
    except Unreachable:
        raise
    except ClientError as error:
        return board_of({"state": "offline", "health": "broken", "health_reason": str(error)}, host, name)


def put(server: Fserver, host: str, name: str, record: Mapping[str, Any], *, merge: bool) -> Board:
    """Register a board, or with `merge` change what is given of a registered one; `record` is BoardIn."""
    action = "update_board" if merge else "put_board"
    server.change(action, {**fields_of(record), "host": host, "board": name})
    return get(server, host, name)


def put_health(server: Fserver, host: str, name: str, health: str, reason: str) -> Board:
    """Say how a board is, in fields of ours beside what its lab wishes (`state`)."""
    changes = {"health": health, "health_reason": reason or "-"}  # what is blank would leave what stood there
    server.change("update_board", {"host": host, "board": name, **changes})
    return get(server, host, name)


def withdraw(server: Fserver, host: str, name: str) -> None:
    """Say of a board that it takes nothing, which is the most that can be said; raises NotFound."""
    get(server, host, name)
    server.change("update_board", {"host": host, "board": name, "state": "offline"})


def fields_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a board's record there, from BoardIn; its terms and who may use it have no place."""
    facts = {_OLD_WORDS.get(key, key): str(value) for key, value in (record.get("facts") or {}).items()}
    labels = ",".join(str(label) for label in record.get("labels") or ())
    state = "online" if record.get("online", True) else "offline"
    return {**facts, "description": str(record.get("description") or ""), "labels": labels, "state": state}


def board_of(record: Mapping[str, str], host: str, name: str) -> Board:
    """A record of there as a board of ours; raises ClientError for what is none."""
    facts = {
        _OUR_WORDS.get(key, key): value
        for key, value in record.items()
        if key not in _NO_FACTS and _FACT.fullmatch(key) and value
    }
    wire = {
        "host": host,
        "name": name,
        "facts": facts,
        "labels": [label.strip() for label in record.get("labels", "").split(",") if label.strip()],
        "description": record.get("description", ""),
        "open_to": ["*"],
        "health": record.get("health", "online"),
        "health_reason": record.get("health_reason", "") if record.get("health", "online") != "online" else "",
        "online": record.get("state", "online").lower() not in _TAKES_NONE,
        "record": dict(record),
    }
    try:
        return Board.from_json(wire)
    except (KeyError, ValueError, TypeError) as error:
        raise ClientError(f"the Fuego server's record of {host}:{name} is not understood") from error
