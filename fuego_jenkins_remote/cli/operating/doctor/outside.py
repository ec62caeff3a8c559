"""Checks of what is around a hub: the address by which people reach it, its certificate, the mail server."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.operating.doctor.patient import Patient

EXPIRES_SOON = timedelta(days=21)
_SECONDS = 10.0


def address(patient: Patient) -> Answer:
    """Whether the hub answers where people reach it, and for how long its certificate is good."""
    if not patient.base_url:
        return "not asked (--base-url)"
    import requests
    from urllib3.util import Retry

    from fuego_jenkins_remote.client.transport import secure, why_unreachable

    url = patient.base_url.rstrip("/")
    try:
        with requests.Session() as session:
            secure(session, url, ca_file=patient.ca_file, retries=Retry(total=0))
            said = session.get(f"{url}/api/v1/", timeout=_SECONDS, allow_redirects=False)
            service = said.json().get("service") if said.status_code == 200 else None
            ready = session.get(f"{url}/readyz", timeout=_SECONDS, allow_redirects=False)
    except (requests.RequestException, ValueError, AttributeError) as error:
        why = why_unreachable(error) if isinstance(error, requests.RequestException) else "it answers no JSON"
        raise Failed(f"{url} cannot be reached from here: {why}") from None
    if service != "hub":
        raise Failed(f"{url} is no hub: it answered {said.status_code}")
    until = _certificate_until(url, patient.ca_file)
    soon = until is not None and until - patient.clock() < EXPIRES_SOON
    return answer(
        f"{url} answers" + (f"; its certificate is good until {until:%Y-%m-%d}" if until else ""),
        f"the certificate of {url} ends on {until:%Y-%m-%d}: renew it, and restart or reload" if soon and until else "",
        "" if ready.status_code == 200 else f"{url}/readyz says {ready.status_code}: {ready.text[:200]}",
    )


def _certificate_until(url: str, ca_file: Path | None) -> datetime | None:
    from fuego_jenkins_remote.client.transport import trust

    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), timeout=_SECONDS) as plain,
            trust(ca_file).wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            found = secure.getpeercert() or {}
            return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    except (OSError, KeyError, ValueError):
        return None


def mail(patient: Patient) -> Answer:
    """Whether the mail server lets the hub in; nothing is sent."""
    if patient.mail is None:
        return "not asked (--mail)"
    if not patient.mail:
        raise Failed("FUEGO_HUB_MAIL is not set")
    from fuego_jenkins_remote.hub.notices.post.mail import MailServer, greet

    server = MailServer.parse(patient.mail)
    why = greet(server, seconds=_SECONDS)
    if why:
        raise Failed(f"the mail server {server.host}:{server.port}: {why}")
    warn = not (server.tls or server.starttls) and server.host not in ("localhost", "127.0.0.1", "::1")
    plain = f"{server.host} is spoken to in the clear: smtps:// or smtp+starttls:// instead of smtp://"
    return answer(f"{server.host}:{server.port} lets us in, as {server.sender}", plain if warn else "")
