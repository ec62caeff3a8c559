"""Running the hub as a process."""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.hub.admin import address_of, let_old_clients_in, open_data
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.vision import vision_of
from fuego_jenkins_remote.hub.rates import CALLS, limits
from fuego_jenkins_remote.service.alone import alone
from fuego_jenkins_remote.service.metrics import share_figures
from fuego_jenkins_remote.service.postgresql import CONNECTIONS
from fuego_jenkins_remote.service.ready import CannotServe, run_service, run_workers
from fuego_jenkins_remote.service.workers import Worker

MOST_CONNECTIONS = 80
"""To PostgreSQL, by all processes together, beside a listener each: a server lets 97 in unless it is told otherwise."""


def serve(  # noqa: PLR0917 - as every service's serve
    data_dir: Path,
    host: str,
    port: int,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    public: bool = False,
    mail: str | None = None,
    json_ready: bool = False,
    *,
    behind_proxy: bool = False,
    base_url: str | None = None,
    workers: int = 1,
    metrics_token: str | None = None,
    calls: float = CALLS,
    old_clients: Fserver | None = None,
) -> None:
    """Serve a data folder until TERM or INT; see `run_service` for the ready line and the errors, and `open_data`.

    `mail` is the setting of `MailServer.parse` (BadAddress for a bad one); without it no mail is sent. `base_url`
    is where people reach the hub, for the addresses in notices; None: where it listens. More `workers` than one need
    PostgreSQL; on SQLite nobody else may serve the folder. For `metrics_token` see `make_app`, for `calls` see
    `rates.limits`. `old_clients` are clients of old Fuego servers, and how they are let in: raises NotKnown for a team
    that is not there, BadVision.
    """
    how: dict[str, Any] = {
        "host": host,
        "port": port,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "behind_proxy": behind_proxy,
        "json_ready": json_ready,
        "base_url": base_url,
    }
    app: dict[str, Any] = {
        "public": public,
        "base_url": base_url,
        "mail": mail,
        "behind_proxy": behind_proxy,
        "metrics_token": metrics_token,
        "limits": limits(calls),
        "old_clients": old_clients,
    }
    on_sqlite = address_of(data_dir) is None
    if on_sqlite and workers > 1:
        raise CannotServe("several processes need PostgreSQL: SQLite takes one writer (ftc hub init --database)")
    open_data(data_dir).dispose()  # what is wrong is said once
    with alone(data_dir, "hub") if on_sqlite else nullcontext():
        if old_clients is not None:
            _let_in(data_dir, old_clients)
        if workers == 1:
            _serve(data_dir, how, app)
        else:
            _serve_with(workers, data_dir, how, app)


def _serve_with(workers: int, data_dir: Path, how: dict[str, Any], app: dict[str, Any]) -> None:
    each = max(4, min(CONNECTIONS, MOST_CONNECTIONS // workers))
    with tempfile.TemporaryDirectory(prefix="fuego-hub-figures-") as figures:
        share_figures(Path(figures))
        run_workers(
            workers, lambda worker: _serve(data_dir, how, app, worker=worker, connections=each), name="hub", **how
        )


def _let_in(data_dir: Path, old_clients: Fserver) -> None:
    vision_of(old_clients.vision, old_clients.vision_token_file, old_clients.ca_file)
    engine = open_data(data_dir)
    try:
        let_old_clients_in(engine, old_clients)
    finally:
        engine.dispose()
    print(f"ftc hub: {old_clients.warning}", file=sys.stderr, flush=True)  # noqa: T201 - for who starts it


def _serve(
    data_dir: Path,
    how: dict[str, Any],
    app_options: dict[str, Any],
    *,
    worker: Worker | None = None,
    connections: int = CONNECTIONS,
) -> None:
    engine = open_data(data_dir, connections=connections)
    try:
        app = make_app(engine, data_dir, **app_options)
        hub: Hub = app.state.hub

        def on_url(url: str) -> None:
            hub.base_url = hub.base_url or url

        run_service(
            app,
            name="hub",
            on_url=on_url,
            on_stop=hub.waiters.close,
            alive=lambda: not hub.loops.standing_still(),
            worker=worker,
            **how,
        )
    finally:
        engine.dispose()
