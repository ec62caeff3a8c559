"""Sends the notices that wait: by apprise, with some tries, at growing distances."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool

from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.records import Notice
from fuego_jenkins_remote.hub.statements import notices as sql
from fuego_jenkins_remote.hub.waiters import NOTICES, pause

Send = Callable[[str, str, str], bool]
"""Takes an apprise address, a title and a text; whether it could be sent."""

WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 21600))
"""Between the tries; after the last of them the notice has failed."""

_A_PASS = 20
_IDLE_SECONDS = 60.0
_A_PASS_SECONDS = 900.0  # each notice of a pass may wait for a server that does not answer
_MAIL = re.compile(r"[^@\s<>,;:\"\\?&#/]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_log = logging.getLogger("hub.notices")


class BadRecipient(ValueError):
    """Something that is neither a mail address nor an apprise address; the message says which and why."""


def is_mail(recipient: str) -> bool:
    """Whether this is a plain mail address."""
    return _MAIL.fullmatch(recipient) is not None


def check_recipient(recipient: str) -> str:
    """Give it back if a notice can be sent there; raises BadRecipient. Only the hub's admin sets recipients."""
    if is_mail(recipient):
        return recipient
    import apprise

    if "://" not in recipient or apprise.Apprise.instantiate(recipient, suppress_exceptions=True) is None:
        raise BadRecipient(f"neither a mail address nor an address that apprise knows: {recipient!r}")
    return recipient


def mail_address(mail: str, recipient: str) -> str:
    """The apprise address for a mail, from the hub's `--mail` setting.

    `smtp://HOST[:PORT]?from=ADDRESS` speaks plain SMTP, `smtps://` TLS; USER:PASSWORD@ before the host signs in. Raises
    BadRecipient.
    """
    parts = urlsplit(mail)
    options = dict(parse_qsl(parts.query))
    sender = options.pop("from", "")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or not is_mail(sender) or options:
        raise BadRecipient(
            f"no mail setting: {_without_password(mail)!r} (like smtp://127.0.0.1:25?from=hub@example.org)"
        )
    secure = parts.scheme == "smtps"
    port = parts.port or (465 if secure else 25)
    who = f"{quote(parts.username)}:{quote(parts.password or '')}@" if parts.username else ""
    query = {"from": sender, "to": recipient, "mode": "ssl" if secure else "insecure", "format": "text"}
    return f"{'mailtos' if secure else 'mailto'}://{who}{parts.hostname}:{port}?{urlencode(query)}"


def send_by_apprise(address: str, title: str, body: str) -> bool:
    """Send one message; False when it could not be sent (apprise's own log says why)."""
    import apprise  # late: it takes half a second

    sender = apprise.Apprise()
    if not sender.add(address):
        return False
    return bool(sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))


def send_due(hub: Hub, send: Send) -> int:
    """Try each notice whose time has come once; how many there were."""
    with hub.reading() as conn:
        notices = sql.due(conn, hub.clock(), _A_PASS)
    for notice in notices:
        sent = _try(hub, notice, send)
        with hub.change() as change:
            state, again = ("sent", None) if sent else _again(notice, change.at)
            sql.tried(change.conn, notice, state, again)
        if state == "failed":
            _log.error("notice %s to %s could not be sent and is given up", notice.id, _shown(notice.recipient))
    return len(notices)


async def send_notices(hub: Hub, send: Send) -> None:
    """Send what waits, for as long as the service runs."""
    while not hub.waiters.closed:
        hub.loops.beat("sender", within=_IDLE_SECONDS + _A_PASS_SECONDS)
        with hub.waiters.waiting(NOTICES) as event:
            try:
                if await run_in_threadpool(send_due, hub, send):
                    continue
                seconds = await run_in_threadpool(_seconds_to_next, hub)
            except Exception:
                # A full disk, a locked database: later again, and the service goes on.
                _log.exception("notices could not be sent")
                seconds = _IDLE_SECONDS
            await pause(event, seconds)
    hub.loops.ended("sender")


def _try(hub: Hub, notice: Notice, send: Send) -> bool:
    try:
        if not is_mail(notice.recipient):
            return send(notice.recipient, notice.title, notice.body)
        if hub.mail is None:
            _log.warning("notice %s is for %s, and the hub has no --mail", notice.id, notice.recipient)
            return False
        return send(mail_address(hub.mail, notice.recipient), notice.title, notice.body)
    except Exception:
        _log.exception("notice %s to %s", notice.id, _shown(notice.recipient))
        return False


def _again(notice: Notice, now: datetime) -> tuple[str, datetime | None]:
    if notice.tries < len(WAITS):
        return "waiting", now + WAITS[notice.tries]
    return "failed", None


def _seconds_to_next(hub: Hub) -> float:
    with hub.reading() as conn:
        at = sql.next_time(conn)
    if at is None:
        return _IDLE_SECONDS
    return min(_IDLE_SECONDS, max(0.05, (at - hub.clock()).total_seconds()))


def _shown(recipient: str) -> str:
    # An apprise address holds a chat's secret.
    return recipient if is_mail(recipient) else f"{recipient.partition('://')[0]}://…"


def _without_password(mail: str) -> str:
    return re.sub(r"//[^@/]*@", "//…@", mail)
