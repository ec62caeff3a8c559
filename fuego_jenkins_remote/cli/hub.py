"""`ftc hub`: what the hub's operator does. The verbs on people are in people/operator.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.operating import old_clients
from fuego_jenkins_remote.cli.operating.backups import add_backups
from fuego_jenkins_remote.cli.operating.doctor.verb import doctor
from fuego_jenkins_remote.cli.operating.importing import import_objects
from fuego_jenkins_remote.cli.operating.pruning import prune
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.people import operator
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.verb_group import VerbGroup

if TYPE_CHECKING:
    pass

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
@click.option(
    "--mail",
    metavar="URL",
    help=f"How mail is sent: smtp://HOST:PORT?from=ADDRESS, smtps://, smtp+starttls://, or {MAIL}.",
)
@click.option(
    "--workers", type=click.IntRange(1, 32), default=1, show_default=True, help="Processes; more need PostgreSQL."
)
@click.option(
    "--calls",
    type=click.FloatRange(0, 1e6),
    default=50,
    show_default=True,
    metavar="N",
    help="Calls a second of one lab in the long run, twice as many of one user; 0: any number.",
)
@old_clients.options
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
    options["old_clients"] = old_clients.taken_from(options, lambda: session.settings.ca_file)
    serve(data_dir, host, port, mail=mail, json_ready=session.as_json, **options)


for verb in operator.VERBS:
    hub.add_command(verb)
add_backups(hub, "hub")
hub.add_command(prune)
hub.add_command(doctor)
hub.add_command(import_objects)
