"""Which server this machine's verbs speak with: `server_type` and the addresses that are set.

`hub` is ours. `fuego` and `squad` are Fuego's own words; its fuego.conf comes with `server_type=fuego`, so a hub_url
that somebody has set wins over the file's server_type. FUEGO_SERVER_TYPE in the environment wins over the file's
hub_url. `auto` asks the server what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.settings import Settings
from fuego_jenkins_remote.client.server_types import ServerType


@dataclass(frozen=True, kw_only=True)
class Server:
    """What is spoken with; `why` is where that was said, for messages. `url` may be empty: then none is set."""

    kind: ServerType
    url: str
    why: str


def find_server(settings: Settings) -> Server:
    """The server that the settings name. Raises Failed, and ClientError where `auto` finds out nothing."""
    said, hub = _said(settings), settings.get("hub_url")
    source = settings.sources.get("server_type", "")
    if said is ServerType.AUTO:
        from fuego_jenkins_remote.cli.probing import probed

        return probed(settings)
    if said in {None, ServerType.HUB} or (hub and _rank(settings, "hub_url") >= _rank(settings, "server_type")):
        return Server(kind=ServerType.HUB, url=hub, why=f"hub_url ({settings.sources.get('hub_url', 'not set')})")
    url = fserver_url(settings) if said is ServerType.FUEGO else squad_url(settings)
    return Server(kind=said or ServerType.HUB, url=url, why=f"server_type={said} ({source})")


def fserver_url(settings: Settings) -> str:
    """The old Fuego server's address, empty where none is set."""
    return settings.get("fserver_url") or ServerType.FUEGO.address(settings.get("server_domain"))


def squad_url(settings: Settings) -> str:
    """SQUAD's address, empty where none is set."""
    return settings.get("squad_url") or ServerType.SQUAD.address(settings.get("server_domain"))


def _said(settings: Settings) -> ServerType | None:
    word = settings.get("server_type").strip().lower()
    if not word:
        return None
    try:
        return ServerType(word)
    except ValueError:
        where = settings.sources.get("server_type", "")
        raise Failed(f"server_type ({where}): {word!r} is none of {', '.join(ServerType)}") from None


def _rank(settings: Settings, key: str) -> int:
    """How directly it was said: by an option, in the environment, in the file."""
    source = settings.sources.get(key, "")
    return 2 if source.startswith("--") else 0 if source == str(settings.conf_file) else 1
