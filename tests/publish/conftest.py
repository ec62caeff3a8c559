"""A run package to deliver, and the servers that it goes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.packages import pack_run
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.publish.targets import RunPackage

KEY = "demolab/20261123-101500123-k3j7x2m4.1"

BONNIE: dict[str, Any] = {
    "name": "Benchmark.bonnie",
    "status": "FAIL",
    "duration_ms": 20345,
    "metadata": {
        "board": "bbb",
        "host_name": "demolab",
        "test_spec": "default",
        "kernel_version": "6.1.0-rc1+",
        "toolchain": "debian-armhf",
        "timestamp": "2026-11-23T10:15:00+0000",
        "request_id": "20261123-101500123-k3j7x2m4",
        "attempt": 1,
    },
    "test_sets": [
        {
            "name": "Sequential_Output",
            "status": "FAIL",
            "test_cases": [
                {
                    "name": "PerChr",
                    "status": "PASS",
                    "measurements": [{"name": "speed", "status": "PASS", "measure": 812.5, "unit": "K/s"}],
                },
                {"name": "Block", "status": "FAIL"},
                {"name": "Größe/2", "status": "SKIP"},
                {"name": "Rewrite", "status": "ERROR"},
            ],
        }
    ],
}


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., RunPackage]:
    """Makes a run package of what run.json says, with a log."""

    def make(run: dict[str, Any] = BONNIE, key: str = KEY) -> RunPackage:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps(run))
        (folder / "testlog.txt").write_text("writing with putc()... Größe 2\n" * 10)
        info = pack_run(folder, folder.with_suffix(".frp"), redactor=Redactor(()), metadata={})
        return RunPackage(key=key, path=info.path, sha256=info.sha256)

    return make
