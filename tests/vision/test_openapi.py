"""The API's description says exactly what vision takes and gives (tests/hub/test_openapi.py has what both share)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import schemathesis_run

PROGRAM = """
import sys
from pathlib import Path
from fuego_jenkins_remote.vision.serve import serve
serve(Path(sys.argv[1]), host="127.0.0.1", port=0, json_ready=True)
"""


@pytest.fixture
def served(world: Any, tmp_path: Path) -> Iterator[str]:
    """The address of a vision in a process of its own, with a run in it."""
    world.put("demolab/20261123-101500123-k3j7x2m4.1", world.pack(world.run_json(), {"testlog.txt": b"hello\n"}))
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(world.data_dir)], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def test_every_operation_but_the_first_one_is_described_with_a_token(world: Any) -> None:
    described = world.client.get("/api/v1/openapi.json").json()
    without = [
        f"{method} {path}"
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if "security" not in operation or not {"401", "403"} <= set(operation["responses"])
    ]
    assert without == ["get /api/v1/"]


def test_a_parameter_that_a_call_does_not_have_is_refused_also_where_a_file_is_asked_for(world: Any) -> None:
    for path in ("", "/package", "/files/testlog.txt"):
        answer = world.get(f"/api/v1/runs/demolab/20261123-101500123{path}", x="1")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["none", "reader", "lab"])
def test_schemathesis_finds_nothing(world: Any, served: str, tmp_path: Path, who: str) -> None:
    headers = {"none": {}, "reader": world.reader, "lab": world.lab}[who]
    token = headers.get("Authorization", "").removeprefix("Bearer ")
    schemathesis_run.run(served, Path(__file__).parent / "schemathesis.toml", tmp_path, token=token)
    assert '"exception"' not in (tmp_path / "log").read_text(encoding="utf-8")
