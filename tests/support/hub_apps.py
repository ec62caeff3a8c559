"""The hub's app, for tests that make many.

For each app FastAPI works all routes out anew, at the first call. They are the same in every app, since what is an
app's own stands in its state; so the first one's serve all. So does its description: see `api_descriptions`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI

from fuego_jenkins_remote.hub import app as hub_app

_first: dict[bool, FastAPI] = {}


def make_app(engine: sa.Engine, data_dir: Path, *, public: bool = False, **values: Any) -> FastAPI:
    """As the hub's `make_app`, quickly."""
    app = hub_app.make_app(engine, data_dir, public=public, **values)
    first = _first.setdefault(public, app)
    if app is not first:
        _share_routes(app, first)
    return app


def _share_routes(app: FastAPI, first: FastAPI) -> None:
    """Give the app the other's routers; single routes may know their app."""
    routes = app.router.routes
    assert len(routes) == len(first.router.routes)
    for place, theirs in enumerate(first.router.routes):
        if hasattr(theirs, "original_router"):
            routes[place] = theirs
