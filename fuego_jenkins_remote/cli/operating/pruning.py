"""`ftc hub prune`: removes what is older than its operator wants to keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.session import Session

_F = TypeVar("_F", bound=Callable[..., Any])


class Span(click.ParamType[timedelta]):
    """A span of time, at least an hour: 365d, 12h."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it."""
        from fuego_jenkins_remote.fuego.errors import BadName
        from fuego_jenkins_remote.fuego.names import parse_span

        if isinstance(value, timedelta):
            return value
        try:
            seconds = parse_span(value)
        except BadName:
            self.fail(f"{value!r} is no span of time: a number and s, m, h or d, as in 365d", param, ctx)
        if not 3600 <= seconds <= 36500 * 86400:
            self.fail(f"{value}: at least 1h, and at most 36500d", param, ctx)
        return timedelta(seconds=seconds)


def _keep(name: str, said: str) -> Callable[[_F], _F]:
    return click.option(f"--keep-{name}", name, type=Span(), metavar="SPAN", help=said)


@click.command(name="prune")
@service.data
@_keep("requests", "Requests that ended longer ago go, with attempts, history, notices and their audit entries.")
@_keep("packages", "Packages brought longer ago go, if no request and no test in the store names them.")
@_keep("audit", "Entries of the audit log from before go.")
@_keep("tokens", "Tokens that expired or were revoked longer ago go.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@common
@pass_session
def prune(session: Session, /, data_dir: Path, dry_run: bool, **keep: timedelta | None) -> None:
    """Remove what is older than it is to be kept; what is not named is kept for ever.

    The hub may run meanwhile: it goes in small steps, and can be stopped and called again at any time.

    \b
    Examples: ftc hub prune --data /var/lib/fuego-hub --keep-requests 365d --keep-packages 90d --dry-run
              ftc hub prune --data /var/lib/fuego-hub --keep-audit 730d --keep-tokens 90d
    """
    from fuego_jenkins_remote.hub.admin import open_data, operators_address
    from fuego_jenkins_remote.hub.retention import Keep, prune
    from fuego_jenkins_remote.service.clock import utc_now

    if not any(keep.values()):
        raise click.UsageError("say what is to be kept for how long: --keep-requests 365d (all: ftc help hub prune)")
    engine = open_data(data_dir)
    try:
        removed = prune(engine, data_dir, Keep(**keep), now=utc_now(), dry_run=dry_run, address=operators_address())
    finally:
        engine.dispose()
    session.out.result(
        f"{'would go' if dry_run else 'removed'}: {removed}",
        bare=str(removed),
        data={**removed.counts(), "dry_run": dry_run},
    )
