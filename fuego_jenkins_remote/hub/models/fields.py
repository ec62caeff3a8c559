"""The fields of what goes over the wire: each bounded and checked here, and the base of all messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)

from fuego_jenkins_remote.fuego import names
from fuego_jenkins_remote.network import identities, selectors
from fuego_jenkins_remote.network.matching import EVERYBODY, USER
from fuego_jenkins_remote.network.versions import check_version

MAX_TIMEOUT = 7 * 24 * 3600
TAIL_BYTES = 16 * 1024
MAX_BOARDS = 200

FACT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,120}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_GIT_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:]+\]")
_GIT_PATH = re.compile(r"/[A-Za-z0-9_.~/+%-]+")
_GIT_SCHEMES = ("https", "git", "ssh")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has characters that cannot be printed")
    return text


def _text(text: str) -> str:
    if not all(sign.isprintable() or sign in "\n\t" for sign in text):
        raise ValueError("it has characters that cannot be printed")
    return text


def _tail(text: Any) -> Any:
    """The end of a log, as it may be kept; what a terminal would act upon is replaced."""
    if not isinstance(text, str):
        return text
    lines = text[-TAIL_BYTES:].replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in lines)
    return plain.encode()[-TAIL_BYTES:].decode("utf-8", "ignore")


def _web(url: str) -> str:
    if url and not (url.startswith(("http://", "https://")) and url.isprintable() and " " not in url):
        raise ValueError("an address starts with https:// or http://")
    return url


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that there is not in UTC") from None


def _selector(text: str) -> str:
    selectors.parse(text)
    return text


def _git_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"no git address: {error}") from None
    if parts.scheme not in _GIT_SCHEMES:
        raise ValueError(f"a git address starts with {', '.join(f'{scheme}://' for scheme in _GIT_SCHEMES)}")
    if parts.password is not None or (
        parts.username is not None and (parts.scheme != "ssh" or not parts.username.isalnum())
    ):
        raise ValueError("a git address holds no user and no password (ssh: a plain user name)")
    host = parts.netloc.rpartition("@")[2]
    host = host.rpartition(":")[0] if parts.port is not None else host
    if not _GIT_HOST.fullmatch(host) or not _GIT_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
        raise ValueError("a git address is SCHEME://HOST[:PORT]/PATH, with plain letters only")
    return url


def _ref(ref: str) -> str:
    if not _REF.fullmatch(ref) or ".." in ref or ref.endswith((".lock", "/", ".")) or "//" in ref:
        raise ValueError("no branch, tag or commit: letters, digits and _ . / + - are, no '-' or '.' first")
    return ref


def _path(path: str) -> str:
    if path and (not _PATH.fullmatch(path) or len(path) > 500):
        raise ValueError("no path inside a repository: plain names joined by '/', no '.' or '-' first")
    return path


def _open_to(who: str) -> str:
    if who == EVERYBODY:
        return who
    if who.startswith(USER):
        return USER + names.check_user_name(who.removeprefix(USER))
    return names.check_host_name(who)


CallId = Annotated[str, AfterValidator(identities.check_call_id)]
Sha256 = Annotated[str, AfterValidator(identities.check_sha256)]
Line = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_printable)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_text)]
Tail = Annotated[str, BeforeValidator(_tail)]
Web = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_web)]
Host = Annotated[str, AfterValidator(names.check_host_name)]
BoardName = Annotated[str, AfterValidator(names.check_board_name)]
TestPattern = Annotated[str, AfterValidator(names.check_test_pattern)]
OpenTo = Annotated[str, AfterValidator(_open_to)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_printable)]
Short = Annotated[str, StringConstraints(max_length=256), AfterValidator(_printable)]
# The length is there for what comes with it: pydantic refuses what is no UTF-8, which our message could not quote.
Selector = Annotated[str, StringConstraints(max_length=selectors.MAX_LENGTH), AfterValidator(_selector)]
GitUrl = Annotated[str, StringConstraints(max_length=500), AfterValidator(_git_url)]
GitRef = Annotated[str, AfterValidator(_ref)]
GitPath = Annotated[str, AfterValidator(_path)]
GitCommit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?$")]
Version = Annotated[str, AfterValidator(lambda text: check_version(text) if text else text)]
User = Annotated[str, AfterValidator(names.check_user_name)]
Utc = Annotated[AwareDatetime, AfterValidator(_utc)]


class Wire(BaseModel):
    """The base: values are read from the domain's own; a field nobody knows is a mistake worth telling."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class Service(Wire):
    """Which service answers here."""

    service: Literal["hub"] = "hub"
    version: str
    api: Literal[1] = 1
