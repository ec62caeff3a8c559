"""Whether the process lives (`/healthz`), and whether it can do its work (`/readyz`): for proxies and watchers.

Neither needs a token, and neither tells more than a word a check: no path, no address, no figure.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse

from fuego_jenkins_remote.service.engine import newest_tables, reading
from fuego_jenkins_remote.service.loops import Loops

Check = Callable[[], str]
"""What is the matter, in a few words that everybody may read; empty: nothing."""

MIN_ROOM = 64 * 1024 * 1024
"""Bytes on the disk of the data: with less, the next package or the database may not find room."""

_KEPT_SECONDS = 1.0
_routes = APIRouter(include_in_schema=False)


class Readiness:
    """All checks, carried out once a second at most, however many ask."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        """Take the checks, by name."""
        self._checks = dict(checks)
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}
        self._at = float("-inf")

    def look(self) -> dict[str, str]:
        """What is the matter with each; empty texts where it is well. A check that raises is not well."""
        with self._lock:
            if time.monotonic() - self._at > _KEPT_SECONDS:
                self._found = {name: _outcome(check) for name, check in self._checks.items()}
                self._at = time.monotonic()
            return dict(self._found)


def install_health(app: FastAPI, checks: Mapping[str, Check]) -> None:
    """Give the app /healthz and /readyz; the Readiness stands at ``app.state.readiness``."""
    app.state.readiness = Readiness(checks)
    app.include_router(_routes)


def usual_checks(engine: sa.Engine, package: str, data_dir: Path, loops: Loops) -> dict[str, Check]:
    """What hub and vision have in common: the database answers with the right tables, room, loops."""
    wanted = newest_tables(package)

    def tables() -> str:
        with reading(engine) as conn:
            found = set(conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalars())
        return "" if found == wanted else "tables of another version"

    def room() -> str:
        disk = os.statvfs(data_dir)
        return "" if disk.f_bavail * disk.f_frsize >= MIN_ROOM else "hardly any room left"

    def loop_check() -> str:
        still = loops.standing_still()
        return f"standing still: {', '.join(still)}" if still else ""

    return {"database": tables, "disk": room, "loops": loop_check}


@_routes.get("/healthz")
async def healthz() -> JSONResponse:
    """The process lives, and its event loop turns."""
    return JSONResponse({"alive": True})


@_routes.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """200 if it can do its work, else 503; a word for each check."""
    readiness: Readiness = request.app.state.readiness
    found = readiness.look()
    ready = not any(found.values())
    told = {name: matter or "ok" for name, matter in found.items()}
    return JSONResponse({"ready": ready, "checks": told}, 200 if ready else 503)


def _outcome(check: Check) -> str:
    try:
        return check()
    except (sa.exc.SQLAlchemyError, OSError):
        return "no answer"
