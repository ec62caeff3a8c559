"""Vision's calls as docs/protocol.md has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.client.errors import Conflict
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.network.identities import BadIdentity

KEY = "demolab/20261123-101500123-k3j7x2m4.1"


@pytest.fixture
def vision(server) -> VisionClient:
    return VisionClient(server.url, "t", retries=0)


def test_a_run_is_delivered_under_its_key_with_its_digest(server, vision: VisionClient, tmp_path: Path) -> None:
    (tmp_path / "x.frp").write_bytes(b"run")
    server.answers_with(201, {"key": KEY, "url": "http://v/runs/1", "status": "PASS"})
    delivered = vision.put_run(KEY, tmp_path / "x.frp", "ab")
    assert (delivered.key, delivered.url, delivered.status) == (KEY, "http://v/runs/1", "PASS")
    assert (server.asked[0].method, server.asked[0].path) == ("PUT", f"/api/v1/runs/{KEY}?sha256=ab")


def test_another_run_under_the_same_key_is_a_conflict(server, vision: VisionClient, tmp_path: Path) -> None:
    (tmp_path / "x.frp").write_bytes(b"run")
    server.answers_with(409, {"detail": "another run has this key"})
    with pytest.raises(Conflict, match="another run"):
        vision.put_run(KEY, tmp_path / "x.frp", "ab")


def test_runs_come_in_pages(server, vision: VisionClient) -> None:
    server.answers_with(200, {"runs": [{"key": KEY}], "before": "x"})
    assert vision.runs(board="demolab:bbb", status="") == ([{"key": KEY}], "x")
    assert server.asked[0].path == "/api/v1/runs?board=demolab%3Abbb"


def test_one_run_and_its_package(server, vision: VisionClient, tmp_path: Path) -> None:
    server.answers_with(200, {"key": KEY})
    server.answers_with(200, b"package")
    assert vision.run(KEY) == {"key": KEY}
    vision.get_run(KEY, tmp_path / "x.frp")
    assert [one.path for one in server.asked] == [f"/api/v1/runs/{KEY}", f"/api/v1/runs/{KEY}/package"]
    assert (tmp_path / "x.frp").read_bytes() == b"package"


@pytest.mark.parametrize("key", ["", "demolab", "../../x", "demolab/../boards", "a/b/c"])
def test_what_is_no_key_is_not_asked_for(server, vision: VisionClient, key: str) -> None:
    with pytest.raises(BadIdentity):
        vision.run(key)
    assert server.asked == []
