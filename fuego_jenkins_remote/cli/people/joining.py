"""Turning an invitation into a token: its file, the call, and fuego.conf, in an order that may break off anywhere.

The token is made here and lies in its file before the hub hears of it. Whatever breaks off, the same call again finds
the file, sends the same token, and goes on.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.people.shown import text
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.settings import ENVIRONMENT, Settings, find_conf, load_settings, read_token, users_conf
from fuego_jenkins_remote.client import people
from fuego_jenkins_remote.client.api import Api
from fuego_jenkins_remote.client.errors import Answered, Conflict, NotAllowed, Unreachable
from fuego_jenkins_remote.fuego.conf import read_conf
from fuego_jenkins_remote.fuego.conf_edit import change_conf
from fuego_jenkins_remote.fuego.errors import BadConf
from fuego_jenkins_remote.network.tokens import check_code, kind_of, new_secret, split_prefix

_PATH = "/join"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What came of it; `to_do` says what is left for the person, `conf_file` and `token_file` where it stands."""

    kind: str
    name: str
    team: str
    level: str
    token_file: str
    conf_file: str
    to_do: str

    def words(self) -> str:
        """For the person."""
        who = f"this is the lab {self.name} now" if self.kind == "lab" else f"you are {self.name}"
        place = f", of the team {self.team}" if self.kind == "lab" else f", {self.level} of {self.team}"
        where = f"; the token is in {self.token_file}" if self.token_file else "; the token is the one you have"
        conf = f", and {self.conf_file} says so" if self.conf_file and self.token_file else ""
        return f"{who}{place}{where}{conf}"

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return dict(asdict(self))


def link(hub_url: str, code: str) -> str:
    """The link of an invitation. The code stands behind the #, which browsers and proxies keep to themselves."""
    return f"{hub_url}{_PATH}#{code}"


def parse_link(url: str, code: str) -> tuple[str, str]:
    """The hub's address and the code, from a link or from both; raises UsageError, BadSecret."""
    address, _, behind = url.partition("#")
    code = (code or behind).strip()
    if not urlsplit(address).scheme:
        raise click.UsageError(f"{url!r} is no address of a hub: https://...")
    if not code:
        raise click.UsageError("there is no code: give the whole link, or the hub's address and the code")
    return address.rstrip("/").removesuffix(_PATH), check_code(code)


def join_with(session: Session, address: str, code: str, *, user: str, email: str, token_file: Path | None) -> Joined:
    """Use the invitation; raises Failed, ClientError."""
    conf = find_conf(os.environ) or users_conf(os.environ)
    # One that FUEGO_CONF names and that is not there is made, with what there is to say in it.
    new_conf = bool(os.environ.get("FUEGO_CONF")) and conf is not None and not conf.exists()
    settings = load_settings({**os.environ, "FUEGO_CONF": ""}, session.options) if new_conf else session.settings
    if kind_of(code) == "user" and not new_conf and _is_known(session, address, user):
        joined = people.join(session.hub.api, code)
        return _joined(joined, token_file="", conf_file="", to_do="")
    file = (token_file or _usual_file(conf)).absolute()
    _keep_from_others(settings, file, address)
    secret, new = _secret_in(file, kind_of(code))
    api = Api(address, "", service="hub", ca_file=settings.ca_file)
    try:
        joined = people.join(api, code, token=secret, name=user, email=email)
    except Unreachable as error:
        more = f"make the same call again, which does no harm if the hub got this one; the token waits in {file}"
        raise Failed(f"{error}\n{more}") from error
    except Answered as error:
        if new:
            file.unlink(missing_ok=True)
        raise _in_words(error, file, new=new) from error
    set_in, to_do = _say(settings, conf, address, file)
    return _joined(joined, token_file=str(file), conf_file=set_in, to_do=to_do)


