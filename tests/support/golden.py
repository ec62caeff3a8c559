"""Golden files: what something looked like when somebody last read it. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"
_SHELL = Path(__file__).parents[2] / "jenkins_jobs" / "shell"


def assert_golden(made: str, name: str) -> None:
    """It is as in the file of this name below tests/golden."""
    file = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made)
    assert made == file.read_text()


def without_scripts(xml: str) -> str:
    """A job's XML with the files of jenkins_jobs/shell named instead of repeated."""
    for script in sorted(_SHELL.iterdir()):
        text = script.read_text().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        xml = xml.replace(text, f"[jenkins_jobs/shell/{script.name}]\n")
    return xml
