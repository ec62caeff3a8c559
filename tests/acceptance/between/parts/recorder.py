"""A server on loopback that keeps what it was sent, and answers what it is told to; over TLS with a certificate."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from authority import Pair

Answer = Callable[[str], tuple[int, dict[str, str], bytes]]
"""From a path to status, headers and body."""


def nothing_special(_path: str) -> tuple[int, dict[str, str], bytes]:
    """An empty object, as of a Jenkins."""
    return 200, {"Content-Type": "application/json", "X-Jenkins": "2.0"}, b"{}"


@dataclass
class Recorder:
    """`heads` are the first lines of what came, `secrets` the Authorization of each, empty where there was none."""

    url: str
    heads: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


@contextmanager
def recorder(answer: Answer = nothing_special, *, pair: Pair | None = None) -> Iterator[Recorder]:
    """One that runs in a thread until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            found.heads.append(self.requestline)
            found.secrets.append(self.headers.get("Authorization", ""))
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_CONNECT = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not like our certificate goes away; that is what is tested."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if pair is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.certificate, pair.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        found = Recorder(f"http{'s' if pair else ''}://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
