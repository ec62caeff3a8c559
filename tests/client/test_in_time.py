"""An answer that comes a byte at a time: it has to come in time as a whole."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.client.site import Site

HEAD = b"HTTP/1.1 200 OK\r\n"
Say = Callable[[socket.socket], None]


def _drip(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"1")
        time.sleep(0.05)


def _dripping_head(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"X-More: ")
    _drip(connection)


def _dripping_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    _drip(connection)


def _dripping_chunk(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    _drip(connection)


def _steady(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 327680\r\n\r\n")
    for _ in range(10):
        connection.sendall(b"x" * 32768)
        time.sleep(0.25)


def _late(connection: socket.socket) -> None:
    for at, byte in enumerate(HEAD + b"Content-Length: 2\r\n\r\nOK"):
        connection.sendall(bytes([byte]))
        time.sleep(0.8 if at == 0 else 0.0)


@pytest.fixture
def serving() -> Iterator[Callable[..., Site]]:
    """A server that answers each call that way, and a session with it."""
    with contextlib.ExitStack() as stack:

        def serve(say: Say, patience: float = 0.3, slack: float = 0.1) -> Site:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def run() -> None:
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        while connection.recv(65536):
                            say(connection)

            threading.Thread(target=run, daemon=True).start()
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            return Site(url, name="SQUAD", patience=patience, slack=slack, retries=0)

        yield serve


@pytest.mark.parametrize("say", [_dripping_head, _dripping_body, _dripping_chunk])
def test_one_that_sends_a_byte_now_and_then_does_not_keep_us(serving: Callable[[Say], Site], say: Say) -> None:
    site = serving(say)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="it did not answer in time"):
        site.call("GET", "/")
    assert time.monotonic() - began < 8


@pytest.mark.slow
def test_what_comes_steadily_may_take_longer(serving: Callable[..., Site]) -> None:
    two_seconds = {"patience": 5.0, "slack": -3.0}
    assert len(serving(_steady, **two_seconds).call("GET", "/").body) == 327680


@pytest.mark.slow
def test_a_connection_that_is_used_again_has_its_whole_time(serving: Callable[..., Site]) -> None:
    site = serving(_late, patience=2.0)
    assert [site.call("GET", "/").text() for _ in range(3)] == ["OK"] * 3
