"""Vision's web app, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from fastapi import FastAPI

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.service.clock import Clock, utc_now
from fuego_jenkins_remote.service.contract import HELD, install_contract, work_out_routes
from fuego_jenkins_remote.service.guard import install_guard
from fuego_jenkins_remote.service.health import install_health, usual_checks
from fuego_jenkins_remote.service.loops import Loops
from fuego_jenkins_remote.service.metrics import Metrics, install_metrics
from fuego_jenkins_remote.service.pages import install_pages
from fuego_jenkins_remote.service.problems import install_problem_handlers
from fuego_jenkins_remote.service.signin import install_signin
from fuego_jenkins_remote.service.signins import Principal, SignIns
from fuego_jenkins_remote.service.tokens import TokenRow
from fuego_jenkins_remote.vision import api, pages
from fuego_jenkins_remote.vision.admin import PACKAGE
from fuego_jenkins_remote.vision.context import Vision
from fuego_jenkins_remote.vision.records import Viewer
from fuego_jenkins_remote.vision.schema import sessions, tokens
from fuego_jenkins_remote.vision.statements import readers as reader_sql
from fuego_jenkins_remote.vision.store import PackageStore


def make_app(
    engine: sa.Engine,
    data_dir: Path,
    *,
    public: bool = False,
    base_url: str | None = None,
    clock: Clock = utc_now,
    behind_proxy: bool = False,
    metrics_token: str | None = None,
) -> FastAPI:
    """Make the app over a migrated database and the data folder that holds the packages.

    ``public`` lets anybody read. ``base_url`` is where others reach the service, for the addresses in its answers; None
    takes what each request was sent to.
    """
    doors = SignIns(engine, tokens, sessions, clock=clock, principal=_principal)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        work_out_routes(app)
        used = asyncio.create_task(doors.write_on())
        yield
        used.cancel()
        with suppress(asyncio.CancelledError):
            await used

    app = FastAPI(
        title="Fuego vision", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None
    )
    store = PackageStore(data_dir)
    store.sweep()
    app.state.vision = Vision(engine=engine, store=store, clock=clock, base_url=base_url)
    install_pages(app, package="fuego_jenkins_remote.vision", service="vision", nav=[("Runs", "/runs")])
    install_signin(app, doors, public=public)
    install_health(app, usual_checks(engine, PACKAGE, data_dir, Loops()))
    metrics = Metrics("vision")
    install_metrics(app, metrics, token=metrics_token, behind_proxy=behind_proxy)
    app.include_router(api.router, dependencies=[HELD])
    app.include_router(pages.router)
    install_contract(app)
    install_problem_handlers(app)
    install_guard(app, metrics)
    return app


def _principal(conn: sa.Connection, token: TokenRow) -> Principal:
    """A token that brings runs is a lab's, which has no teams here."""
    teams = reader_sql.teams_of(conn, token.owner) if token.kind == "read" else ()
    return Viewer(kind=token.kind, name=token.owner, teams=teams)
