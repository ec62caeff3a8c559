"""What the routes work with: the engine, the packages, the clock, the service's own address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import Request

from fuego_jenkins_remote.service.clock import Clock
from fuego_jenkins_remote.vision.store import PackageStore


@dataclass(frozen=True, kw_only=True)
class Vision:
    """Stands at ``app.state.vision``. ``base_url`` is where others reach the service; None: as the request came."""

    engine: sa.Engine
    store: PackageStore
    clock: Clock
    base_url: str | None

    def run_url(self, request: Request, key: str) -> str:
        """Give the address of a run's page."""
        base = self.base_url or str(request.base_url)
        return f"{base.rstrip('/')}/runs/{quote(key)}"


def vision_of(request: Request) -> Vision:
    """Give the app's Vision."""
    vision = request.app.state.vision
    assert isinstance(vision, Vision)  # noqa: S101 - make_app put it there
    return vision
