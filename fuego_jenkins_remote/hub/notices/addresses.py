"""Addresses where people want to be told: what they may be, and how they are shown. Pure, but for apprise's own check.

Whoever may sign in can give one, and the hub will connect to it: so people choose among what leads out of the hub's own
network by construction (post/web.py sees to it when it sends), and only the hub's admin gives others.

    ann@example.org                          mail, by the hub's own mail server
    https://hooks.example.org/fuego          a webhook, signed
    slack://T0000/B0000/XXXX                 an incoming webhook of Slack (or its https address)
    matrix://TOKEN@matrix.example.org/!ROOM:example.org
    discord:// tgram:// gchat:// pover://    as apprise has them: services that are at one place
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.notices.values import Kind

LONGEST = 500

AT_ONE_PLACE = ("discord", "tgram", "gchat", "pover")
"""Apprise's schemes for services that have one host of their own, which no part of the address changes."""

_MAIL = re.compile(r"[^@\s<>,;:\"\\?&#/]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_SLACK = re.compile(r"(?:slack://|https://hooks\.slack\.com/services/)([A-Za-z0-9]+)/([A-Za-z0-9]+)/([A-Za-z0-9]+)/?")
_MATRIX = re.compile(
    r"matrix://(?P<token>[A-Za-z0-9_.~-]{8,400})@(?P<host>[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"/(?P<room>![A-Za-z0-9_.=+/-]{1,150}(?::[A-Za-z0-9.:-]{1,253})?)"
)
_CHAT = re.compile(rf"({'|'.join(AT_ONE_PLACE)})://[A-Za-z0-9_.:@/+-]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


class BadAddress(Refused):
    """Nothing that can be sent to, or not by this caller; the message says why, without what may be secret in it."""

    code = "bad-address"


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address as it is kept."""

    kind: Kind
    text: str


@dataclass(frozen=True, kw_only=True)
class MatrixRoom:
    """Where a Matrix message goes: `server` is HOST or HOST:PORT."""

    server: str
    token: str
    room: str


def is_mail(text: str) -> bool:
    """Whether this is a plain mail address."""
    return _MAIL.fullmatch(text) is not None


def of_people(text: str) -> Address:
    """An address that anybody may give; raises BadAddress."""
    found = _known(text)
    if found is None and _CHAT.fullmatch(text):
        return Address(kind="chat", text=text)
    if found is None:
        some = ", ".join(f"{scheme}://" for scheme in AT_ONE_PLACE)
        raise BadAddress(
            f"{_scheme(text)} is no address for notices: a mail address is, https://, slack://, matrix://, {some};"
            " the hub's admin may set others"
        )
    if found.kind == "webhook":
        _check_web(found.text)
    return found


def of_admin(text: str) -> Address:
    """An address that the hub's admin gives: also others that apprise knows, and inside ones. Raises BadAddress."""
    found = _known(text)
    if found is not None:
        return found
    if text.startswith("http://") and text.isprintable() and " " not in text:
        return Address(kind="webhook", text=text)
    import apprise

    if "://" not in text or apprise.Apprise.instantiate(text, suppress_exceptions=True) is None:
        raise BadAddress(f"neither a mail address nor an address that apprise knows: {_scheme(text)}")
    return Address(kind="chat", text=text)


def kind_of(text: str) -> Kind:
    """What an address is that the hub's admin has set."""
    found = _known(text)
    if found is not None:
        return found.kind
    return "webhook" if text.startswith("http://") else "chat"


def masked(kind: Kind, text: str) -> str:
    """The address as it may be shown: enough to know it again, nothing that opens it."""
    if kind == "mail":
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    if kind == "matrix":
        room = matrix_room(text)
        return f"matrix://…@{room.server}/{room.room}"
    if kind == "webhook":
        parts = urlsplit(text)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/… ({digest})"
    return f"{text.partition('://')[0]}://… ({digest})"


def matrix_room(text: str) -> MatrixRoom:
    """The parts of a Matrix address; raises BadAddress."""
    found = _MATRIX.fullmatch(text)
    if found is None:
        raise BadAddress("a room of Matrix is matrix://TOKEN@SERVER/!ROOM:SERVER")
    port = f":{found['port']}" if found["port"] else ""
    return MatrixRoom(server=f"{found['host']}{port}", token=found["token"], room=found["room"])


def slack_path(text: str) -> str:
    """The part of a Slack address that says where; raises BadAddress."""
    found = _SLACK.fullmatch(text)
    if found is None:
        raise BadAddress("Slack's address is slack://T…/B…/…, of an incoming webhook")
    return "/".join(found.groups())


def _known(text: str) -> Address | None:
    if len(text) > LONGEST or not text.isprintable():
        raise BadAddress(f"an address has at most {LONGEST} characters, all of which can be printed")
    if is_mail(text):
        return Address(kind="mail", text=text)
    if _SLACK.fullmatch(text):
        return Address(kind="slack", text=f"slack://{slack_path(text)}")
    if _MATRIX.fullmatch(text):
        return Address(kind="matrix", text=text)
    if text.startswith("https://"):
        return Address(kind="webhook", text=text)
    return None


def _check_web(url: str) -> None:
    """Form only: where the name leads is looked at when something is sent there."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress("no address of a webhook: https://HOST[:PORT]/PATH is one") from None
    if "@" in parts.netloc:
        raise BadAddress("a webhook's address holds no user and no password: what is sent is signed")
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    if not url.isascii() or " " in url or "\\" in url or parts.fragment or not _HOST.fullmatch(host):
        raise BadAddress("no address of a webhook: https://HOST[:PORT]/PATH is one, in plain letters")
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        raise BadAddress("a webhook leads out of the hub: not to localhost")
    try:
        literal = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return
    if not is_public(literal):
        raise BadAddress(f"a webhook leads out of the hub: {literal} is no public address")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is one of the open network, also where it holds another one inside."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def _scheme(text: str) -> str:
    scheme, found, _ = text.partition("://")
    return f"{scheme[:20]}://…" if found else "this"
