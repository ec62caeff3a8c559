"""What kind of server an address is: a few GETs that change nothing and carry no token.

    a hub            GET /api/v1/boards: 401, application/problem+json with "code": "not-signed-in"
    old Fuego        GET /fserver.py?action=get_board: FAIL and "missing host or board": it looks at no file for that
    SQUAD            GET /api/: JSON that names "testruns" and "builds"

No query is asked of an old server: its query of requests changes those that have been running for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.server_types import ServerType
from fuego_jenkins_remote.client.site import Reply, Site
from fuego_jenkins_remote.fuego import fserver_format

PATIENCE = 4.0
"""Seconds until a server that is asked what it is counts as one that does not answer."""

_MOST = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What an address is, None where that is not known, and what was seen there, as a person would say it."""

    kind: ServerType | None
    what: str


def probe(url: str, *, ca_file: Path | None = None) -> Seen:
    """Find out what is at an address; raises ClientError where nobody answers there."""
    site = Site(url, name="the server", ca_file=ca_file, patience=PATIENCE, retries=0, slack=0.0)
    told = []
    for path, look in (
        ("/api/v1/boards", _hub),
        ("/fserver.py?action=get_board", _fserver),
        ("/api/", _squad),
    ):
        try:
            reply = site.call("GET", path, limit=_MOST)
        except ClientError as error:
            raise ClientError(f"{url}: what is there is not known: {str(error).partition(': ')[2] or error}") from error
        if found := look(reply):
            return found
        told.append(f"{path}: {reply.status}{f', which leads to {reply.moved}' if reply.moved else ''}")
    return Seen(kind=None, what=f"no hub, no old Fuego server and no SQUAD ({'; '.join(told)})")


def _hub(reply: Reply) -> Seen | None:
    said = _json(reply)
    if reply.status == 401 and said.get("code") == "not-signed-in":
        return Seen(kind=ServerType.HUB, what="a hub (it asks who we are)")
    return None


def _fserver(reply: Reply) -> Seen | None:
    answer = fserver_format.read_answer(reply.text()) if reply.status == 200 else None
    if answer is None:
        return None
    return Seen(kind=ServerType.FUEGO, what=f"an old Fuego server (fserver.py: {answer.reason[:80]})")


def _squad(reply: Reply) -> Seen | None:
    if reply.status == 200 and {"testruns", "builds", "projects"} <= _json(reply).keys():
        return Seen(kind=ServerType.SQUAD, what="a SQUAD (its API lists projects, builds and test runs)")
    return None


def _json(reply: Reply) -> dict[str, object]:
    try:
        found = reply.json()
    except ClientError:
        return {}
    return found if isinstance(found, dict) else {}
