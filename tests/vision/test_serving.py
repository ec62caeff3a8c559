"""Vision as a process: set up, served, given runs, stopped; and what its operator is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.service.engine import NotMigrated
from fuego_jenkins_remote.vision import admin

PROGRAM = """
import sys
from pathlib import Path
from fuego_jenkins_remote.vision.serve import serve
serve(Path(sys.argv[1]), host="127.0.0.1", port=0, json_ready=True)
"""


@pytest.mark.slow
def test_runs_outlive_the_process_even_when_it_is_killed(world: Any) -> None:
    key = "demolab/20261123-101500123-k3j7x2m4.1"
    package = world.pack(world.run_json())
    for end in (signal.SIGKILL, signal.SIGTERM):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(world.data_dir)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            request = urllib.request.Request(
                f"{url}/api/v1/runs/{key}?sha256={world.digest(package)}",
                data=package,
                method="PUT",
                headers={**world.lab, "Content-Type": "application/octet-stream"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.status == (201 if end == signal.SIGKILL else 200)
                assert json.load(answer)["url"] == f"{url}/runs/{key}"
            process.send_signal(end)
            process.wait(timeout=90)

    assert process.returncode == 0
    assert world.get(f"/api/v1/runs/{key}/package").content == package


def test_only_the_owner_may_look_into_the_data_folder(data_dir: Path) -> None:
    assert data_dir.stat().st_mode & 0o777 == 0o700


def test_setting_up_again_keeps_what_is_there(data_dir: Path, world: Any) -> None:
    world.put("demolab/before-again", world.pack(world.run_json()))
    admin.init_data(data_dir)

    assert len(world.get("/api/v1/runs").json()["runs"]) == 1


def test_a_folder_that_was_not_set_up_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotMigrated, match="ftc vision init"):
        admin.open_data(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("owner", "kind"), [("tim", "lab"), ("a/b", "submit"), ("", "read"), ("x" * 101, "read")])
def test_tokens_for_nobody_are_not_made(world: Any, owner: str, kind: str) -> None:
    with pytest.raises((ValueError, BadName)):
        admin.add_token(world.engine, owner, kind=kind)


def test_an_expired_token_is_nobody(world: Any) -> None:
    secret = admin.add_token(world.engine, "tim", kind="read", expires_at=datetime(2026, 11, 23, 11, tzinfo=UTC))

    answer = world.client.get("/api/v1/runs", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-token")


def test_a_token_is_told_what_it_is_for(world: Any) -> None:
    told = [world.client.get("/api/v1/whoami", headers=headers).json() for headers in (world.lab, world.reader)]
    assert [one["kind"] for one in told] == ["submit", "read"]
