"""schemathesis, as a process: it makes calls from a service's description and holds each answer to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = os.environ.get("FUEGO_OPENAPI_EXAMPLES", "8")
"""For each operation."""


def run(url: str, config: Path, folder: Path, *, token: str = "") -> None:
    """Try the service at `url`, with a token or without; fails with all that is found. `folder` is to work in."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{url}/api/v1/openapi.json", "--url", url, "--seed", "7", "--max-examples", EXAMPLES]
    command += ["--request-timeout", "60", "--warnings", "off", "--continue-on-failure", "--no-color"]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parent)}
    found = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
