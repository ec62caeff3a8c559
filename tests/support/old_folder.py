"""The data folder of an old Fuego server, as it lies on the disk after some years."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

BOARD = {"host": "timslab", "board": "bbb", "cpu": "cortex-a8", "description": "BeagleBone", "kernel": "6.1"}
RUN = "2026-11-23_10:15:00-Functional.hello_world-on-timslab:bbb"
TEST_YAML = """fuego_package_version: 1
name: Functional.hello_world
description: says hello
version: 1.1
fuego_release: 1
author: Tim Bird
license: BSD-3-Clause
tags: ['toy']
"""


class OldFolder:
    """Makes one below a folder; `root` is its fserver-data."""

    def __init__(self, folder: Path) -> None:
        """Make it, with nothing in it."""
        self.root = folder / "fserver-data"
        for name in ("data/boards", "data/requests", "data/runs", "data/tests"):
            (self.root / name).mkdir(parents=True)
        for name in ("files/tests", "files/runs", "files/binary-packages"):
            (self.root / name).mkdir(parents=True)

    def board(self, **fields: str) -> Path:
        """A board."""
        record = {**BOARD, **fields}
        return self.record("boards", f"board-{record['host']}:{record['board']}", record)

    def request(self, moment: str = "2026-11-23_10:14:00.12", **fields: str) -> str:
        """A request; its id."""
        record = {"host": "timslab", "board": "bbb", "test_name": "Functional.hello_world", "requestor": "anna"}
        record |= {"state": "pending", "request_time": moment, **fields}
        name = f"request-{moment}-{record['host']}:{record['board']}"
        self.record("requests", name, record)
        return name

    def record(self, kind: str, name: str, content: Any) -> Path:
        """A file of data."""
        path = self.root / "data" / kind / f"{name}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content, sort_keys=True, indent=4) + "\n")
        return path

    def run(self, name: str = RUN, status: str = "PASS", **metadata: str) -> Path:
        """A run: its package, what is unpacked of it, and the link to that which such a server makes."""
        board = name.rpartition(":")[2]
        known = {"board": board, "test_spec": "default", "timestamp": "2026-11-23T10:15:00+0000", **metadata}
        run = {"name": "Functional.hello_world", "status": status, "metadata": known}
        unpacked = self.root / "files" / "runs" / name
        unpacked.mkdir()
        (unpacked / "run.json").write_text(json.dumps(run))
        (self.root / "data" / "runs" / f"run-{name}.json").symlink_to(unpacked / "run.json")
        path = self.root / "files" / "runs" / f"run-{name}.frp"
        path.write_bytes(packed({"run/run.json": json.dumps(run), "run/testlog.txt": "hello"}))
        return path

    def test(self, name: str = "Functional.hello_world-1.1-1", yaml: str = TEST_YAML) -> Path:
        """A test package."""
        path = self.root / "files" / "tests" / f"{name}.ftp"
        path.write_bytes(packed({f"{name.partition('-')[0]}/test.yaml": yaml}))
        return path


def packed(files: dict[str, str]) -> bytes:
    """A gzipped tar."""
    done = io.BytesIO()
    with tarfile.open(fileobj=done, mode="w:gz") as tar:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content.encode())
            tar.addfile(header, io.BytesIO(content.encode()))
    return done.getvalue()
