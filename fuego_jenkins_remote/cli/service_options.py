"""What `ftc hub`, `ftc vision` and `ftc lab jenkins` share: where to listen, and where a new token goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FILE, FOLDER, MOMENT
from fuego_jenkins_remote.cli.output import Output

_F = TypeVar("_F", bound=Callable[..., Any])

data = click.option("--data", "data_dir", type=FOLDER, required=True, metavar="DIR", help="The service's data folder.")
token_file = click.option(
    "--token-file", type=FILE, metavar="FILE", help="Write the token there (mode 600) instead of printing it."
)
description = click.option("--description", default="", metavar="TEXT", help="What the token is for.")
expires = click.option("--expires", type=MOMENT, metavar="TIME", help="When it stops being good: 90d, or a time.")


def listening(port: int) -> Callable[[_F], _F]:
    """--host and --port, with the service's usual port."""

    def add(command: _F) -> _F:
        port_option = click.option(
            "--port", type=click.IntRange(0, 65535), default=port, show_default=True, help="0 picks a free one."
        )
        host_option = click.option(
            "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on."
        )
        return host_option(port_option(command))

    return add


def tls(command: _F) -> _F:
    """--tls-cert and --tls-key."""
    certificate = click.option("--tls-cert", type=FILE, metavar="FILE", help="The certificate, with its chain (PEM).")
    return certificate(click.option("--tls-key", type=FILE, metavar="FILE", help="Its key (PEM).")(command))


def _first_line(_context: click.Context, _option: click.Parameter, file: Path | None) -> str | None:
    if file is None:
        return None
    token = file.read_text(encoding="utf-8").strip()
    if not 16 <= len(token) <= 200 or not token.isascii() or not token.isprintable() or " " in token:
        raise click.UsageError(f"{file}: a token of 16 to 200 plain characters is wanted (openssl rand -hex 32)")
    return token


def is_address(_context: click.Context, option: click.Parameter, url: str | None) -> str | None:
    """A callback for an option that is an address of a service: without a slash at its end."""
    if url is None:
        return None
    from fuego_jenkins_remote.client.errors import ClientError
    from fuego_jenkins_remote.client.transport import check_address

    try:
        return check_address(url, option.opts[0], carries_token=False)
    except ClientError as error:
        raise click.UsageError(str(error)) from error


def serving(command: _F) -> _F:
    """--tls-cert, --tls-key, --behind-proxy, --base-url, --metrics-token-file, --public."""
    for option in reversed(
        (
            tls,
            click.option("--behind-proxy", is_flag=True, help="A proxy in front of it speaks TLS."),
            click.option(
                "--base-url",
                metavar="URL",
                callback=is_address,
                help="Where people reach it, if that is not where it listens.",
            ),
            click.option(
                "--metrics-token-file",
                "metrics_token",
                type=FILE,
                callback=_first_line,
                metavar="FILE",
                help="Who sends the token in it may read /metrics; without it, only this machine.",
            ),
            click.option("--public", is_flag=True, help="Anybody may read; changing still needs a token."),
        )
    ):
        command = option(command)
    return command


@contextmanager
def token_goes_to(file: Path | None) -> Iterator[Callable[[str], None]]:
    """Give what takes the token, into a new file for its owner only; raises Failed if the file is there already.

    The file is made first, so that no token is made that could then not be written. None: the token is printed.
    """
    if file is None:
        yield lambda token: Output().line(token)
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Failed(f"{file}: is there already; nothing was changed") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            yield lambda token: print(token, file=opened, flush=True)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def token_is(file: Path | None) -> str:
    """Where the token is that was just made, for the person who made it."""
    return "the token is not shown again" if file is None else f"the token is in {file}"


def as_utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC."""
    return None if moment is None else moment.astimezone(UTC)
