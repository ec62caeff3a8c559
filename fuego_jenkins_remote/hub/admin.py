"""What an operator does to the hub's data folder: set it up, open it, add users, labs and tokens."""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from fuego_jenkins_remote.hub import audit, schema
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, Refused
from fuego_jenkins_remote.hub.fserver import settings as fserver
from fuego_jenkins_remote.hub.notices.addresses import BadAddress, is_mail, of_admin
from fuego_jenkins_remote.hub.people import labs, users
from fuego_jenkins_remote.hub.people import tokens as their_tokens
from fuego_jenkins_remote.hub.people.teams import have_team
from fuego_jenkins_remote.hub.people.values import User
from fuego_jenkins_remote.hub.records import AuditEntry
from fuego_jenkins_remote.hub.statements import people as people_sql
from fuego_jenkins_remote.hub.statements import teams as team_sql
from fuego_jenkins_remote.network.permissions import Scope
from fuego_jenkins_remote.service.backup import AWAITS
from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.service.engine import NotMigrated, check_migrated, migrate, open_engine, reading, tables_in
from fuego_jenkins_remote.service.postgresql import CONNECTIONS, check_url
from fuego_jenkins_remote.service.tokens import TokenRow, list_tokens, split_prefix, token_of
from fuego_jenkins_remote.service.tokens import revoke_token as mark_revoked

PACKAGE = "fuego_jenkins_remote.hub"
_SQLITE = "hub.sqlite"
_ELSEWHERE = "database"  # a file with the address of a PostgreSQL database: then the folder has no hub.sqlite


def init_data(data_dir: Path, database: str | None = None) -> None:
    """Set a data folder up, or bring it to what this version needs; what is in it stays. Only its owner may look in.

    `database` is the address of a PostgreSQL database (postgresql://...), which the folder remembers; None: the one it
    knows, else SQLite in the folder. Raises BadDatabase, NoDatabase, Conflict for a folder with data in SQLite, and
    for one that was restored without its database unless `database` is where that has been brought back to.
    """
    if database is not None:
        check_url(database)
        if (data_dir / _SQLITE).exists():
            raise Conflict(
                f"{os.fspath(data_dir)} has its data in SQLite: a hub on PostgreSQL begins with a new folder "
                f"(if this one was made by mistake, and nothing is in it yet: remove its {_SQLITE}* first)"
            )
    restored = (data_dir / AWAITS).exists()
    if restored and database is None:
        raise Conflict(_awaits(data_dir))
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    engine = open_engine(database or address_of(data_dir) or data_dir / _SQLITE)
    try:
        if restored and not tables_in(engine):
            raise Conflict(f"the database holds no hub yet, and {_awaits(data_dir)}")
        migrate(engine, PACKAGE)
    finally:
        engine.dispose()
    if database is not None:
        _remember(data_dir, database)
        (data_dir / AWAITS).unlink(missing_ok=True)


def _awaits(data_dir: Path) -> str:
    folder = os.fspath(data_dir)
    return (
        f"{folder} was restored from a backup whose database was in PostgreSQL: pg_restore its dump into a new "
        f"database, then: ftc hub init --data {shlex.quote(folder)} --database ADDRESS"
    )


def open_data(data_dir: Path, *, connections: int = CONNECTIONS) -> sa.Engine:
    """Open the database of a data folder, with at most so many connections where it is PostgreSQL.

    Raises NotMigrated, with what to do, if it is not set up for this version, and NoDatabase.
    """
    where = address_of(data_dir) or data_dir / _SQLITE
    if (data_dir / AWAITS).exists():
        raise NotMigrated(_awaits(data_dir))
    if isinstance(where, Path) and not where.is_file():
        raise NotMigrated(f"{os.fspath(data_dir)} holds no data of a hub: run 'ftc hub init' with it first")
    engine = open_engine(where, connections=connections)
    try:
        check_migrated(engine, PACKAGE)
    except BaseException:
        engine.dispose()
        raise
    return engine


