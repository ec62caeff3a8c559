"""Webhooks: an event as JSON, signed as https://www.standardwebhooks.com has it. docs/notices.md has the form."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from fuego_jenkins_remote.hub.notices.post import web
from fuego_jenkins_remote.hub.notices.values import Channel, Event, Outgoing


def new_secret() -> str:
    """A secret for signatures."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def send(channel: Channel, outgoing: Outgoing, now: datetime, *, seconds: float = web.SECONDS) -> None:
    """Send the one event that it holds."""
    body = json.dumps(payload(outgoing.events[0]), ensure_ascii=False, separators=(",", ":"))
    headers = {"Content-Type": "application/json; charset=utf-8", **signed(channel, outgoing.id, body, now)}
    web.send(channel.address, body.encode(), headers, inside=channel.trusted, seconds=seconds)


def payload(event: Event) -> dict[str, Any]:
    """What a program gets: the event's name and time, and what it is about."""
    return {"event": event.occasion, "at": event.at.isoformat(), "text": event.title, **event.data}


def signed(channel: Channel, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers by which the receiver knows that it is from here, and not sent again by another.

    While a secret is being changed, both sign. A channel without one is an inside one, of before secrets.
    """
    keys = [channel.secret] if channel.secret else []
    if channel.old_secret and channel.old_secret_until is not None and channel.old_secret_until > now:
        keys.append(channel.old_secret)
    signatures = [Webhook(key).sign(message_id, now, body) for key in keys]
    stamp = {"webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp()))}
    return {**stamp, "webhook-signature": " ".join(signatures)} if signatures else stamp
