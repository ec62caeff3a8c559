"""One `serve` a folder on SQLite; what an operator does beside it goes on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import FTC, run_ftc

pytestmark = pytest.mark.slow


@contextmanager
def served(service: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*FTC, service, "serve", "--data", str(data), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["service"] == service
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("service", ["hub", "vision"])
def test_a_second_serve_of_a_folder_is_refused_and_one_after_a_kill_is_not(service: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run_ftc(service, "init", "--data", data).returncode == 0
    with served(service, data) as first:
        second = run_ftc(service, "serve", "--data", data, "--port", "0")
        assert second.returncode == 1
        assert f"another ftc {service} serve works with this folder" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        first.kill()
        with served(service, data):
            pass


def test_an_operator_works_beside_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run_ftc("hub", "init", "--data", data).returncode == 0
    beside = (
        ("init",), ("add-user", "ann", "--team", "lab"), ("backup", tmp_path / "kept"), ("list-tokens",),
        ("prune", "--keep-audit", "365d"),
    )  # fmt: skip
    with served("hub", data):
        done = [run_ftc("hub", *words, "--data", data) for words in beside]
    assert [one.returncode for one in done] == [0] * len(beside), [one.stderr for one in done]
