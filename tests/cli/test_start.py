"""Starting is quick: a verb imports what it needs, when it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATE = (
    "requests",
    "rich",
    "yaml",
    "sqlalchemy",
    "fastapi",
    "pydantic",
    "jenkins",
    "jenkins_jobs",
    "uvicorn",
    "asyncio",
)


def _imported(*words: str) -> set[str]:
    code = (
        "import sys\nfrom fuego_jenkins_remote.cli.main import run\n"
        f"run({list(words)!r})\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=200)
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("words", [("version",), ("help",), ("config", "host_name")])
def test_verbs_that_talk_to_nobody_import_no_library_but_click(words: tuple[str, ...]) -> None:
    assert _imported(*words).isdisjoint(LATE)


def test_a_requester_needs_no_server_library() -> None:
    heavy = {"sqlalchemy", "fastapi", "pydantic", "jenkins", "jenkins_jobs", "uvicorn"}
    assert _imported("put-request", "-b", "nobody:nothing", "-t", "Functional.x").isdisjoint(heavy)
