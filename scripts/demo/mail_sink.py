"""A real SMTP server on loopback that keeps what it gets."""

from __future__ import annotations

import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from processes import free_port


class _Keeper:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append(message)  # type: ignore[arg-type]
        return "250 kept"


class Mailbox:
    """Everybody's mail."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._keeper = _Keeper()
        self.port = free_port()
        self._controller = Controller(self._keeper, hostname="127.0.0.1", port=self.port, ready_timeout=60)
        self._controller.start()

    def wait_for(self, receiver: str, *words: str, seconds: float = 180) -> str:
        """The text of a mail to `receiver` that holds all `words`; empty when none comes in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for message in list(self._keeper.messages):
                text = mail_text(message)
                if receiver in str(message["To"]) and all(word in text for word in words):
                    return text
            time.sleep(0.05)
        return ""

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()


def mail_text(message: EmailMessage) -> str:
    """Subject and text of a mail."""
    body = message.get_body(preferencelist=("plain", "html"))
    return f"{message['Subject']}\n{body.get_content() if body is not None else ''}"
