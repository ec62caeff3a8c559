"""What an operator does to the hub's data folder: set it up, open it, add users, labs and tokens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from fuego_jenkins_remote.hub import schema
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, Refused
from fuego_jenkins_remote.hub.notices.sender import BadRecipient, check_recipient, is_mail
from fuego_jenkins_remote.hub.people import labs, users
from fuego_jenkins_remote.hub.people import tokens as their_tokens
from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.service.engine import NotMigrated, check_migrated, migrate, open_engine, reading
from fuego_jenkins_remote.service.tokens import TokenRow, list_tokens
from fuego_jenkins_remote.service.tokens import revoke_token as mark_revoked

PACKAGE = "fuego_jenkins_remote.hub"
_DATABASE = "hub.sqlite"


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
        raise NotMigrated(f"{os.fspath(data_dir)} holds no data of a hub: run 'ftc hub init' with it first")
    engine = open_engine(file)
    try:
        check_migrated(engine, PACKAGE)
    except BaseException:
        engine.dispose()
        raise
    return engine


def add_user(
    engine: sa.Engine, name: str, *, teams: Sequence[str] = (), email: str = "", notify: Sequence[str] = ()
) -> str:
    """Add a user and give the secret of a token, which is shown nowhere else.

    `teams` holds TEAM, TEAM:member or TEAM:admin; the admins of a lab's team (called as the lab is) answer for it.
    Notices go to the addresses in `notify` (mail or apprise), else to `email`. Raises HubError, BadName, BadRecipient.
    """
    if email and not is_mail(email):
        raise BadRecipient(f"no mail address: {email!r}")
    memberships = [users.parse_membership(team) for team in teams]
    addresses = [check_recipient(address) for address in notify]
    with engine.begin() as conn:
        return users.add_user(conn, name, teams=memberships, email=email, notify=addresses, now=utc_now())


def add_lab(engine: sa.Engine, host: str, *, notify: Sequence[str] = ()) -> str:
    """Add a lab with its team and give the secret of its token; `notify` as for users. Raises as `add_user` does."""
    addresses = [check_recipient(address) for address in notify]
    with engine.begin() as conn:
        return labs.add_lab(conn, host, notify=addresses, now=utc_now())


def tokens(engine: sa.Engine, owner: str = "") -> list[TokenRow]:
    """All tokens, or those of a user or lab, the oldest first; nothing secret is in them."""
    with reading(engine) as conn:
        found = list_tokens(conn, schema.tokens)
    return [token for token in found if owner in ("", token.owner)]


def revoke_token(engine: sa.Engine, prefix: str) -> TokenRow:
    """Take a token out of use, by its ID; give it as it is now. Raises NotKnown, Conflict if it was revoked before."""
    now = utc_now()
    with engine.begin() as conn:
        token = next((one for one in list_tokens(conn, schema.tokens) if one.prefix == prefix), None)
        if token is None:
            raise NotKnown(f"there is no token {prefix}: ftc hub list-tokens shows their IDs")
        if not mark_revoked(conn, schema.tokens, prefix, now):
            raise Conflict(f"the token {prefix} of {token.kind} {token.owner} was revoked before")
    return replace(token, revoked_at=now)


def add_token(
    engine: sa.Engine,
    owner: str,
    *,
    kind: str = "user",
    description: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Another token for a `user` or a `lab`; gives its secret. Raises HubError."""
    now = utc_now()
    if expires_at is not None and expires_at <= now:
        raise Refused(f"{expires_at.isoformat()} is over: the token would never be good")
    with engine.begin() as conn:
        return their_tokens.more_token(conn, kind, owner, description=description, expires_at=expires_at, now=now)
