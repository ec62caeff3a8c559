"""An old Fuego server for tests: the part that keeps runs, answering as the original was recorded."""

from __future__ import annotations

import io
import json
import re
import tarfile
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fake_server import FakeServer

_DATA = "/srv/fserver/fserver-data"


class FserverServer(FakeServer):
    """`files` and `data` are what lies in its folders for runs."""

    content_type = "text/html"

    def __init__(self) -> None:
        """Start to listen."""
        self.files: dict[str, bytes] = {}
        self.data: dict[str, dict[str, Any]] = {}
        super().__init__()
        self.root, self.url = self.url, f"{self.url}/cgi-bin"

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        parts = urlsplit(asked.path)
        stored = re.fullmatch(r"/fserver-data/data/runs/(.+)\.json", parts.path)
        if stored is not None:
            kept = self.data.get(stored[1])
            self.answer(asked, 404 if kept is None else 200, json.dumps(kept, indent=4) if kept else "Not Found")
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        name = query.get("run_id", "")
        if query.get("action") == "get_run_url":
            there = f"OK\n/fserver-data/files/runs/{name}.frp"
            missing = f"FAIL\nError: filepath {_DATA}/files/runs/{name}.frp does not exist"
            self.answer(asked, 200, there if name in self.files else missing)
        elif query.get("action") == "remove_run":
            there = (self.data.pop(name, None), self.files.pop(name, None))
            said = f"Run file {name}.json was removed\nRun file {name}.frp was removed\n"
            problem = "" if all(there) else f"Error: could not remove {_DATA}/data/runs/{name}.json\n"
            self.answer(asked, 200, f"{'FAIL' if problem else 'OK'}\n{problem}{said}")
        else:
            self.answer(
                asked, 200, '\n<body><h1 align="center">Fserver Error</h1>\n<font color=red>Unknown action</font>'
            )

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a POST."""
        body = asked.rfile.read(int(asked.headers["Content-Length"]))
        head = b"Content-Type: " + asked.headers["Content-Type"].encode() + b"\r\n\r\n"
        (part,) = BytesParser().parsebytes(head + body).get_payload()
        file, content = str(part.get_filename()), part.get_payload(decode=True)
        name = file.removesuffix(".frp")
        if name in self.files:
            said = f"FAIL\nAlready have a file {file}. Cannot proceed.\nInvalid filename for run specified: "
            self.answer(asked, 200, said)
            return
        self.files[name] = content
        said = f"File '{file}' uploaded successfully!\nCreated {_DATA}/files/runs/{file}\n"
        try:
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                self.data[name] = json.load(tar.extractfile("run/run.json"))  # type: ignore[arg-type]
        except tarfile.TarError:
            self.answer(asked, 200, f"FAIL\n{said}Could not extract file from run package\n")
            return
        self.answer(asked, 200, f"OK\n{said}Extracted {_DATA}/data/runs/{name}.json from uploaded file\n")
