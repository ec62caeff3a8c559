"""An old Fuego server for tests: the part that keeps runs, answering as the original was recorded."""

from __future__ import annotations

import io
import json
import re
import tarfile
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_DATA = "/srv/fserver/fserver-data"


class FserverServer:
    """`files` and `data` are what lies in its folders for runs."""

    def __init__(self) -> None:
        """Start to listen."""
        self.files: dict[str, bytes] = {}
        self.data: dict[str, dict[str, Any]] = {}
        fserver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fserver._get(self)

            def do_POST(self) -> None:
                fserver._post(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.root}/cgi-bin"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _get(self, asked: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(asked.path)
        stored = re.fullmatch(r"/fserver-data/data/runs/(.+)\.json", parts.path)
        if stored is not None:
            kept = self.data.get(stored[1])
            _answer(asked, 404 if kept is None else 200, json.dumps(kept, indent=4) if kept else "Not Found")
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        name = query.get("run_id", "")
        if query.get("action") == "get_run_url":
            there = f"OK\n/fserver-data/files/runs/{name}.frp"
            _answer(
                asked,
                200,
                there if name in self.files else f"FAIL\nError: filepath {_DATA}/files/runs/{name}.frp does not exist",
            )
        elif query.get("action") == "remove_run":
            there = (self.data.pop(name, None), self.files.pop(name, None))
            said = f"Run file {name}.json was removed\nRun file {name}.frp was removed\n"
            problem = "" if all(there) else f"Error: could not remove {_DATA}/data/runs/{name}.json\n"
            _answer(asked, 200, f"{'FAIL' if problem else 'OK'}\n{problem}{said}")
        else:
            _answer(asked, 200, '\n<body><h1 align="center">Fserver Error</h1>\n<font color=red>Unknown action</font>')

    def _post(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers["Content-Length"]))
        head = b"Content-Type: " + asked.headers["Content-Type"].encode() + b"\r\n\r\n"
        (part,) = BytesParser().parsebytes(head + body).get_payload()
        file, content = str(part.get_filename()), part.get_payload(decode=True)
        name = file.removesuffix(".frp")
        if name in self.files:
            said = f"FAIL\nAlready have a file {file}. Cannot proceed.\nInvalid filename for run specified: "
            _answer(asked, 200, said)
            return
        self.files[name] = content
        said = f"File '{file}' uploaded successfully!\nCreated {_DATA}/files/runs/{file}\n"
        try:
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                self.data[name] = json.load(tar.extractfile("run/run.json"))  # type: ignore[arg-type]
        except tarfile.TarError:
            _answer(asked, 200, f"FAIL\n{said}Could not extract file from run package\n")
            return
        _answer(asked, 200, f"OK\n{said}Extracted {_DATA}/data/runs/{name}.json from uploaded file\n")


def _answer(asked: BaseHTTPRequestHandler, status: int, body: str) -> None:
    asked.send_response(status)
    asked.send_header("Content-Type", "text/html")
    asked.send_header("Content-Length", str(len(body.encode())))
    asked.end_headers()
    asked.wfile.write(body.encode())
