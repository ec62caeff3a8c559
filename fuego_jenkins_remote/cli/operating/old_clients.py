"""The options of `ftc hub serve` for clients of old Fuego servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fuego_jenkins_remote.cli.options import FILE

if TYPE_CHECKING:
    from fuego_jenkins_remote.hub.fserver.settings import Fserver

_F = TypeVar("_F", bound=Callable[..., Any])


def options(command: _F) -> _F:
    """--fserver, --fserver-team, --fserver-vision, --fserver-vision-token-file."""
    for option in reversed(
        (
            click.option(
                "--fserver",
                type=click.Choice(["off", "held", "open"]),
                default="off",
                show_default=True,
                help="Clients of old Fuego servers, which send no token: held: people approve what they put; open: "
                "they do all that their team may do.",
            ),
            click.option("--fserver-team", metavar="TEAM", default="", help="The team that they act for."),
            click.option("--fserver-vision", metavar="URL", default="", help="The vision that gets their runs."),
            click.option(
                "--fserver-vision-token-file", type=FILE, metavar="FILE", help="A token that brings runs of any lab."
            ),
        )
    ):
        command = option(command)
    return command


def taken_from(options: dict[str, Any], ca_file: Callable[[], Path | None]) -> Fserver | None:
    """Take them out of all options; None: old clients are not let in. Raises UsageError.

    `ca_file` is asked where there is a vision to speak to, and only there: a hub needs no fuego.conf.
    """
    mode, team, vision = (options.pop(name) for name in ("fserver", "fserver_team", "fserver_vision"))
    token_file = options.pop("fserver_vision_token_file")
    if mode == "off":
        if team or vision or token_file:
            raise click.UsageError("old clients are not let in: --fserver held or open")
        return None
    if not team:
        raise click.UsageError("whom do old clients act for? Name the team: --fserver-team TEAM")
    if vision and mode == "held":
        raise click.UsageError("with --fserver held no runs are taken from old clients: leave --fserver-vision out")
    from fuego_jenkins_remote.hub.fserver.settings import Fserver, Mode

    return Fserver(
        mode=Mode(mode), team=team, vision=vision, vision_token_file=token_file, ca_file=ca_file() if vision else None
    )
