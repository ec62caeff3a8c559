"""Whether the clocks of those who work together agree: leases, deadlines and the go at a gate are times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests
from urllib3.util import Retry

from fuego_jenkins_remote.client.transport import secure

TOLERATED = timedelta(seconds=30)
"""Two clocks may be this far apart."""
_TIMEOUT = 10.0


def now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


def clock_of(url: str, *, ca_file: Path | None = None) -> datetime | None:
    """The time that a service has (its Date header, whole seconds); None where it does not say. Raises ClientError."""
    session = requests.Session()
    secure(session, url, ca_file=ca_file, retries=Retry(total=0))
    try:
        response = session.get(url, timeout=_TIMEOUT, allow_redirects=False)
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (requests.RequestException, KeyError, ValueError):
        return None
    finally:
        session.close()


def apart(theirs: datetime | None, *, clock: Callable[[], datetime] = now) -> str:
    """How far a clock is off, in words; empty where it agrees or is not known."""
    if theirs is None:
        return ""
    off = theirs - clock()
    if abs(off) <= TOLERATED:
        return ""
    return f"its clock is {abs(off).total_seconds():.0f} s {'ahead of' if off > timedelta() else 'behind'} ours"
