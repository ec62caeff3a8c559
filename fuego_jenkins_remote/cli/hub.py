"""`ftc hub init|serve|add-user|add-lab|add-token|list-tokens|revoke-token`: what the hub's operator does."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.verb_group import VerbGroup

if TYPE_CHECKING:
    from fuego_jenkins_remote.service.tokens import TokenRow

MAIL = "FUEGO_HUB_MAIL"
"""The environment variable for --mail: with a password in it, it belongs there."""

DATABASE = "FUEGO_HUB_DATABASE"
"""The environment variable for --database: with a password in it, it belongs there."""


@click.group(cls=VerbGroup)
def hub() -> None:
    """The hub: set it up, run it, let users and labs in."""


@hub.command
@service.data
@click.option(
    "--database",
    metavar="URL",
    help=f"A PostgreSQL database, postgresql://USER@HOST/NAME, in place of SQLite; or {DATABASE}.",
)
@common
@pass_session
def init(session: Session, data_dir: Path, database: str | None) -> None:
    """Set the data folder up, or bring an older one up to date; what is in it stays.

    The folder remembers its database. A password is never given here: libpq finds it (~/.pgpass, a service file), or
    the address with it is in the environment.

    \b
    Examples: ftc hub init --data /var/lib/fuego-hub
              ftc hub init --data /var/lib/fuego-hub --database postgresql:///fuego?host=/run/postgresql
    """
    from fuego_jenkins_remote.hub.admin import init_data
    from fuego_jenkins_remote.service.postgresql import has_password

    if database is not None and has_password(database):
        raise click.UsageError(f"an address with a password is seen by others here: set {DATABASE} to it")
    init_data(data_dir, database or os.environ.get(DATABASE) or None)
    session.out.result(f"ready for ftc hub serve: {data_dir}", bare=str(data_dir), data={"data": str(data_dir)})


@hub.command
@service.data
@service.listening(8700)
@service.serving
@click.option("--mail", metavar="URL", help=f"How mail is sent: smtp://HOST:PORT?from=ADDRESS, smtps://..., or {MAIL}.")
@common
@pass_session
def serve(session: Session, /, data_dir: Path, mail: str | None, host: str, port: int, **options: Any) -> None:
    """Run the hub until TERM. The first line on stdout says where it answers.

    \b
    Examples: ftc hub serve --data /var/lib/fuego-hub
              ftc hub serve --data /var/lib/fuego-hub --host 0.0.0.0 --tls-cert hub.pem --tls-key hub.key
    """
    from fuego_jenkins_remote.hub.serve import serve

    mail = mail or os.environ.get(MAIL)
    serve(data_dir, host, port, mail=mail, json_ready=session.as_json, **options)


notify = click.option(
    "--notify",
    multiple=True,
    metavar="ADDRESS",
    help="Where notices go: a mail address or an apprise URL; again for more.",
)


@hub.command(name="add-user")
@click.argument("name")
@service.data
@click.option(
    "--team", "teams", multiple=True, metavar="TEAM[:admin]", help="A team, and the level in it; again for more."
)
@click.option("--email", default="", metavar="ADDRESS", help="Where the user is written to.")
@notify
@service.token_file
@common
@pass_session
def add_user(
    session: Session,
    /,
    *,
    name: str,
    data_dir: Path,
    teams: tuple[str, ...],
    email: str,
    notify: tuple[str, ...],
    token_file: Path | None,
) -> None:
    """Let a user in, and print the token, which is shown this once.

    The admins of a team called as a lab answer for that lab.

    \b
    Example: ftc hub add-user tim --data /var/lib/fuego-hub --team timslab:admin --email tim@example.org
    """
    from fuego_jenkins_remote.hub.admin import add_user, open_data

    with service.token_goes_to(token_file) as take:
        take(add_user(open_data(data_dir), name, teams=teams, email=email, notify=notify))
    session.out.note(f"user {name} is known now; {service.token_is(token_file)}")


@hub.command(name="add-lab")
@click.argument("host", metavar="HOST")
@service.data
@notify
@service.token_file
@common
@pass_session
def add_lab(session: Session, host: str, data_dir: Path, notify: tuple[str, ...], token_file: Path | None) -> None:
    """Let a lab in, with a team of its name, and print its token, which is shown this once.

    \b
    Example: ftc hub add-lab timslab --data /var/lib/fuego-hub --notify labs@example.org
    """
    from fuego_jenkins_remote.hub.admin import add_lab, open_data

    with service.token_goes_to(token_file) as take:
        take(add_lab(open_data(data_dir), host, notify=notify))
    session.out.note(f"lab {host} is known now; {service.token_is(token_file)}")


@hub.command(name="add-token")
@click.argument("owner")
@service.data
@click.option("--kind", type=click.Choice(["user", "lab"]), default="user", show_default=True, help="Whose it is.")
@service.description
@service.expires
@service.token_file
@common
@pass_session
def add_token(
    session: Session,
    /,
    *,
    owner: str,
    data_dir: Path,
    kind: str,
    description: str,
    expires: datetime | None,
    token_file: Path | None,
) -> None:
    """Make another token for a user or a lab, and print it this once.

    \b
    Example: ftc hub add-token timslab --kind lab --data /var/lib/fuego-hub --expires 365d
    """
    from fuego_jenkins_remote.hub.admin import add_token, open_data

    with service.token_goes_to(token_file) as take:
        expires_at = service.as_utc(expires)
        take(add_token(open_data(data_dir), owner, kind=kind, description=description, expires_at=expires_at))
    session.out.note(f"another token for {kind} {owner}; {service.token_is(token_file)}")


@hub.command(name="list-tokens")
@click.argument("owner", default="", metavar="[OWNER]")
@service.data
@common
@pass_session
def list_tokens(session: Session, owner: str, data_dir: Path) -> None:
    """List the tokens, all or those of a user or lab. The ID is the part between the underscores of a token.

    \b
    Example: ftc hub list-tokens tim --data /var/lib/fuego-hub
    """
    from fuego_jenkins_remote.hub.admin import open_data, tokens

    found = tokens(open_data(data_dir), owner)
    session.out.table(
        ("id", "kind", "owner", "description", "made", "expires", "revoked"),
        [
            (
                one.prefix,
                one.kind,
                one.owner,
                one.description,
                *(local_time(moment) for moment in (one.created_at, one.expires_at, one.revoked_at)),
            )
            for one in found
        ],
        bare=[one.prefix for one in found],
        data=[_as_json(one) for one in found],
        empty=f"there is no token of {owner}" if owner else "there is no token yet",
    )


@hub.command(name="revoke-token")
@click.argument("token_id", metavar="ID")
@service.data
@common
@pass_session
def revoke_token(session: Session, token_id: str, data_dir: Path) -> None:
    """Take a token out of use, at once and for good. Who has another one goes on.

    \b
    Example: ftc hub revoke-token uk3j7x2m --data /var/lib/fuego-hub
    """
    from fuego_jenkins_remote.hub.admin import open_data, revoke_token

    revoked = revoke_token(open_data(data_dir), _token_id(token_id))
    said = f"the token {revoked.prefix} of {revoked.kind} {revoked.owner} is good no more"
    session.out.result(said, bare=revoked.prefix, data=_as_json(revoked))


def _token_id(text: str) -> str:
    """An ID, also of somebody who gives the whole token."""
    from fuego_jenkins_remote.service.tokens import split_prefix

    return split_prefix(text) or text


def _as_json(token: TokenRow) -> dict[str, object]:
    values = asdict(token)
    values["id"] = values.pop("prefix")
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
