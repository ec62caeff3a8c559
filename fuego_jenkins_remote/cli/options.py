"""The options that verbs share, as Fuego's ftc has them: -b, -t, -s, -q, -v, -h, --debug, and our --json."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from fuego_jenkins_remote.cli.session import Session

_F = TypeVar("_F", bound=Callable[..., Any])

pass_session = click.make_pass_decorator(Session, ensure=True)

FILE = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)


def common(command: _F) -> _F:
    """Add -q, -v, --json and --debug, which may stand before the verb as well as behind it."""
    for names, attribute, text in reversed(_COMMON):
        command = click.option(*names, is_flag=True, expose_value=False, callback=_keep_flag(attribute), help=text)(
            command
        )
    return command


_COMMON = (
    (("-q", "--quiet"), "quiet", "Bare values only, one a line, for scripts."),
    (("-v", "--verbose"), "verbose", "Say more."),
    (("--json",), "as_json", "Print JSON."),
    (("--debug",), "debug", "Show where in the program an error came from."),
)


def _keep_flag(attribute: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def keep(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
        if value:
            setattr(context.ensure_object(Session), attribute, True)

    return keep


def setting(key: str, text: str) -> Callable[[_F], _F]:
    """An option `--KEY` that wins over the setting of this name."""

    def keep(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value:
            context.ensure_object(Session).options[key] = value

    name = f"--{key.replace('_', '-')}"
    return click.option(name, expose_value=False, callback=keep, metavar=_METAVARS.get(key, "URL"), help=text)


_METAVARS = {"lab_dir": "DIR", "state_dir": "DIR", "host_name": "HOST", "jenkins_user": "NAME", "ca_file": "FILE"}

hub_url = setting("hub_url", "The hub, instead of the one in fuego.conf.")
vision_url = setting("vision_url", "The results service, instead of the one in fuego.conf.")
jenkins_url = setting("jenkins_url", "The lab's Jenkins, instead of the one in fuego.conf.")
host_name = setting("host_name", "This lab's name, instead of the one in fuego.conf.")
lab_dir = setting("lab_dir", "The folder shared with the jobs, instead of the one in fuego.conf.")
ca_file = setting("ca_file", "Certificates to trust besides the system's.")
state_dir = setting("state_dir", "The bridge's own folder, instead of the one in fuego.conf.")


def of_a_bridge(command: _F) -> _F:
    """Give a verb the settings that the bridge needs, by whichever verb its work is done."""
    for option in (state_dir, lab_dir, host_name, vision_url, hub_url, jenkins_url):
        command = option(command)
    return command


remote = click.option("-r", "--remote", is_flag=True, help="Of the network, not of this machine.")


class Duration(click.ParamType[int]):
    """A time span as Fuego writes it: 30m, 2h; gives seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        from fuego_jenkins_remote.fuego.errors import BadName
        from fuego_jenkins_remote.fuego.names import parse_timeout

        try:
            return value if isinstance(value, int) else parse_timeout(value)
        except BadName as error:
            self.fail(error.what, param, ctx)


class Moment(click.ParamType[datetime]):
    """A time with its offset (2026-11-23T10:00:00+01:00), or a span from now (2h), ahead or back."""

    name = "time"

    def __init__(self, *, back: bool = False) -> None:
        """`back`: a span is one that is over."""
        self._sign = -1 if back else 1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        from fuego_jenkins_remote.fuego.errors import BadName
        from fuego_jenkins_remote.fuego.names import parse_span

        try:
            return datetime.now(UTC) + self._sign * timedelta(seconds=parse_span(value))
        except BadName:
            pass
        except OverflowError:
            self.fail(f"{value!r} is beyond all calendars", param, ctx)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is neither a span (2h) nor a time with offset (2026-11-23T10:00:00Z)", param, ctx)
        return moment


class Name(click.ParamType[str]):
    """A name as the network has it, checked before anything is sent; nothing given stays nothing."""

    def __init__(self, kind: str) -> None:
        """`kind`: team, user or host."""
        self.name = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check it."""
        from fuego_jenkins_remote.fuego import names
        from fuego_jenkins_remote.fuego.errors import BadName

        checks = {"team": names.check_team_name, "user": names.check_user_name, "host": names.check_host_name}
        try:
            return checks[self.name](value) if value else ""
        except BadName as error:
            self.fail(str(error), param, ctx)


TEAM, USER, HOST = Name("team"), Name("user"), Name("host")
DURATION = Duration()
MOMENT = Moment()
AGO = Moment(back=True)
