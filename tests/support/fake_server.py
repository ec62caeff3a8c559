"""A server for tests that answers as another project's was recorded: it listens; its subclass says what is answered."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeServer:
    """Listens on a free port of this machine; `get`, `post` and `delete` are called in a thread for each connection."""

    content_type = "application/json"

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Start to listen, over https with `tls`."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake.get(self)

            def do_POST(self) -> None:
                fake.post(self)

            def do_HEAD(self) -> None:
                fake.head(self)

            def do_DELETE(self) -> None:
                fake.delete(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        asked.send_error(405)

    def head(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a HEAD."""
        asked.send_error(405)

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a POST."""
        asked.send_error(405)

    def delete(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a DELETE."""
        asked.send_error(405)

    def answer(self, asked: BaseHTTPRequestHandler, status: int, body: str) -> None:
        """Answer with this text."""
        self.answer_bytes(asked, body.encode(), status)

    def answer_bytes(self, asked: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
        """Answer with these bytes."""
        asked.send_response(status)
        asked.send_header("Content-Type", self.content_type)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)
