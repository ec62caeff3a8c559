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
    Field,
    StringConstraints,
    WithJsonSchema,
)

from fuego_jenkins_remote.fuego import names
from fuego_jenkins_remote.network import identities, selectors
from fuego_jenkins_remote.network.matching import EVERYBODY, USER
from fuego_jenkins_remote.network.versions import check_version

MAX_TIMEOUT = 7 * 24 * 3600
TAIL_BYTES = 16 * 1024
MAX_BOARDS = 200
MAX_VERSION = 2**31 - 1

FACT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,120}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_GIT_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:]+\]")
_GIT_PATH = re.compile(r"/[A-Za-z0-9_.~/+%-]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
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


def _place(text: str) -> str:
    host, colon, board = text.partition(":")
    if text:
        names.check_host_name(host)
    if colon:
        names.check_board_name(board)
    return text


def said(pattern: str = "", **more: object) -> WithJsonSchema:
    """How the API's description has a text whose check is a function of ours."""
    return WithJsonSchema({"type": "string", **({"pattern": f"^{pattern}$"} if pattern else {}), **more})


def _whole_time(moment: Any) -> Any:
    """Only what RFC 3339 has: no numbers, no dates alone."""
    if isinstance(moment, str) and not _MOMENT.fullmatch(moment):
        raise ValueError("a time is like 2026-11-23T10:00:00+00:00")
    if not isinstance(moment, str | datetime | None):
        raise ValueError("a time is a text, like 2026-11-23T10:00:00+00:00")
    return moment


def _whole(number: Any) -> Any:
    return int(number) if isinstance(number, float) and number.is_integer() else number


_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_REQUEST = "[0-9]{8}-[0-9]{9}-[a-z2-7]{8}"
_NO_VARIABLES = "|".join([*sorted(names.RESERVED), *(f"{prefix}.*" for prefix in names.RESERVED_PREFIXES)])

CallId = Annotated[str, AfterValidator(identities.check_call_id), said("[A-Za-z0-9._-]{8,64}")]
Sha256 = Annotated[str, AfterValidator(identities.check_sha256), said("[0-9a-f]{64}")]
RequestId = Annotated[str, said(_REQUEST)]
"""In a path: one that is none is not there."""
RequestIdField = Annotated[str, AfterValidator(identities.check_request_id), said(_REQUEST)]
AttemptText = Annotated[
    str, AfterValidator(lambda text: str(identities.AttemptId.parse(text))), said(f"{_REQUEST}[.][1-9][0-9]?")
]
CampaignId = Annotated[str, said(f"c-{_REQUEST}")]
"""In a path: one that is none is not there."""
Line = Annotated[
    str, StringConstraints(max_length=1000), AfterValidator(_printable), said(format="line", maxLength=1000)
]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_text), said(format="text", maxLength=4000)]
Reason = Annotated[
    str,
    StringConstraints(max_length=4000, pattern=r"\S"),
    AfterValidator(_text),
    said(format="reason", minLength=1, maxLength=4000),
]
"""A text that is not blank."""
Tail = Annotated[str, BeforeValidator(_tail), said(description="Its end is kept, without what terminals act upon.")]
Web = Annotated[
    str,
    StringConstraints(max_length=1000),
    AfterValidator(_web),
    said(r"(https?://\S*)?", maxLength=1000, format="web"),
]
Host = Annotated[str, AfterValidator(names.check_host_name), said(_NAME)]
TeamName = Annotated[str, AfterValidator(names.check_team_name), said(_NAME)]
BoardName = Annotated[str, AfterValidator(names.check_board_name), said(_NAME)]
NameOrNone = Annotated[str, AfterValidator(lambda name: name and names.check_user_name(name)), said(f"({_NAME})?")]
PlaceOrNone = Annotated[str, AfterValidator(_place), said(f"({_NAME}(:{_NAME})?)?")]
"""HOST:BOARD, HOST for all boards of a lab, or nothing."""
UserName = Annotated[str, AfterValidator(names.check_user_name), said(_NAME)]
TestName = Annotated[
    str, AfterValidator(names.check_test_name), said(f"(Functional|Benchmark)[.]{_NAME}", maxLength=names.MAX_NAME)
]
SpecName = Annotated[str, AfterValidator(names.check_spec_name), said(_NAME)]
Phases = Annotated[str, AfterValidator(names.check_phases), said(rf"(?!.*(.).*\1)[{names.PHASES}]*", maxLength=9)]
VariableName = Annotated[str, said(rf"(?!({_NO_VARIABLES})$)[A-Z][A-Z0-9_]{{0,99}}")]
VariableValue = Annotated[str, said(format="variable-value", maxLength=names.MAX_VALUE)]
TestPattern = Annotated[
    str,
    AfterValidator(names.check_test_pattern),
    said(rf"([*]|(Functional|Benchmark)[.]({_NAME})?[*]|(Functional|Benchmark)[.]{_NAME})", maxLength=names.MAX_NAME),
]
OpenTo = Annotated[str, AfterValidator(_open_to), said(rf"([*]|({USER})?{_NAME})")]
FactName = Annotated[str, said(FACT_NAME.pattern)]
Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(_printable),
    said(format="line", minLength=1, maxLength=100),
]
Short = Annotated[
    str, StringConstraints(max_length=256), AfterValidator(_printable), said(format="line", maxLength=256)
]
# The length is there for what comes with it: pydantic refuses what is no UTF-8, which our message could not quote.
Selector = Annotated[
    str,
    StringConstraints(max_length=selectors.MAX_LENGTH),
    AfterValidator(_selector),
    said(format="selector", minLength=1, maxLength=selectors.MAX_LENGTH),
]
GitUrl = Annotated[
    str, StringConstraints(max_length=500), AfterValidator(_git_url), said(format="git-url", maxLength=500)
]
GitRef = Annotated[str, AfterValidator(_ref), said(rf"(?!.*([.][.]|//))(?!.*([.]lock|/|[.])$){_REF.pattern}")]
GitPath = Annotated[str, AfterValidator(_path), said(f"({_PATH.pattern})?", maxLength=500)]
Utc = Annotated[AwareDatetime, BeforeValidator(_whole_time), AfterValidator(_utc), said(format="date-time")]
Sought = Annotated[str, StringConstraints(max_length=200)]
"""In a query: what a list is narrowed to; empty: by nothing."""
SoughtSelector = Annotated[
    str,
    StringConstraints(max_length=selectors.MAX_LENGTH),
    said(format="selector-or-empty", maxLength=selectors.MAX_LENGTH),
]
AS_WHOLE = BeforeValidator(_whole)
"""For a number with bounds inside of a union: behind its bounds, since Pydantic describes no bounds that come later."""
Whole = Annotated[int, Field(strict=True), AS_WHOLE]
"""A whole number: no text, no fraction. 3.0 is one in JSON."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number, with or without a fraction."""
Switch = Annotated[bool, Field(strict=True)]
"""true or false, and nothing that could mean either."""
GitCommit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?$")]
Version = Annotated[
    str,
    AfterValidator(lambda text: check_version(text) if text else text),
    said(r"([0-9A-Za-z][0-9A-Za-z.+~_-]{0,39})?"),
]


class Wire(BaseModel):
    """The base: values are read from the domain's own; a field nobody knows is a mistake worth telling."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class Service(Wire):
    """Which service answers here."""

    service: Literal["hub"] = "hub"
    version: str
    api: Literal[1] = 1
