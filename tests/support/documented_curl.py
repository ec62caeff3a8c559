"""The curl examples of docs/jobs.md, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

_DOCS = Path(__file__).parents[2] / "docs" / "jobs.md"
_SECTION = "## Starting a board's job by its address"

POST_WITH_LOGIN, GET_WITH_TOKEN, GET_WITH_BOTH = range(3)
"""The examples, in the order of the page."""


def examples() -> list[str]:
    """The section's code blocks."""
    section = _DOCS.read_text(encoding="utf-8").split(f"{_SECTION}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def run(
    example: int, folder: Path, *, url: str, board: str, request: str, login: tuple[str, str], token: str, job: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run an example in a shell; `job` stands in for a job of another name than the page has."""
    netrc, token_file = folder / "netrc", folder / "trigger-token"
    host = urlsplit(url).hostname
    netrc.write_text(f"machine {host} login {login[0]} password {login[1]}\n" if login[0] else "")
    token_file.write_text(f"{token}\n")
    netrc.chmod(0o600)
    text = examples()[example]
    if job:
        assert "remote-request-$BOARD" in text
        text = text.replace("remote-request-$BOARD", job)
    settings = {"JENKINS_URL": url, "BOARD": board, "REQUEST": request}
    files = {"NETRC": str(netrc), "TOKEN_FILE": str(token_file)}
    return subprocess.run(
        ["bash", "-c", f"set -eu -o pipefail\n{text}"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **settings, **files},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
