"""Boards for old clients: a record of any fields, of which a few are facts that selectors see."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.fserver_format import as_json, matches
from fuego_jenkins_remote.fuego.names import check_board_name, check_host_name
from fuego_jenkins_remote.hub import audit, board_changes, boards
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.fserver.settings import USER, Fserver
from fuego_jenkins_remote.hub.fserver.wire import MAX_FIELDS, Asked, Fail, error, ok
from fuego_jenkins_remote.hub.records import Board, NewBoard
from fuego_jenkins_remote.hub.statements import boards as board_sql
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.hub.statements import people as people_sql

MOST_BOARDS = 5000
"""Of one team, that old clients may put."""

MISSING = "Error: missing host or board in form data"
WAITS = "an old client has put it, and nobody has approved of it yet"
"""Why a board that came so is not given requests: a hub that holds what old clients put."""

_FACTS = {
    "architecture": "arch",
    "arch": "arch",
    "cpu": "cpu",
    "type": "type",
    "toolchain": "toolchain",
    "distrib": "distrib",
    "machine": "machine",
}
"""Which fields of a record are facts, and how selectors call them."""
_FIELDS = {fact: name for name, fact in reversed(_FACTS.items())}
_LONGEST_FACT = 256


def put(change: Change, fserver: Fserver, asked: Asked) -> str:
    """put_board: the record takes the place of the one before."""
    host, name = _place(asked)
    fields = _extra(asked.fields)
    lab = people_sql.find_lab(change.conn, host)
    before = board_sql.find(change.conn, host, name)
    if lab is None:
        if not fserver.open:
            raise error(f"there is no lab {host}: the hub's operator adds it, since this hub approves what is put")
        people_sql.insert_lab(change.conn, host=host, team=fserver.team, notify=(), now=change.at)
        audit.write(change, fserver.caller, "add-lab", f"lab {host}", f"of {fserver.team}", team=fserver.team)
    elif lab.team != fserver.team:
        raise error(f"the lab {host} is not one of the team that old clients act for")
    if before is None:
        _must_have_room(change, fserver)
    _must_wait(change, fserver, before, host, name)
    _write(change, before, host, name, fields)
    if before is None and not fserver.open:
        _hold(change, host, name)
    return ok()


def update(change: Change, fserver: Fserver, asked: Asked) -> str:
    """update_board: the fields that are sent are changed in the record."""
    host, name = _place(asked)
    before = find(change.conn, fserver, host, name)
    _must_wait(change, fserver, before, host, name)
    fields = _record(change.conn, before) | _extra(asked.fields)
    if len(fields) > MAX_FIELDS:
        raise error(f"a board's record may have at most {MAX_FIELDS} fields")
    _write(change, before, host, name, fields)
    return ok()


def get(conn: sa.Connection, fserver: Fserver, asked: Asked) -> str:
    """get_board: the record as JSON."""
    host, name = _place(asked, check=False)
    return ok(json_of(conn, find(conn, fserver, host, name)))


def query(conn: sa.Connection, fserver: Fserver, asked: Asked) -> str:
    """query_boards: HOST:BOARD of each, filtered by host and board."""
    wanted_host, wanted_board = asked.fields.get("host", "*"), asked.fields.get("board", "*")
    found = [
        f"{host}:{name}\n"
        for host, name in sql.boards_of(conn, fserver.team, MOST_BOARDS)
        if matches(wanted_host, host) and matches(wanted_board, name)
    ]
    return ok("".join(sorted(found)))


def find(conn: sa.Connection, fserver: Fserver, host: str, name: str) -> Board:
    """A board of the team's labs; raises Fail as the original says it."""
    board = board_sql.find(conn, host, name)
    if board is None or board.team != fserver.team:
        raise Fail(f"Error: board '{host}:{name}' is not registered")
    return board


def json_of(conn: sa.Connection, board: Board) -> str:
    """A board's record, as a file of the original has it."""
    return as_json({**_record(conn, board), "host": board.host, "board": board.name})


def _place(asked: Asked, *, check: bool = True) -> tuple[str, str]:
    host, name = asked.needed("host", "board", otherwise=MISSING)
    if check:
        try:
            check_host_name(host)
            check_board_name(name)
        except BadName as bad:
            raise error(bad.what) from bad
    return host, name


def _extra(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in {"host", "board"}}


def _record(conn: sa.Connection, board: Board) -> dict[str, str]:
    """The fields of a board: as an old client has put them, and what its lab's own words say since."""
    kept = sql.board_fields(conn, board.host, board.name) or {}
    known = facts_of(kept)
    facts = {
        _FIELDS.get(fact, fact): value
        for fact, value in board.facts.items()
        if known.get(fact) != value and not fact.startswith("config.")
    }
    said = {"description": board.description} if board.description else {}
    return {**kept, **facts, **said}


def _write(change: Change, before: Board | None, host: str, name: str, fields: Mapping[str, str]) -> None:
    new = NewBoard(facts=facts_of(fields), description=fields.get("description", ""))
    if before is not None:
        # What old records have no word for stays as its lab has it.
        new = NewBoard(
            facts={**_others(before), **new.facts},
            description=new.description,
            labels=before.labels,
            open_to=before.open_to,
            online=before.online,
            terms=before.terms,
        )
    boards.put(change, host, name, new)
    sql.keep_board_fields(change.conn, host, name, fields)


def _hold(change: Change, host: str, name: str) -> None:
    """The board is given no requests until people of its lab give it back into choice."""
    made = boards.find(change.conn, host, name)
    board_sql.set_maintenance(change.conn, made.id, WAITS, USER, change.at)
    board_changes.note(change, made, boards.find(change.conn, host, name), who=USER)


def _others(before: Board) -> dict[str, str]:
    return {fact: value for fact, value in before.facts.items() if fact not in _FIELDS}


def facts_of(fields: Mapping[str, str]) -> dict[str, str]:
    """The facts in a record of an old client, by the names that selectors know."""
    return {
        fact: fields[name]
        for name, fact in reversed(_FACTS.items())
        if len(fields.get(name, "")) in range(1, _LONGEST_FACT + 1) and fields[name].isprintable()
    }


def _must_have_room(change: Change, fserver: Fserver) -> None:
    if len(sql.boards_of(change.conn, fserver.team, MOST_BOARDS)) >= MOST_BOARDS:
        raise error(f"the team has {MOST_BOARDS} boards: no more are taken from old clients")


def _must_wait(change: Change, fserver: Fserver, before: Board | None, host: str, name: str) -> None:
    """Where what old clients put is held, they change no board that people or a lab's own client stand for."""
    if fserver.open or before is None:
        return
    if before.maintenance != WAITS or sql.board_fields(change.conn, host, name) is None:
        raise error(f"the board {host}:{name} is changed by its lab, not by clients without a token")
