"""Vision's web app, put together."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from fastapi import FastAPI

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.service.clock import Clock, utc_now
from fuego_jenkins_remote.service.engine import reading
from fuego_jenkins_remote.service.guard import install_guard
from fuego_jenkins_remote.service.health import install_health, usual_checks
from fuego_jenkins_remote.service.loops import Loops
from fuego_jenkins_remote.service.pages import install_pages
from fuego_jenkins_remote.service.problems import install_problem_handlers
from fuego_jenkins_remote.service.signin import Lookup, Principal, install_signin
from fuego_jenkins_remote.service.tokens import find_token
from fuego_jenkins_remote.vision import api, pages
from fuego_jenkins_remote.vision.admin import PACKAGE
from fuego_jenkins_remote.vision.context import Vision
from fuego_jenkins_remote.vision.schema import tokens
from fuego_jenkins_remote.vision.store import PackageStore


def make_app(
    engine: sa.Engine,
    data_dir: Path,
    *,
    public: bool = False,
    base_url: str | None = None,
    clock: Clock = utc_now,
) -> FastAPI:
    """Make the app over a migrated database and the data folder that holds the packages.

    ``public`` lets anybody read. ``base_url`` is where others reach the service, for the addresses in its answers; None
    takes what each request was sent to.
    """
    app = FastAPI(
        title="Fuego vision", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None
    )
    store = PackageStore(data_dir)
    store.sweep()
    app.state.vision = Vision(engine=engine, store=store, clock=clock, base_url=base_url)
    install_pages(app, package="fuego_jenkins_remote.vision", service="vision", nav=[("Runs", "/runs")])
    install_signin(app, _lookup(engine, clock), public=public)
    install_health(app, usual_checks(engine, PACKAGE, data_dir, Loops()))
    app.include_router(api.router)
    app.include_router(pages.router)
    install_problem_handlers(app)
    install_guard(app)
    return app


def _lookup(engine: sa.Engine, clock: Clock) -> Lookup:
    def lookup(secret: str) -> Principal | None:
        with reading(engine) as conn:
            token = find_token(conn, tokens, secret, clock())
        return None if token is None else Principal(kind=token.kind, name=token.owner)

    return lookup
