"""The hub as a client of vision: what goes there and comes from there, and what a vision cannot do to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from fake_server import FakeServer
from fuego_jenkins_remote.client.vision import Delivered
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.vision import BadVision, Vision, vision_of
from fuego_jenkins_remote.hub.fserver.wire import Fail

from .test_packages import packed_run

KEY = f"timslab/old-{1:040x}"
KEY_OF_TWO = f"timslab/old-{2:040x}"
KEY_OF_NONE = f"timslab/old-{3:040x}"
Answer = Callable[[BaseHTTPRequestHandler], None]


class FakeVision(FakeServer):
    """Answers all that is fetched as `answers` does, and keeps what was asked."""

    def __init__(self) -> None:
        """Start to listen."""
        self.asked: list[str] = []
        self.answers: Answer = lambda asked: self.answer_bytes(asked, b"")
        super().__init__()

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        self.asked.append(asked.path)
        self.answers(asked)


@pytest.fixture
def fake() -> Iterator[FakeVision]:
    server = FakeVision()
    yield server
    server.close()


def real(fserver: Fserver) -> Vision:
    made = vision_of(fserver.vision, fserver.vision_token_file)
    assert made is not None
    return made


def handed_on(fserver: Fserver, key: str, content: bytes, folder: Path) -> Delivered:
    (folder / "x.frp").write_bytes(content)
    return real(fserver).put(key, folder / "x.frp", hashlib.sha256(content).hexdigest())


def test_a_run_that_was_handed_on_is_fetched_as_it_was(vision: Fserver, tmp_path: Path) -> None:
    content = packed_run(build_number="100")
    delivered = handed_on(vision, KEY, content, tmp_path)
    assert (delivered.status, delivered.url.startswith("http")) == ("PASS", True)
    assert b"".join(real(vision).package(KEY)) == content
    assert b'"PASS"' in b"".join(real(vision).run_json(KEY))


def test_another_run_of_that_name_is_said(vision: Fserver, tmp_path: Path) -> None:
    handed_on(vision, KEY_OF_TWO, packed_run(build_number="1"), tmp_path)
    with pytest.raises(Fail, match="vision has another run of that name"):
        handed_on(vision, KEY_OF_TWO, packed_run(build_number="2"), tmp_path)


def test_a_run_that_is_not_there_is_said_before_anything_is_sent(vision: Fserver) -> None:
    with pytest.raises(Fail, match="vision did not give the run"):
        real(vision).package(KEY_OF_NONE)


def test_the_token_follows_no_redirect(fake: FakeVision) -> None:
    def redirect(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(307)
        asked.send_header("Location", f"{fake.url}/elsewhere")
        asked.send_header("Content-Length", "0")
        asked.end_headers()

    fake.answers = redirect
    with pytest.raises(Fail, match="sends us elsewhere"):
        Vision(fake.url, "secret").package(KEY)
    assert fake.asked == [f"/api/v1/runs/{KEY}/package"]


def test_half_a_package_is_not_taken_for_a_whole_one(fake: FakeVision) -> None:
    def break_off(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(200)
        asked.send_header("Content-Length", "200000")
        asked.end_headers()
        asked.wfile.write(b"x" * 100_000)
        asked.close_connection = True

    fake.answers = break_off
    with pytest.raises(Fail, match="vision did not give the run"):
        b"".join(Vision(fake.url, "secret").package(KEY))


def test_who_is_not_there_is_said(fake: FakeVision) -> None:
    fake.close()
    with pytest.raises(Fail, match="nothing listens there"):
        Vision(fake.url, "secret").package(KEY)


@pytest.mark.parametrize("url", ["http://vision.example", "ftp://vision", "vision", "https://a:b@vision"])
def test_a_token_is_sent_to_no_such_address(url: str) -> None:
    with pytest.raises(BadVision):
        Vision(url, "secret")


def test_a_file_of_certificates_that_holds_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(BadVision, match="holds no certificate"):
        Vision("https://vision.example", "secret", ca_file=tmp_path / "ca.pem")
    with pytest.raises(BadVision, match="No such file"):
        Vision("https://vision.example", "secret", ca_file=tmp_path / "none.pem")


def test_vision_needs_a_token(tmp_path: Path) -> None:
    assert vision_of("", None) is None
    with pytest.raises(BadVision, match="token"):
        vision_of("https://vision.example", None)
    with pytest.raises(BadVision, match="cannot be read"):
        vision_of("https://vision.example", tmp_path / "none")
