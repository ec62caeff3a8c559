"""`ftc hub doctor`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.session import Session


@click.command(name="doctor")
@service.data
@click.option(
    "--base-url", metavar="URL", callback=service.is_address, help="Where people reach it: asked, with its certificate."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, metavar="N", help="As ftc hub serve has it.")
@click.option("--mail", metavar="URL", help="The mail setting: connect, greet, sign in; nothing is sent.")
@common
@pass_session
def doctor(session: Session, /, *, data_dir: Path, base_url: str | None, workers: int, mail: str | None) -> int:
    """Look at everything that a hub needs, and say what to do where something is missing.

    BAD keeps the hub from its work and makes the exit status 1; warn is dangerous, or soon in the way. The mail server
    is asked only with --mail ("" takes FUEGO_HUB_MAIL). The hub may run meanwhile; nothing is changed.

    \b
    Examples: ftc hub doctor --data /var/lib/fuego-hub
              ftc hub doctor --data /var/lib/fuego-hub --base-url https://hub.example.org --mail ""
    """
    from fuego_jenkins_remote.cli.errors import Failed
    from fuego_jenkins_remote.cli.findings import show
    from fuego_jenkins_remote.cli.operating.doctor.examining import Patient, examine

    if mail == "":
        mail = os.environ.get("FUEGO_HUB_MAIL", "")
    ca_file = session.settings.ca_file if base_url else None
    patient = Patient(data_dir=data_dir, base_url=base_url or "", workers=workers, mail=mail, ca_file=ca_file)
    if not show(session, examine(session, patient)):
        raise Failed("the hub is not well; see above")
    return 0
