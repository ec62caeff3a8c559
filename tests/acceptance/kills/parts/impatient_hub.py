"""A hub that waits for labs for moments only, as a process: `impatient_hub.py DATA PORT LEASE GRACE` (seconds)."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from fuego_jenkins_remote.hub.admin import open_data
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.service.ready import run_service


def main(data: Path, port: int, lease: float, grace: float) -> None:
    """Serve until TERM."""
    engine = open_data(data)
    seconds = {"lease": timedelta(seconds=lease), "grace": timedelta(seconds=grace)}
    app = make_app(engine, data, public=True, base_url=f"http://127.0.0.1:{port}", sweep_seconds=0.1, **seconds)
    run_service(app, name="hub", host="127.0.0.1", port=port, on_stop=app.state.hub.waiters.close)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