def address_of(data_dir: Path) -> str | None:
    """The address of the PostgreSQL database that has the folder's data; None: it is SQLite, or nothing yet."""
    try:
        return (data_dir / _ELSEWHERE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def _remember(data_dir: Path, database: str) -> None:
    # There may be a password in it: never a moment in which others could read it.
    new = data_dir / f".{_ELSEWHERE}"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(f"{database}\n")
    new.replace(data_dir / _ELSEWHERE)


def add_user(
    engine: sa.Engine,
    name: str,
    *,
    teams: Sequence[str] = (),
    email: str = "",
    notify: Sequence[str] = (),
    network_admin: bool = False,
) -> str:
    """Add a user and give the secret of a token, which is shown nowhere else.

    `teams` holds TEAM or TEAM:LEVEL; the maintainers of a lab's team answer for it. A `network_admin` manages users,
    teams and labs over HTTP. Notices go to the addresses in `notify` (mail or apprise), else to `email`. Raises
    HubError, BadName.
    """
    memberships = [users.parse_membership(team) for team in teams]
    addresses = [of_admin(address).text for address in notify]
    with _operators(engine) as change:
        secret = users.add_user(
            change.conn,
            name,
            teams=memberships,
            email=_mail(email),
            notify=addresses,
            now=change.at,
            network_admin=network_admin,
        )
        places = ", ".join(f"{one.level} of {one.team}" for one in memberships)
        said = ", ".join(filter(None, (places, "admin of the network" if network_admin else "")))
        audit.write(change, None, "add-user", f"user {name}", said)
    return secret


def change_user(
    engine: sa.Engine,
    name: str,
    *,
    teams: Sequence[str] = (),
    leave: Sequence[str] = (),
    email: str | None = None,
    notify: Sequence[str] | None = None,
    network_admin: bool | None = None,
    disabled: bool | None = None,
) -> User:
    """Change a user; None: as it is. `teams` as with `add_user`, `leave` names teams. Raises as `add_user` does.

    `notify` of NOWHERE alone takes the addresses for notices away.
    """
    memberships = [users.parse_membership(team) for team in teams]
    wanted = users.UserChange(
        email=None if email is None else _mail(email),
        notify=None if notify is None else _addresses(notify),
        network_admin=network_admin,
        disabled=disabled,
    )
    with _operators(engine) as change:
        changed = users.change_user(change, None, name, wanted)
        for one in memberships:
            have_team(change.conn, one.team)
            team_sql.set_level(change.conn, name, one.team, one.level)
            audit.write(change, None, "set-member", f"user {name}", f"{one.level} of {one.team}", team=one.team)
        for team in leave:
            if not team_sql.remove(change.conn, name, team):
                raise NotKnown(f"{name} is not in the team {team}")
            audit.write(change, None, "rm-member", f"user {name}", team, team=team)
    return changed


def all_users(engine: sa.Engine) -> list[tuple[User, list[str]]]:
    """All users by name, each with the places in teams (TEAM:LEVEL), first the one that requests are put for."""
    with reading(engine) as conn:
        return [(user, people_sql.places_of(conn, user.name)) for user in team_sql.all_users(conn)]


def all_teams(engine: sa.Engine) -> set[str]:
    """The names of all teams."""
    with reading(engine) as conn:
        return {team.name for team in team_sql.listed(conn)}


NOWHERE = "none"
"""In place of addresses for notices: no own ones any more."""


def set_lab(engine: sa.Engine, host: str, *, notify: Sequence[str]) -> tuple[str, ...]:
    """Set the addresses to which a lab's notices go, and give them; as with `change_user`. Raises HubError."""
    addresses = _addresses(notify)
    with _operators(engine) as change:
        labs.set_notify(change, host, addresses)
    return tuple(addresses)


def _addresses(notify: Sequence[str]) -> list[str]:
    return [] if list(notify) == [NOWHERE] else [of_admin(address).text for address in notify]


def add_lab(engine: sa.Engine, host: str, *, team: str = "", notify: Sequence[str] = ()) -> str:
    """Add a lab of a team (empty: one called as the lab) and give the secret of its token; `notify` as for users.

    Raises as `add_user` does.
    """
    addresses = [of_admin(address).text for address in notify]
    with _operators(engine) as change:
        secret = labs.add_lab(change.conn, host, team=team, notify=addresses, now=change.at)
        audit.write(change, None, "add-lab", f"lab {host}", f"of the team {team or host}", team=team or host)
    return secret


def tokens(engine: sa.Engine, owner: str = "") -> list[TokenRow]:
    """All tokens, or those of a user or lab, the oldest first; nothing secret is in them."""
    with reading(engine) as conn:
        return list_tokens(conn, schema.tokens, owner=owner)


def revoke_token(engine: sa.Engine, prefix: str) -> TokenRow:
    """Take a token out of use, by its ID; give it as it is now. Raises NotKnown, Conflict if it was revoked before."""
    with _operators(engine) as change:
        token = token_of(change.conn, schema.tokens, prefix)
        if token is None:
            raise NotKnown(f"there is no token {prefix}: ftc hub list-tokens shows their IDs")
        if not mark_revoked(change.conn, schema.tokens, prefix, change.at):
            raise Conflict(f"the token {prefix} of {token.kind} {token.owner} was revoked before")
        audit.write(change, None, "revoke-token", f"{token.kind} {token.owner}", prefix)
    return replace(token, revoked_at=change.at)


def add_token(
    engine: sa.Engine,
    owner: str,
    *,
    kind: str = "user",
    description: str = "",
    expires_at: datetime | None = None,
    scope: str = "",
) -> str:
    """Another token for a `user` or a `lab`; gives its secret. `scope` is a user's (empty: all). Raises HubError."""
    with _operators(engine) as change:
        if expires_at is not None and expires_at <= change.at:
            raise Refused(f"{expires_at.isoformat()} is over: the token would never be good")
        if scope and (kind != "user" or scope not in set(Scope)):
            raise Refused(f"the scope of a user's token is one of {', '.join(Scope)}; a lab's token is the lab")
        secret = their_tokens.more_token(
            change.conn, kind, owner, description=description, expires_at=expires_at, now=change.at, scope=scope
        )
        said = f"{split_prefix(secret)} ({scope or kind}) {description}".rstrip()
        audit.write(change, None, "add-token", f"{kind} {owner}", said)
    return secret


def audit_log(engine: sa.Engine, wanted: audit.Filter) -> list[AuditEntry]:
    """The newest entries of the audit log, all of them: who has the data sees everything."""
    with reading(engine) as conn:
        return audit.all_of(conn, wanted)


def let_old_clients_in(engine: sa.Engine, old: fserver.Fserver) -> None:
    """See to it that clients of old Fuego servers have somebody to act for; raises NotKnown, Conflict."""
    with _operators(engine) as change:
        fserver.prepare(change, old)


@contextmanager
def _operators(engine: sa.Engine) -> Iterator[Change]:
    """A change by somebody on this machine, by the name of the account."""
    with engine.begin() as conn:
        yield Change(conn=conn, at=utc_now(), address=operators_address())


def operators_address() -> str:
    """From where the operator's changes come: the account on this machine."""
    return f"account {_account()}"


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())  # in a container there may be no name for it


def _mail(text: str) -> str:
    if text and not is_mail(text):
        raise BadAddress(f"no mail address: {text!r}")
    return text
