"""An old Fuego server for tests: it answers as the original was recorded, with the faults that clients must live with.

tests/client/fserver/test_fake.py replays the recordings: all is the same but for times and temporary names.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fake_server import FakeServer
from fuego_jenkins_remote.fuego import fserver_format

ROOT = "/srv/fserver/fserver-data"
Form = dict[str, str]

BROKEN = (
    '\n<body><h1 align="center">FSERVER Error</h1>\n<font color="red">Exception raised by fserver software</font>\n'
)
UNKNOWN_ACTION = "\n<body><h1 align=\"center\">Fserver Error</h1>\n<font color=red>Unknown action '{}'</font><BR>\n"
MAIN_PAGE = '\n<body><h1 align="center">Fuego server objects</h1>\n<H1>Fuego objects on this server</h1>\n'


class _Fail(Exception):
    """FAIL, and what stands behind it."""


class _Breaks(Exception):
    """What the original broke over, with a page."""


class FserverServer(FakeServer):
    """What lies in its folders: `boards`, `requests` and `data` (of runs) are records, the others files' bytes.

    `now` is the clock; `seen` are the actions that were asked, in order.
    """

    content_type = "text/html"

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Start to listen."""
        self.now = now
        self.boards: dict[str, Form] = {}
        self.requests: dict[str, Form] = {}
        self.files: dict[str, bytes] = {}
        self.data: dict[str, dict[str, Any]] = {}
        self.tests: dict[str, bytes] = {}
        self.test_data: dict[str, bytes] = {}
        self.binaries: dict[str, bytes] = {}
        self.binary_data: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.before: Callable[[str, Form], None] = lambda _action, _form: None
        self._lock = threading.RLock()
        super().__init__()
        self.root, self.url = self.url, f"{self.url}/cgi-bin"

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a GET."""
        parts = urlsplit(asked.path)
        if parts.path.startswith("/fserver-data/"):
            body = self._stored(unquote(parts.path).removeprefix("/fserver-data/"))
            self._send(asked, 404 if body is None else 200, b"Not Found" if body is None else body)
        else:
            self._cgi(asked, parts.query, {}, [])

    def head(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a HEAD."""
        body = self._stored(unquote(urlsplit(asked.path).path).removeprefix("/fserver-data/"))
        asked.send_response(404 if body is None else 200)
        asked.send_header("Content-Length", str(len(body or b"")))
        asked.end_headers()

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a POST."""
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        kind = asked.headers.get("Content-Type") or ""
        fields: list[tuple[str, str]] = []
        upload: dict[str, tuple[str, bytes]] = {}
        if kind.startswith("multipart/"):
            message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            for part in message.get_payload():
                name = str(part.get_param("name", header="content-disposition"))
                content = part.get_payload(decode=True)
                if part.get_filename() is None:
                    fields.append((name, content.decode()))
                else:
                    upload[name] = (str(part.get_filename()), content)
        elif kind == "application/x-www-form-urlencoded":
            fields = parse_qsl(body.decode(), errors="surrogateescape")
        self._cgi(asked, urlsplit(asked.path).query, upload, fields, bad_body=bool(body) and "json" in kind)

    def _cgi(
        self,
        asked: BaseHTTPRequestHandler,
        query: str,
        upload: dict[str, tuple[str, bytes]],
        fields: list[tuple[str, str]],
        *,
        bad_body: bool = False,
    ) -> None:
        in_query = dict(parse_qsl(query, keep_blank_values=True))
        action = in_query.get("action")
        if action is None:
            self._send(asked, 200, MAIN_PAGE.encode())
            return
        pairs = [*parse_qsl(query), *fields]
        with self._lock:
            body = self._act(action, pairs, upload, bad_body)
        self._send(asked, 200, body.encode("utf-8", "surrogateescape"))

    def _act(
        self, action: str, pairs: list[tuple[str, str]], upload: dict[str, tuple[str, bytes]], bad_body: bool
    ) -> str:
        form = dict(pairs)
        form.pop("action", None)
        self.seen.append(action)
        try:
            self.before(action, form)
            known = getattr(self, f"_do_{action}", None)
            if action in {"get_test", "remove_test"} or bad_body or len(dict(pairs)) < len(pairs):
                raise _Breaks
            if known is None:
                return UNKNOWN_ACTION.format(action)
            said: str = known(upload if action.startswith("put_") and action in _UPLOADS else form)
        except _Fail as failed:
            return f"FAIL\n{failed}"
        except _Breaks:
            return BROKEN
        return f"OK\n{said}"

    # -- boards

    def _do_put_board(self, form: Form) -> str:
        place = _place(form)
        _no_slash(place)
        self.boards[place] = dict(form)
        return ""

    def _do_update_board(self, form: Form) -> str:
        self.boards[self._registered(_place(form))] |= form
        return ""

    def _do_get_board(self, form: Form) -> str:
        return _sent(self.boards[self._registered(_place(form))])

    def _do_query_boards(self, form: Form) -> str:
        # Only host and board are filters; other fields are passed over.
        wanted = {key: value for key, value in form.items() if key in {"host", "board"}}
        return _lines(place for place, one in sorted(self.boards.items()) if _fits(one, wanted))

    def _registered(self, place: str) -> str:
        if place not in self.boards:
            raise _Fail(f"Error: board '{place}' is not registered")
        return place

    # -- requests

    def _do_put_request(self, form: Form) -> str:
        if "host" not in form or "board" not in form or not all(_is_text(value) for value in form.values()):
            raise _Breaks
        place = f"{form['host']}:{form['board']}"
        if place not in self.boards:
            raise _Fail(f"Error: No matching board '{place}' registered with server")
        now = self.now()
        moment = f"{now:%Y-%m-%d_%H:%M:%S}.{now.microsecond // 10_000:02d}"
        name = f"request-{moment}-{place}"
        self.requests[name] = {**form, "state": "pending", "request_time": moment}
        return f"request_id={name}\n"

    def _do_get_request(self, form: Form) -> str:
        record = self.requests.get(form["request_id"])
        if record is None:
            missing = f"{ROOT}/data/requests/{form['request_id']}.json"
            raise _Fail(f"In fserver.py:get_request\nError: filepath {missing} does not exist")
        return _sent(record, line_end=False)

    def _do_update_request(self, form: Form) -> str:
        if "request_id" not in form:
            raise _Fail("Error: can't read request_id from form")
        changes = {key: value for key, value in form.items() if key != "request_id"}
        record = self.requests.get(form["request_id"])
        if record is None:
            raise _Fail(f"Error: filepath {ROOT}/data/requests/{form['request_id']}.json does not exist")
        for key in changes:
            if key not in fserver_format.CHANGEABLE:
                raise _Fail(f"Error - can't change field '{key}' in request")
        record |= changes
        return fserver_format.as_json(record, line_end=False)

    def _do_query_requests(self, form: Form) -> str:
        self._end_old_ones()
        found = []
        for name, one in sorted(self.requests.items(), key=lambda item: item[0]):
            for key in form:
                if not one.get(key, "").isascii():
                    raise _Breaks
                if not fserver_format.matches(form[key], one.get(key, "")):
                    break
            else:
                found.append(name)
        return _lines(found)

    def _do_remove_request(self, form: Form) -> str:
        if self.requests.pop(form["request_id"], None) is None:
            raise _Fail(f"Error: filepath {ROOT}/data/requests/{form['request_id']}.json does not exist\n")
        return f"Request file {form['request_id']}.json was removed\n"

    def _end_old_ones(self) -> None:
        for one in self.requests.values():
            started = one.get("start_time", "")
            if one["state"] != "running" or not started:
                continue
            at = fserver_format.read_time(started)
            if at is None:
                one |= {"state": "error", "reason": f"Could not parse start_time of {started}"}
            elif self.now() - at > timedelta(hours=fserver_format.RUNNING_HOURS):
                hours = f"{fserver_format.RUNNING_HOURS} hours of starting (at {started[:19]})"
                now = self.now()
                one |= {
                    "state": "error",
                    "reason": f"Request timed out. Test was not completed within {hours}.",
                    "done_time": f"{now:%Y-%m-%d_%H:%M:%S}.{now.microsecond // 10_000:02d}",
                }

    # -- runs

    def _do_put_run(self, upload: dict[str, tuple[str, bytes]]) -> str:
        file, content, said = self._uploaded(upload, self.files, "runs", more="Invalid filename for run specified: ")
        name = file.removesuffix(".frp")
        if not file.startswith("run-") or not file.endswith(".frp"):
            raise _Fail(f"File '{file}' uploaded successfully!\nInvalid filename for run specified: {file}")
        said += f"Tar cmd=tar -C {ROOT}/files/runs/tmpXXXXXX -xf {ROOT}/files/runs/{file} --force-local\n"
        try:
            kept = _member(content, "run/run.json")
        except tarfile.TarError:
            raise _Fail(f"{said}Could not extract file from run package\n") from None
        if kept is None:
            folder = f"{ROOT}/files/runs/{name.removeprefix('run-')}"
            raise _Fail(f"{said}Error: can't find {folder}/run.json\n in extracted .frp contents\n")
        self.data[name] = json.loads(kept)
        return f"{said}Extracted {ROOT}/data/runs/{name}.json from uploaded file\n"

    def _do_query_runs(self, form: Form) -> str:
        found = []
        for name in sorted(self.data):
            match = re.fullmatch(r"run-.{19}-(?P<test_name>.+)-on-(?P<host>[^:]+):(?P<board>.+)", name)
            if match and _fits(match.groupdict(), form):
                found.append(name)
        return _lines(found)

    def _do_get_run_url(self, form: Form) -> str:
        if "run_id" not in form:
            raise _Fail("Error: can't read run_id from form")
        if form["run_id"] not in self.files:
            raise _Fail(f"Error: filepath {ROOT}/files/runs/{form['run_id']}.frp does not exist")
        return f"/fserver-data/files/runs/{form['run_id']}.frp"

    def _do_remove_run(self, form: Form) -> str:
        if "run_id" not in form:
            raise _Breaks
        name = form["run_id"]
        whole = name in self.data and name in self.files
        self.data.pop(name, None)
        self.files.pop(name, None)
        said = f"Run file {name}.json was removed\nRun file {name}.frp was removed\n"
        said += f"Run directory {name.removeprefix('run-')} was removed\n"
        if not whole:
            raise _Fail(f"Error: could not remove {ROOT}/data/runs/{name}.json\n{said}")
        return said

    # -- tests and binaries

    def _do_put_test(self, upload: dict[str, tuple[str, bytes]]) -> str:
        file, content, said = self._uploaded(upload, self.tests, "tests")
        if not file.endswith(".ftp"):
            wrong = f"Invalid filename for test specified: {file} (expected .ftp extension)"
            raise _Fail(f"File '{file}' uploaded successfully!\n{wrong}\n")
        name = file.removesuffix(".ftp")
        test = name.rsplit("-", 2)[0]
        kept = _member(content, f"{test}/test.yaml")
        if kept is None:
            raise _Fail(f"{said}Error: can't find {ROOT}/data/tests/{test}/test.yaml\n in extracted .ftp contents")
        self.test_data[name] = kept
        return f"{said}Extracted {ROOT}/data/tests/{name}.yaml from uploaded file\n"

    def _do_query_tests(self, form: Form) -> str:
        found = []
        for name in sorted(self.test_data):
            test, version, release = name.rsplit("-", 2)
            if _fits({"name": test, "version": version, "release": release}, form):
                found.append(name)
        return _lines(found)

    def _do_put_binary_package(self, upload: dict[str, tuple[str, bytes]]) -> str:
        file, content, said = self._uploaded(upload, self.binaries, "binary-packages")
        wrong = f"Invalid filename for test specified: {file}"
        if not file.endswith(".ftbp"):
            raise _Fail(f"File '{file}' uploaded successfully!\n{wrong} (expected .ftbp extension)\n")
        if not re.search(r"-(Functional|Benchmark)\.", file):
            raise _Fail(f"{said}{wrong} (expected Functional or Benchmark test type)\n")
        kept = _member(content, "./binary-package.json") or _member(content, "binary-package.json")
        if kept is None:
            raise _Fail(
                f"{said}Error: can't find {ROOT}/data/binary-packages/binary-package.json\n in extracted .ftbp contents"
            )
        name = file.removesuffix(fserver_format.BINARY_END)
        self.binary_data[name] = kept
        return f"{said}Extracted {ROOT}/data/binary-packages/{name}.json from uploaded file\n"

    def _do_query_binary_tests(self, form: Form) -> str:
        found = []
        for name in sorted(self.binary_data):
            one = fserver_format.BinaryId.parse(name)
            # A fault of the original: the name has two dots, so that a whole name never matches.
            if _fits({"toolchain": one.toolchain, "name": one.name.replace(".", "..")}, form):
                found.append(name)
        return _lines(found)

    def _uploaded(
        self, upload: dict[str, tuple[str, bytes]], there: dict[str, bytes], folder: str, *, more: str = ""
    ) -> tuple[str, bytes, str]:
        if fserver_format.FILE_FIELD not in upload:
            raise _Fail(f"Form is missing key file1\n{more}")
        file, content = upload[fserver_format.FILE_FIELD]
        key = file.removesuffix(".frp") if folder == "runs" else file
        if key in there:
            raise _Fail(f"Already have a file {file}. Cannot proceed.\n{more}")
        there[key] = content  # also what turns out to be wrong stays, and blocks its retry
        return file, content, f"File '{file}' uploaded successfully!\nCreated {ROOT}/files/{folder}/{file}\n"

    # -- files

    def _stored(self, path: str) -> bytes | None:
        kind, _, rest = path.partition("/")
        folder, _, name = rest.partition("/")
        if kind == "files":
            key = name.removesuffix(".frp") if folder == "runs" else name
            return {"runs": self.files, "tests": self.tests, "binary-packages": self.binaries}[folder].get(key)
        if folder in {"tests", "binary-packages"}:
            kept = {"tests": self.test_data, "binary-packages": self.binary_data}[folder]
            return kept.get(name.removesuffix(".yaml").removesuffix(".json"))
        name = name.removesuffix(".json")
        if folder == "runs":
            return json.dumps(self.data[name], indent=4).encode() if name in self.data else None
        record = (self.requests if folder == "requests" else self.boards).get(name.removeprefix("board-"))
        return None if record is None else fserver_format.as_json(record).encode()

    def _send(self, asked: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        asked.send_response(status)
        asked.send_header("Content-Type", self.content_type)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)


_UPLOADS = frozenset({"put_run", "put_test", "put_binary_package"})


def _sent(record: Form | str, *, line_end: bool = True) -> str:
    """A text is what stands in a file that is torn."""
    return record if isinstance(record, str) else fserver_format.as_json(record, line_end=line_end)


def _place(form: Form) -> str:
    if "host" not in form or "board" not in form:
        raise _Fail("Error: missing host or board in form data")
    return f"{form['host']}:{form['board']}"


def _no_slash(name: str) -> None:
    if "/" in name:
        raise _Breaks


def _fits(one: Form, wanted: Form) -> bool:
    return all(fserver_format.matches(value, one[key]) for key, value in wanted.items() if key in one)


def running() -> Iterator[FserverServer]:
    """One for the time of a test: a fixture is `server = pytest.fixture(running)`."""
    server = FserverServer()
    yield server
    server.close()


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(names: Any) -> str:
    return "".join(f"{name}\n" for name in names)


def _member(content: bytes, name: str) -> bytes | None:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        try:
            file = tar.extractfile(name)
        except KeyError:
            return None
        return file.read() if file else None
