"""What an operator does to vision's data folder: set it up, open it, make tokens, put readers into teams."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import check_host_name, check_team_name
from fuego_jenkins_remote.service import tokens as service_tokens
from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.service.engine import NotMigrated, check_migrated, migrate, open_engine, reading
from fuego_jenkins_remote.vision.schema import tokens
from fuego_jenkins_remote.vision.statements import readers as reader_sql

PACKAGE = "fuego_jenkins_remote.vision"
KINDS = ("submit", "read")
"""What a token of vision is for: bringing runs of one host (``*``: of any), or reading."""

MOST_TEAMS = 50
"""A reader is in no more: a list looks once for each."""

_DATABASE = "vision.sqlite"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whoever has a token for reading, and the teams whose private runs are there for all tokens of that name."""

    name: str
    teams: tuple[str, ...]


def init_data(data_dir: Path) -> None:
    """Set a data folder up, or bring it to what this version needs; what is in it stays. Only its owner may look in."""
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    engine = open_engine(data_dir / _DATABASE)
    try:
        migrate(engine, PACKAGE)
    finally:
        engine.dispose()


def open_data(data_dir: Path) -> sa.Engine:
    """Open the database of a data folder; raises NotMigrated, with what to do, if it is not set up for this version."""
    file = data_dir / _DATABASE
    if not file.is_file():
        raise NotMigrated(f"{os.fspath(data_dir)} holds no data of vision: run 'ftc vision init' with it first")
    engine = open_engine(file)
    try:
        check_migrated(engine, PACKAGE)
    except BaseException:
        engine.dispose()
        raise
    return engine


def add_token(
    engine: sa.Engine,
    owner: str,
    *,
    kind: str = "submit",
    teams: Sequence[str] = (),
    description: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Make a token and give its secret, which is shown nowhere else.

    ``owner`` is for ``submit`` a host's name or ``*``, for ``read`` whoever it is for; a reader is put into the
    ``teams``, beside those it is in already. Raises ValueError for a bad kind or name, or teams of a lab.
    """
    if kind not in KINDS:
        raise ValueError(f"vision has no tokens of kind {kind!r}: there are {' and '.join(KINDS)}")
    if kind == "submit" and owner != "*":
        check_host_name(owner)
    if not owner or len(owner) > 100:
        raise ValueError("the owner's name must have 1 to 100 characters")
    if teams and kind != "read":
        raise ValueError("teams are for tokens of kind read: a lab's token sees what is the lab's")
    with engine.begin() as conn:
        _put_in(conn, owner, teams)
        token = service_tokens.add_token(
            conn, tokens, kind=kind, owner=owner, now=utc_now(), description=description, expires_at=expires_at
        )
    return token.secret


def change_reader(engine: sa.Engine, name: str, *, teams: Sequence[str] = (), leave: Sequence[str] = ()) -> Reader:
    """Put a reader into teams and take it out of others; it counts from the next call on, for all tokens of that name.

    Nothing is changed where ValueError is raised: there is no such reader, it is not in a team that it is to leave, a
    team is no name, or one too many.
    """
    if both := sorted(set(teams) & set(leave)):
        raise ValueError(f"{name} cannot be put into {both[0]} and leave it")
    with engine.begin() as conn:
        for team in dict.fromkeys(leave):
            if not reader_sql.take_out(conn, name, team):
                there = ", ".join(reader_sql.teams_of(conn, name)) or "none"
                raise ValueError(f"{name} is not in the team {team} here (teams: {there})")
        if not reader_sql.is_reader(conn, name):
            raise ValueError(f"there is no reader {name} here: ftc vision add-token {name} --kind read makes one")
        _put_in(conn, name, teams)
        return Reader(name=name, teams=reader_sql.teams_of(conn, name))


def reader(engine: sa.Engine, name: str) -> Reader:
    """A reader, with its teams; without any if it is in none, or not there."""
    with reading(engine) as conn:
        return Reader(name=name, teams=reader_sql.teams_of(conn, name))


def all_teams(engine: sa.Engine) -> dict[str, list[str]]:
    """The teams of all readers who are in any, sorted."""
    with reading(engine) as conn:
        return reader_sql.all_teams(conn)


def _put_in(conn: sa.Connection, name: str, teams: Sequence[str]) -> None:
    reader_sql.put_in(conn, name, [check_team_name(team) for team in teams])
    if len(reader_sql.teams_of(conn, name)) > MOST_TEAMS:
        raise ValueError(f"{name} would be in more than {MOST_TEAMS} teams")


def all_tokens(engine: sa.Engine, owner: str = "") -> list[service_tokens.TokenRow]:
    """All tokens, or those of a host or a reader, the oldest first; nothing secret is in them."""
    with reading(engine) as conn:
        return service_tokens.list_tokens(conn, tokens, owner=owner)


def revoke_token(engine: sa.Engine, prefix: str) -> service_tokens.TokenRow:
    """Take a token out of use, by its ID; raises ValueError where there is none, or it was revoked before."""
    now = utc_now()
    with engine.begin() as conn:
        token = service_tokens.token_of(conn, tokens, prefix)
        if token is None:
            raise ValueError(f"there is no token {prefix}: ftc vision list-tokens shows their IDs")
        if not service_tokens.revoke_token(conn, tokens, prefix, now):
            raise ValueError(f"the token {prefix} of {token.owner} was revoked before")
    return replace(token, revoked_at=now)