def _is_known(session: Session, address: str, user: str) -> bool:
    """Whether we have a good token of a user at this hub, and want to stay that user."""
    settings = session.settings
    if settings.get("hub_url").rstrip("/") != address or not settings.token("hub"):
        return False
    try:
        me = people.whoami(session.hub.api)
    except NotAllowed:
        return False
    return text(me, "kind") == "user" and user in ("", text(me, "name"))


def _keep_from_others(settings: Settings, file: Path, address: str) -> None:
    """Raise Failed if the file has the token of another hub: a link may be anybody's, and the token is sent there."""
    ours, known = settings.get("hub_token_file"), settings.get("hub_url").rstrip("/")
    if known and known != address and ours and Path(ours).absolute() == file and file.exists():
        raise Failed(f"{file} has the token for {known}, which is not sent to {address}: give another --token-file")


def _usual_file(conf: Path | None) -> Path:
    if conf is not None and (os.access(conf.parent, os.W_OK) or not conf.parent.exists()):
        return conf.parent / "hub.token"
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "fuego" / "hub.token"


def _secret_in(file: Path, kind: str) -> tuple[str, bool]:
    """The token in the file, which is made if it is not there, for its owner alone; and whether it was made."""
    if file.exists():
        found = read_token(file, "--token-file")
        if (split_prefix(found) or "")[:1] != kind[0]:
            raise Failed(f"{file}: holds something else than a token of a {kind}: give another --token-file")
        return found, False
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = new_secret(kind)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        print(secret, file=opened, flush=True)
        os.fsync(opened.fileno())
    return secret, True


def _in_words(error: Answered, file: Path, *, new: bool) -> Exception:
    if error.code == "name-needed":
        return Failed("the invitation does not say how you are to be called: say it with --user NAME")
    if isinstance(error, Conflict) and error.code in {"used", "token-taken"} and not new:
        return Failed(
            f"{error}\n{file} holds the token that was sent: if it is an older one, give another --token-file"
        )
    return error


def _say(settings: Settings, conf: Path | None, address: str, file: Path) -> tuple[str, str]:
    """Say it in fuego.conf; gives the file that says it, and else what the person is to do."""
    values = {"hub_url": address, "hub_token_file": str(file), **_ca_to_say(settings, conf)}
    by_hand = "set " + " and ".join(f"{key}={value}" for key, value in values.items())
    unset = "unset FUEGO_HUB_TOKEN; " if settings.environ.get("FUEGO_HUB_TOKEN") else ""
    in_environment = f"{unset}export " + " ".join(f"{ENVIRONMENT[key]}={value}" for key, value in values.items())
    if conf is None:
        return "", f"there is no fuego.conf, and no home to make one in: before calling ftc\n    {in_environment}"
    before = settings.get("hub_token_file")
    if conf.exists() and before and Path(before).absolute() != file and Path(before).exists():
        return "", f"{conf} names another token, which stays: to use the new one, {by_hand} there"
    try:
        conf.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        change_conf(conf, values, now=datetime.now(UTC))
    except (OSError, BadConf) as error:
        return "", f"{conf} could not be changed ({error}): {by_hand} there, or call\n    {in_environment}"
    set_there = {"FUEGO_HUB_URL": address, "FUEGO_HUB_TOKEN_FILE": str(file), "FUEGO_HUB_TOKEN": ""}
    if any(settings.environ.get(name, "") not in ("", value) for name, value in set_there.items()):
        return str(
            conf
        ), f"the environment says otherwise, and comes first: to be who you are now\n    {in_environment}"
    return str(conf), ""


def _ca_to_say(settings: Settings, conf: Path | None) -> dict[str, str]:
    """What fuego.conf is to say of the CA that this call trusted: another shell may not have it in its environment."""
    said_there = conf is not None and settings.conf_file == conf and "ca_file" in read_conf(conf)
    if settings.ca_file is None or (said_there and settings.sources["ca_file"] != "--ca-file"):
        return {}
    return {"ca_file": str(settings.ca_file.absolute())}


def _joined(answer: dict[str, object], **more: str) -> Joined:
    return Joined(**{key: text(answer, key) for key in ("kind", "name", "team", "level")}, **more)
