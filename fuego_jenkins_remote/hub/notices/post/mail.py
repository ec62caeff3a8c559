"""Mail, through the hub's own mail server.

Each message has a Message-ID that is the same on every try: mail servers and readers that look at it drop the second.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import textwrap
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from fuego_jenkins_remote.hub.notices.addresses import BadAddress, is_mail
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.values import Outgoing

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_WIDTH = 78
NO_SERVER = "this hub has no --mail"
_TO_PASTE = re.compile(r"(?P<said>.*\S) (?P<to_paste>ftc [a-z-]+ \S.*|https?://\S+)")
_OK = 250
SECONDS = 20.0
"""That the mail server may take for each of its answers."""


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """The hub's mail server, and the address that its mails come from."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str
    password: str
    sender: str

    @classmethod
    def parse(cls, text: str) -> MailServer:
        """Read `smtp://HOST[:PORT]?from=ADDRESS` (plain), `smtps://` or `smtp+starttls://` (plain until the greeting).

        USER:PASSWORD@ before the host signs in. Raises BadAddress.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise BadAddress("no mail setting: the port is a number") from None
        options = dict(parse_qsl(parts.query))
        sender = options.pop("from", "")
        if parts.scheme not in _PORTS or not parts.hostname or not is_mail(sender) or options:
            raise BadAddress("no mail setting: it is like smtp://127.0.0.1:25?from=hub@example.org")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            starttls=parts.scheme == "smtp+starttls",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=sender,
        )


def send(server: MailServer, recipient: str, outgoing: Outgoing, *, seconds: float = SECONDS) -> None:
    """Send one mail."""
    message = compose(server.sender, recipient, outgoing)
    try:
        with _connected(server, seconds) as smtp:
            smtp.send_message(message, server.sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(code, said) from None
    except smtplib.SMTPAuthenticationError as error:
        # The operator's matter: it may be right the next time.
        raise NotSent(
            f"the mail server does not let the hub sign in: {_words(error.smtp_code, error.smtp_error)}"
        ) from None
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        raise _refused(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"the mail server said: {_words(error.smtp_code, error.smtp_error)}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"the mail server {server.host}:{server.port} is not to be had: {_why(error)}") from None


def is_of_the_server(said: str) -> bool:
    """Whether what NotSent says is of the mail server, or of its setting, and not of a recipient."""
    return said.startswith(("the mail server ", NO_SERVER)) and not said.startswith("the mail server said")


def greet(server: MailServer, *, seconds: float = SECONDS) -> str:
    """Connect, greet, sign in and name the sender, and send nothing: what is in the way; empty: nothing."""
    try:
        with _connected(server, seconds) as smtp:
            smtp.ehlo_or_helo_if_needed()
            code, said = smtp.mail(server.sender)
            if code != _OK:
                return _words(code, said)
            smtp.rset()
    except smtplib.SMTPResponseException as error:
        return _words(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return _why(error)
    return ""


def compose(sender: str, recipient: str, outgoing: Outgoing) -> EmailMessage:
    """The mail; EmailMessage itself refuses a line end in a header, and encodes what is not ASCII."""
    message = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    message["From"] = Address("Fuego hub", addr_spec=sender)
    message["To"] = recipient
    message["Subject"] = f"[fuego] {outgoing.title}"
    message["Date"] = format_datetime(outgoing.events[-1].at)
    message["Message-ID"] = f"<{outgoing.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    requests = {event.request_id for event in outgoing.events}
    if len(requests) == 1 and (request := requests.pop()) is not None:
        message["References"] = f"<{request}@{domain}>"  # what is about one request stands together
    why = f"\n-- \n{outgoing.why}" if outgoing.why else ""
    message.set_content(wrapped(outgoing.body + why))
    return message


def wrapped(text: str) -> str:
    """The text in lines as a terminal has them; what is to be pasted stays in one, indented: commands, addresses."""
    return "\n".join(map(_filled, text.split("\n")))


def _filled(line: str) -> str:
    if len(line) <= _WIDTH or line[:1].isspace():
        return line
    found = _TO_PASTE.fullmatch(line)
    said, to_paste = (found["said"], f"\n    {found['to_paste']}") if found else (line, "")
    return textwrap.fill(said, _WIDTH, break_long_words=False, break_on_hyphens=False) + to_paste


def _connected(server: MailServer, seconds: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.tls:
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=seconds)
    try:
        if server.starttls:
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _refused(code: int, said: bytes | str) -> NotSent:
    return NotSent(f"the mail server said: {_words(code, said)}", for_good=500 <= code < 600)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return f"{code} {plain[:200]}"


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it broke off"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return str(error)  # STARTTLS, signing in, or letters in an address, which the server does not know
    return getattr(error, "strerror", None) or type(error).__name__
