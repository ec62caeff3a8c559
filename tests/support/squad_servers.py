"""A SQUAD for tests: one that answers as a real one was recorded, and a real one from its package in an environment of
its own (`make test-peers`). Both have the group fuego with the project boards, and a token that may submit there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from fake_server import FakeServer
from processes import free_port
from until import until

TOKEN = f"lab{'0' * 37}"


@dataclass
class StoredRun:
    """A test run as SQUAD's API tells it, with what was submitted."""

    id: int
    place: tuple[str, str, str, str]
    job_id: str
    tests: dict[str, Any]
    metrics: dict[str, Any]
    metadata: dict[str, Any]
    files: tuple[str, ...] = ()
    whole: bool = True
    contents: dict[str, bytes] = field(default_factory=dict)
    log: bytes = b""
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class FakeSquad(FakeServer):
    """Keeps runs in memory; the words of its answers are those recorded of SQUAD 1.98."""

    def __init__(self) -> None:
        """Start to listen."""
        self.runs: list[StoredRun] = []
        self.page = 50
        """How many runs are on a page at most."""
        self.half = False
        """Whether what is submitted now stays half stored, with an error for an answer."""
        super().__init__()

    def stored(self, job_id: str) -> list[StoredRun]:
        """What is there under a job_id."""
        return [run for run in self.runs if run.job_id == job_id]

    def halve(self, job_id: str) -> None:
        """Leave a run as a crash in the middle leaves it: long ago, without its results."""
        for run in self.stored(job_id):
            run.whole, run.tests, run.created_at = False, {}, datetime.now(UTC) - timedelta(hours=1)

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        parts = urlsplit(asked.path)
        wanted = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if asked.headers.get("Authorization") not in (None, f"Token {TOKEN}"):
            self.answer(asked, 403, '{"detail": "Invalid token."}')
        elif parts.path == "/api/":
            lists = ("builds", "groups", "projects", "testruns")
            self.answer(asked, 200, json.dumps({name: f"{self.url}/api/{name}/" for name in lists}))
        elif parts.path == "/api/projects/":
            is_there = (wanted["group__slug"], wanted["slug"]) == ("fuego", "boards")
            self.answer(asked, 200, json.dumps({"results": [{"slug": "boards"}] if is_there else []}))
        elif parts.path == "/api/testruns/":
            self._list(asked, wanted)
        elif one := re.fullmatch(r"/api/(builds|environments)/([0-9]+)/", parts.path):
            place = self.runs[int(one[2]) - 1].place
            self.answer(asked, 200, json.dumps({"version": place[2], "slug": place[3]}))
        elif one := re.fullmatch(r"/api/testruns/([0-9]+)/(\w+)/", parts.path):
            run = next(run for run in self.runs if run.id == int(one[1]))
            told = {"metadata_file": run.metadata, "tests_file": run.tests, "metrics_file": run.metrics}
            if one[2] in told:
                self.answer(asked, 200, json.dumps(told[one[2]]))
            else:
                self.answer_bytes(asked, run.log if one[2] == "log_file" else run.contents[wanted["filename"]])
        else:
            self.answer(asked, 404, "<h1>Not Found</h1>")

    def _list(self, asked: BaseHTTPRequestHandler, wanted: dict[str, str]) -> None:
        """A page of runs, as the filters that we use want them; `next` is an address of its own, with a cursor."""
        found = [run for run in self.runs if all(_fits(run, name, value) for name, value in wanted.items())]
        if wanted.get("ordering") == "-id":
            found.reverse()
        at, size = int(wanted.get("cursor", "0")), min(int(wanted.get("limit", "50")), self.page)
        query = urlencode({**wanted, "cursor": str(at + size)})
        following = f"http://squad.invalid/api/testruns/?{query}" if len(found) > at + size else None
        page = [self._told(run) for run in found[at : at + size]]
        self.answer(asked, 200, json.dumps({"next": following, "previous": None, "results": page}))

    def _told(self, run: StoredRun) -> dict[str, Any]:
        here = f"{self.url}/api/testruns/{run.id}"
        return {
            "id": run.id,
            "job_id": run.job_id,
            "job_status": run.metadata.get("job_status"),
            "created_at": run.created_at.isoformat(),
            "datetime": run.metadata.get("datetime") or run.created_at.isoformat(),
            "completed": True,
            "data_processed": run.whole,
            "status_recorded": run.whole,
            "tests_file": f"{here}/tests_file/" if run.tests else None,
            "metrics_file": f"{here}/metrics_file/" if run.metrics else None,
            "attachments": [{"filename": name, "length": len(data)} for name, data in run.contents.items()],
            "build": f"{self.url}/api/builds/{run.id}/",
            "environment": f"{self.url}/api/environments/{run.id}/",
        }

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a POST."""
        body = asked.rfile.read(int(asked.headers["Content-Length"]))
        if asked.headers.get("Authorization") != f"Token {TOKEN}":
            self.answer(asked, 403, '{"detail": "You do not have permission to perform this action."}')
            return
        place = tuple(urlsplit(asked.path).path.split("/")[3:7])
        if place[:2] != ("fuego", "boards"):
            self.answer(asked, 404, '{"detail": "No Project matches the given query."}')
            return
        form = _form(asked.headers["Content-Type"], body)
        told = {name: json.loads(next(iter(form[name]))[1]) for name in ("tests", "metrics", "metadata")}
        job_id = str(told["metadata"]["job_id"])
        if any(run.place[:3] == place[:3] and run.job_id == job_id for run in self.runs):
            self.answer(asked, 400, f"There is already a test run with job_id {job_id}")
            return
        contents = dict(form.get("attachment", ()))
        run = StoredRun(
            id=len(self.runs) + 1,
            place=(place[0], place[1], place[2], place[3]),
            job_id=job_id,
            files=tuple(contents),
            contents=contents,
            log=next((data for _, data in form.get("log", ())), b""),
            **told,
        )
        self.runs.append(run)
        if self.half:
            self.half = False
            self.halve(job_id)
            self.answer(asked, 500, "<!doctype html>\n<html><title>Server Error (500)</title></html>")
            return
        self.answer(asked, 201, str(run.id))

    def delete(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a DELETE."""
        number = int(re.findall(r"/api/testruns/([0-9]+)/", asked.path)[0])
        self.runs = [run for run in self.runs if run.id != number]
        self.answer(asked, 204, "")


