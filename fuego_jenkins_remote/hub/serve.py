"""Running the hub as a process."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.hub.admin import open_data
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.service.ready import run_service


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
) -> None:
    """Serve a data folder until TERM or INT; see `run_service` for the ready line and the errors, and `open_data`.

    `mail` is the setting of `MailServer.parse` (BadAddress for a bad one); without it no mail is sent. `base_url`
    is where people reach the hub, for the addresses in notices; None: where it listens.
    """
    engine = open_data(data_dir)
    try:
        app = make_app(engine, data_dir, public=public, base_url=base_url, mail=mail)
        hub: Hub = app.state.hub

        def on_url(url: str) -> None:
            hub.base_url = hub.base_url or url

        run_service(
            app,
            name="hub",
            host=host,
            port=port,
            tls_cert=tls_cert,
            tls_key=tls_key,
            behind_proxy=behind_proxy,
            json_ready=json_ready,
            on_url=on_url,
            on_stop=hub.waiters.close,
            alive=lambda: not hub.loops.standing_still(),
        )
    finally:
        engine.dispose()
