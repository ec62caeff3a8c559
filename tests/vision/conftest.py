"""A vision in a fresh folder, labs' tokens, and run packages made on the spot."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

import vision_folders
from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.app import make_app

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def run_json(**changes: Any) -> dict[str, Any]:
    """A small benchmark run, with what is given put in its place (``metadata`` is added to)."""
    metadata = {
        "board": "bbb",
        "host_name": "demolab",
        "test_spec": "default",
        "build_number": "7",
        "timestamp": "2026-11-23T10:00:00+0000",
        "kernel_version": "6.1.0-13",
        "toolchain": "debian-armhf",
        **changes.pop("metadata", {}),
    }
    return {
        "name": "Benchmark.Dhrystone",
        "status": "PASS",
        "schema_version": "1.0",
        "duration_ms": 33915,
        "metadata": metadata,
        "test_sets": [
            {
                "name": "default",
                "status": "PASS",
                "test_cases": [
                    {
                        "name": "Dhrystone",
                        "status": "PASS",
                        "measurements": [{"name": "Score", "status": "PASS", "measure": 5000000.5, "unit": "Dhry/s"}],
                    },
                    {"name": "Schlußprüfung", "status": "FAIL"},
                ],
            }
        ],
        **changes,
    }


def pack(run: dict[str, Any] | bytes | None, files: dict[str, bytes] | None = None) -> bytes:
    """Make a run package of a run.json (or of what stands in its place) and other files of the run's folder."""
    content = {f"run/{name}": data for name, data in (files or {}).items()}
    if run is not None:
        content["run/run.json"] = run if isinstance(run, bytes) else json.dumps(run).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, data in content.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return packed.getvalue()


def digest(package: bytes) -> str:
    return hashlib.sha256(package).hexdigest()


@dataclass
class World:
    """A vision, what it stands on, and tokens for it."""

    data_dir: Path
    engine: sa.Engine
    client: TestClient
    lab: dict[str, str]
    reader: dict[str, str]

    now = NOW
    run_json = staticmethod(run_json)
    pack = staticmethod(pack)
    digest = staticmethod(digest)

    def put(self, key: str, package: bytes, *, headers: dict[str, str] | None = None, sha256: str | None = None) -> Any:
        return self.client.put(
            f"/api/v1/runs/{key}",
            params={"sha256": sha256 or digest(package)},
            content=package,
            headers=self.lab if headers is None else headers,
        )

    def get(self, path: str, **params: Any) -> Any:
        return self.client.get(path, params=params, headers=self.reader)

    def page(self, path: str, **params: Any) -> Any:
        return self.client.get(path, params=params, headers={**self.reader, "Accept": "text/html"})


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "vision data % ä"
    vision_folders.init(folder)
    return folder


@pytest.fixture
def engine(data_dir: Path) -> Iterator[sa.Engine]:
    engine = admin.open_data(data_dir)
    yield engine
    engine.dispose()


@pytest.fixture
def world(data_dir: Path, engine: sa.Engine) -> Iterator[World]:
    lab = {"Authorization": f"Bearer {admin.add_token(engine, 'demolab')}"}
    reader = {"Authorization": f"Bearer {admin.add_token(engine, 'tim', kind='read')}"}
    with TestClient(make_app(engine, data_dir, clock=lambda: NOW), follow_redirects=False) as client:
        yield World(data_dir=data_dir, engine=engine, client=client, lab=lab, reader=reader)


@pytest.fixture
def put_runs(world: World) -> Callable[..., list[str]]:
    """Bring N runs, a minute apart, the last one the newest; gives their keys."""

    def put(number: int, **changes: Any) -> list[str]:
        keys = []
        for at in range(number):
            stamp = (NOW - timedelta(minutes=number - at)).isoformat()
            metadata = {**changes.get("metadata", {}), "timestamp": stamp}
            key = f"demolab/run-{len(world.get('/api/v1/runs', limit=500).json()['runs']):04}-x"
            assert world.put(key, pack(run_json(**{**changes, "metadata": metadata}))).status_code == 201
            keys.append(key)
        return keys

    return put
