"""`server_type=auto`: the server is asked what it is, once a day."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.servers import Server, fserver_url, squad_url
from fuego_jenkins_remote.cli.settings import Settings
from fuego_jenkins_remote.client.server_types import ServerType

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.probing import Seen

KEPT = timedelta(days=1)
_FILE = "servers-seen.json"


def probed(settings: Settings, *, now: datetime | None = None) -> Server:
    """What the first address is that is set (hub_url, fserver_url or server_domain, squad_url).

    Raises Failed where it is none of those that are known, ClientError where nobody answers.
    """
    from fuego_jenkins_remote.client.errors import ClientError
    from fuego_jenkins_remote.client.probing import probe

    url = settings.get("hub_url") or fserver_url(settings) or squad_url(settings)
    if not url:
        raise Failed("server_type=auto: no address is set that could be asked (hub_url, fserver_url or server_domain)")
    moment = now or datetime.now(UTC)
    memory = _Memory(settings.path("state_dir") / _FILE, moment)
    if kept := memory.get(url):
        return kept
    try:
        seen = probe(url, ca_file=settings.ca_file)
    except ClientError as error:
        raise ClientError(f"server_type=auto: {error}") from error
    if seen.kind is None:
        raise Failed(f"server_type=auto: {url} is {seen.what}: set server_type to what it is")
    memory.put(url, seen)
    return _server(url, seen.kind, seen.what, moment)


def _server(url: str, kind: ServerType, what: str, at: datetime) -> Server:
    return Server(kind=kind, url=url, why=f"server_type=auto: {what}, seen {at:%Y-%m-%d %H:%M} UTC")


class _Memory:
    """What was seen at which address, in the state folder; without one that can be written nothing is remembered."""

    def __init__(self, file: Path, now: datetime) -> None:
        self._file = file
        self._now = now

    def get(self, url: str) -> Server | None:
        try:
            one = self._read()[url]
            at = datetime.fromisoformat(one["at"])
            if timedelta() <= self._now - at < KEPT:
                return _server(url, ServerType(one["kind"]), str(one["what"]), at)
        except (KeyError, ValueError, TypeError):
            pass
        return None

    def put(self, url: str, seen: Seen) -> None:
        known = {**self._read(), url: {"kind": str(seen.kind), "what": seen.what, "at": self._now.isoformat()}}
        partial = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
            partial.replace(self._file)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
