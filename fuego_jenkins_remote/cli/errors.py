"""What a command ends with when something is wrong: one line for a person, and an exit status.

    Failed      it could not be done (1)
    click.UsageError   it was asked for wrongly (2)

Everything else that is expected comes from the parts that a command calls. STATUS is the one table that says what each
of them is to a shell; classes stand in it by their names, so that looking at it imports nothing.
"""

from __future__ import annotations

_OURS = "fuego_jenkins_remote"

STATUS: dict[str, int] = {
    f"{_OURS}.cli.errors.Failed": 1,
    f"{_OURS}.client.errors.ClientError": 1,
    f"{_OURS}.fuego.errors.BadName": 2,
    f"{_OURS}.fuego.errors.FormatError": 1,
    f"{_OURS}.hub.errors.HubError": 1,
    f"{_OURS}.hub.fserver.vision.BadVision": 2,
    f"{_OURS}.hub.notices.addresses.BadAddress": 2,
    f"{_OURS}.lab.errors.LabError": 1,
    f"{_OURS}.minijenkins.errors.ControllerError": 1,
    f"{_OURS}.network.identities.BadIdentity": 2,
    f"{_OURS}.network.selectors.SelectorError": 2,
    f"{_OURS}.publish.making.BadTarget": 1,
    f"{_OURS}.publish.making.UnknownTarget": 2,
    f"{_OURS}.network.tokens.BadSecret": 2,
    f"{_OURS}.publish.targets.NeverDelivered": 1,
    f"{_OURS}.publish.targets.NotDelivered": 1,
    f"{_OURS}.service.backup.BackupError": 1,
    f"{_OURS}.service.engine.NotMigrated": 1,
    f"{_OURS}.service.postgresql.BadDatabase": 2,
    f"{_OURS}.service.postgresql.NoDatabase": 1,
    f"{_OURS}.service.ready.CannotServe": 1,
    f"{_OURS}.standin.errors.StandinError": 2,
    "click.exceptions.UsageError": 2,
    "click.exceptions.ClickException": 1,
    "sqlite3.Error": 1,
    "builtins.OSError": 1,
}
"""Exit statuses by class; the nearest class of an exception's own line of ancestors counts."""

EXTRAS: dict[str, str] = {
    "alembic": "all",
    "apprise": "hub",
    "fastapi": "all",
    "jinja2": "all",
    "psycopg": "postgresql",
    "prometheus_client": "all",
    "pydantic": "all",
    "python_multipart": "hub",
    "sqlalchemy": "all",
    "sse_starlette": "hub",
    "standardwebhooks": "hub",
    "structlog": "all",
    "starlette": "controller",
    "uvicorn": "controller",
    "jenkins": "lab",
    "jenkins_jobs": "lab",
    "pkg_resources": "lab",
}
"""Which extra of the package brings a module that may be missing."""


class Failed(Exception):
    """It could not be done; the message is for the person who called."""


def status_of(error: BaseException) -> int | None:
    """The exit status for what was raised; None for what nobody expected."""
    for kind in type(error).__mro__:
        status = STATUS.get(f"{kind.__module__}.{kind.__qualname__}")
        if status is not None:
            return status
    return None


def message_of(error: BaseException) -> str:
    """What a person reads, without `ftc: ` before it."""
    import click

    if isinstance(error, click.UsageError) and error.ctx is not None:
        verb = error.ctx.command_path.partition(" ")[2]
        text = error.format_message().rstrip(".")
        return f"{verb}: {text} (see: ftc help {verb})" if verb else f"{text} (see: ftc help)"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def missing_extra(error: ImportError) -> str | None:
    """What to install when a part of us was not; None for any other failed import."""
    extra = EXTRAS.get((error.name or "").partition(".")[0])
    if extra is None:
        return None
    return f"this part is not installed ({error.name} is missing): pip install 'fuego-jenkins-remote[{extra}]'"
