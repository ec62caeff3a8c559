"""The hub's web app, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.hub import packages as package_files
from fuego_jenkins_remote.hub import pages
from fuego_jenkins_remote.hub.admin import PACKAGE, address_of
from fuego_jenkins_remote.hub.api import (
    approvals,
    attempts,
    audit,
    boards,
    campaigns,
    claims,
    fserver,
    heartbeats,
    packages,
    people,
    requests,
    store,
    subscriptions,
)
from fuego_jenkins_remote.hub.api.callers import sign_ins
from fuego_jenkins_remote.hub.api.errors import install_hub_errors
from fuego_jenkins_remote.hub.changes import Times
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.figures import hub_metrics
from fuego_jenkins_remote.hub.fserver.settings import Fserver, Mode
from fuego_jenkins_remote.hub.fserver.vision import vision_of
from fuego_jenkins_remote.hub.messages import Messenger
from fuego_jenkins_remote.hub.models.fields import Service
from fuego_jenkins_remote.hub.news_loop import tell_on
from fuego_jenkins_remote.hub.notices.post.mail import MailServer
from fuego_jenkins_remote.hub.notices.post.office import Office
from fuego_jenkins_remote.hub.notices.sender import Send, send_notices
from fuego_jenkins_remote.hub.rates import USUAL
from fuego_jenkins_remote.hub.sweeper import sweep_on
from fuego_jenkins_remote.service.again import install_again
from fuego_jenkins_remote.service.clock import Clock, utc_now
from fuego_jenkins_remote.service.contract import HELD, install_contract, work_out_routes
from fuego_jenkins_remote.service.guard import install_guard
from fuego_jenkins_remote.service.health import Check, install_health, usual_checks
from fuego_jenkins_remote.service.limits.entrance import Limits, install_limits
from fuego_jenkins_remote.service.metrics import install_metrics
from fuego_jenkins_remote.service.pages import install_pages
from fuego_jenkins_remote.service.problems import install_problem_handlers
from fuego_jenkins_remote.service.signin import install_signin

API = "/api/v1"
_DEFAULT = Times()


def make_app(
    engine: sa.Engine,
    data_dir: Path,
    *,
    public: bool = False,
    base_url: str | None = None,
    mail: str | None = None,
    clock: Clock = utc_now,
    lease: timedelta = _DEFAULT.lease,
    grace: timedelta = _DEFAULT.grace,
    behind_proxy: bool = False,
    metrics_token: str | None = None,
    sweep_seconds: float = 1.0,
    send: Send | None = None,
    limits: Limits | None = USUAL,
    old_clients: Fserver | None = None,
) -> FastAPI:
    """Make the app over a migrated database and the data folder that holds the packages; its Hub is `app.state.hub`.

    `public` lets anybody read. `base_url` is where people reach the service, for the addresses in notices. `mail` is
    the setting of `MailServer.parse` (raises BadAddress); without it no mail is sent. `lease`, `grace`: see Times.
    `metrics_token` reads /metrics; without it who calls from this machine does, unless there is a proxy before us.
    `limits` is what one caller gets; None: all it wants.
    `old_clients` lets clients of old Fuego servers in (raises BadVision); `admin.let_old_clients_in` comes before.
    """
    office = Office(mail=None if mail is None else MailServer.parse(mail))
    hub = Hub(
        engine=engine,
        data_dir=data_dir,
        clock=clock,
        times=Times(lease=lease, grace=grace),
        base_url=(base_url or "").rstrip("/"),
        mail=mail,
        fserver=old_clients if old_clients is not None and old_clients.mode is not Mode.OFF else None,
    )
    address = address_of(data_dir)
    if address is not None:
        hub.messenger = Messenger(address, engine, hub.waiters, hub.newest_claim)
    doors = sign_ins(hub)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        work_out_routes(app)
        if hub.messenger is not None:
            hub.messenger.start()
        tasks = [
            asyncio.create_task(sweep_on(hub, sweep_seconds)),
            asyncio.create_task(send_notices(hub, send or office.send)),
            asyncio.create_task(tell_on(hub)),
        ]
        used = asyncio.create_task(doors.write_on())
        yield
        hub.waiters.close()
        await asyncio.gather(*tasks)
        used.cancel()
        with suppress(asyncio.CancelledError):
            await used
        if hub.messenger is not None:
            await asyncio.to_thread(hub.messenger.stop)

    app = FastAPI(
        title="Fuego hub",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.hub = hub
    package_files.sweep(data_dir)
    install_pages(
        app,
        package="fuego_jenkins_remote.hub",
        service="hub",
        nav=pages.NAV,
        account=pages.ACCOUNT,
        leads=pages.leads,
    )
    install_signin(app, doors, public=public)
    install_health(app, _checks(hub))
    metrics = hub_metrics(hub)
    install_metrics(app, metrics, token=metrics_token, behind_proxy=behind_proxy)
    app.include_router(_api(), prefix=API, dependencies=[HELD])
    app.include_router(pages.router)
    if hub.fserver is not None:
        app.include_router(_for_old_clients(hub.fserver))
    install_contract(app)
    install_hub_errors(app)
    install_problem_handlers(app)
    install_again(app)
    install_limits(app, limits, metrics.refuse)
    install_guard(app, metrics)
    return app


def _for_old_clients(old_clients: Fserver) -> APIRouter:
    vision = vision_of(old_clients.vision, old_clients.vision_token_file, old_clients.ca_file)
    return fserver.OldServer(fserver=old_clients, vision=vision).router()


def _checks(hub: Hub) -> dict[str, Check]:
    def stopping() -> str:
        return "stopping" if hub.waiters.closed else ""

    return {**usual_checks(hub.engine, PACKAGE, hub.data_dir, hub.loops), "service": stopping}


def _api() -> APIRouter:
    api = APIRouter()
    api.add_api_route("/", _service, methods=["GET"])
    for noun in (
        people,
        boards,
        requests,
        approvals,
        campaigns,
        claims,
        attempts,
        heartbeats,
        packages,
        store,
        subscriptions,
        audit,
    ):
        api.include_router(noun.router)
    return api


def _service() -> Service:
    """Which service this is, and which version of it."""
    return Service(version=__version__)
