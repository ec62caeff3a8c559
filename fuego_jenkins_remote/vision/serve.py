"""Running vision as a process."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.service.alone import alone
from fuego_jenkins_remote.service.ready import run_service
from fuego_jenkins_remote.vision.admin import open_data
from fuego_jenkins_remote.vision.app import make_app


def serve(
    data_dir: Path,
    *,
    host: str,
    port: int,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    public: bool = False,
    json_ready: bool = False,
    behind_proxy: bool = False,
    base_url: str | None = None,
    metrics_token: str | None = None,
) -> None:
    """Serve a data folder until TERM or INT, alone.

    For what is printed and raised see ``run_service``, ``open_data`` and ``alone``.
    """
    engine = open_data(data_dir)
    try:
        with alone(data_dir, "vision"):
            run_service(
                make_app(
                    engine,
                    data_dir,
                    public=public,
                    base_url=base_url,
                    behind_proxy=behind_proxy,
                    metrics_token=metrics_token,
                ),
                name="vision",
                host=host,
                port=port,
                tls_cert=tls_cert,
                tls_key=tls_key,
                behind_proxy=behind_proxy,
                json_ready=json_ready,
                base_url=base_url,
            )
    finally:
        engine.dispose()
