"""The embedded controller as a process of its own, for tests that need no more than its address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def embedded_controller(data: Path, *options: str) -> Iterator[str]:
    """Start one with its data in a folder, and end it afterwards; gives its address."""
    command = [sys.executable, "-m", "fuego_jenkins_remote.minijenkins", "--json", "--data", str(data), "--port", "0"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("FUEGO_", "JENKINS_"))}
    with subprocess.Popen([*command, *options], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