def _fits(run: StoredRun, name: str, value: str) -> bool:
    told = {
        "build__project__group__slug": run.place[0],
        "build__project__slug": run.place[1],
        "build__version": run.place[2],
        "environment__slug": run.place[3],
        "job_id": run.job_id,
        "job_status": run.metadata.get("job_status"),
    }
    if name == "job_id__startswith":
        return run.job_id.startswith(value)
    if name == "datetime__gte":
        return datetime.fromisoformat(run.metadata["datetime"]) >= datetime.fromisoformat(value)
    return name not in told or told[name] == value


def _form(content_type: str, body: bytes) -> dict[str, list[tuple[str, bytes]]]:
    parsed = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found: dict[str, list[tuple[str, bytes]]] = {}
    for part in parsed.get_payload():
        name = part.get_param("name", header="content-disposition")
        found.setdefault(str(name), []).append((str(part.get_filename()), part.get_payload(decode=True)))
    return found


class RealSquad:
    """SQUAD from its package; `python` is that of the environment it is installed in."""

    def __init__(self, python: Path, folder: Path, database: str = "") -> None:
        """Set it up and start it; `database` is Django's word for where its data are, without it a file in `folder`."""
        self._python, self._port = python, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        database = database or f"ENGINE=django.db.backends.sqlite3:NAME={folder}/db.sqlite3"
        self._environ = {
            **os.environ,
            "XDG_DATA_HOME": str(folder),
            "ENV": "production",
            "SECRET_KEY": "of a test",
            "DATABASE": database,
            "SQUAD_STORAGE_DIR": str(folder / "storage"),
            "SQUAD_STATIC_DIR": str(folder / "static"),
            "SQUAD_BASE_URL": self.url,
            "SQUAD_LOG_LEVEL": "WARNING",
        }
        self._without_page_assets()
        self._admin("migrate")
        self._shell(
            "from django.contrib.auth.models import User; from rest_framework.authtoken.models import Token;"
            "from squad.core.models import Group; user = User.objects.create_user('lab');"
            f"Token.objects.create(user=user, key='{TOKEN}'); group = Group.objects.create(slug='fuego');"
            "group.add_user(user, access='submitter'); group.projects.create(slug='boards', is_public=True)"
        )
        command = [str(python), "-m", "gunicorn", "squad.wsgi", "-b", f"127.0.0.1:{self._port}", "--timeout", "300"]
        with (folder / "log").open("wb") as log:
            self._server = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log, cwd=folder)
        until(self._answers, "SQUAD answers", seconds=120)

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(90)

    def stored(self, job_id: str) -> list[StoredRun]:
        """What is there under a job_id."""
        found = requests.get(f"{self.url}/api/testruns/", params={"job_id": job_id}, timeout=30).json()["results"]
        return [
            StoredRun(
                id=one["id"],
                place=("fuego", "boards", "", ""),
                job_id=one["job_id"],
                tests={test["name"]: test["status"] for test in self._all(one["tests"])},
                metrics={metric["name"]: self._metric(metric) for metric in self._all(one["metrics"])},
                metadata=requests.get(one["metadata_file"], timeout=30).json(),
                files=tuple(file["filename"] for file in one["attachments"]),
                whole=one["data_processed"] and one["status_recorded"],
            )
            for one in found
        ]

    def halve(self, job_id: str) -> None:
        """Leave a run as a crash in the middle leaves it: long ago, without its results."""
        self._shell(
            "from squad.core.models import TestRun; import datetime;"
            f"runs = TestRun.objects.filter(job_id='{job_id}'); [run.tests.all().delete() for run in runs];"
            "long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1);"
            "runs.update(data_processed=False, status_recorded=False, created_at=long_ago)"
        )

    def _all(self, url: str) -> Iterator[dict[str, Any]]:
        page: str | None = url
        while page:
            answer = requests.get(page, timeout=30).json()
            yield from answer["results"]
            page = answer["next"]

    @staticmethod
    def _metric(metric: dict[str, Any]) -> dict[str, Any]:
        return {"value": metric["result"], **({"unit": metric["unit"]} if metric["unit"] else {})}

    def _without_page_assets(self) -> None:
        """At its import SQUAD fetches scripts and fonts of its pages, which no test looks at."""
        where = "import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec('squad').origin).parent)"
        done = subprocess.run([self._python, "-c", where], check=True, capture_output=True, text=True)
        (Path(done.stdout.strip()) / "frontend" / "static" / "download").write_text("#!/bin/sh\nexit 0\n")

    def _shell(self, code: str) -> None:
        self._admin("shell", "-c", code)

    def _admin(self, *arguments: str) -> None:
        command = [str(self._python), "-m", "squad.manage", *arguments]
        subprocess.run(command, check=True, env=self._environ, capture_output=True, timeout=300)

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/api/", timeout=30).ok
        return False


def installed_squad() -> Path | None:
    """The Python of the environment that SQUAD is installed in; None: there is none (`make test-peers` makes it)."""
    folder = os.environ.get("FUEGO_PEERS_VENV", "")
    python = Path(folder).absolute() / "bin" / "python"
    return python if folder and python.is_file() and python != Path(sys.executable) else None
