"""`fserver.py`, for clients of old Fuego servers: one address, its actions in the query string. Always answers 200."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, StreamingResponse

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.fserver_format import FILE_FIELD, as_json
from fuego_jenkins_remote.hub import packages
from fuego_jenkins_remote.hub.api.callers import HubPrincipal, hub_of
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import HubError, NotKnown
from fuego_jenkins_remote.hub.fserver import boards, pages, reports, requests, runs, tests, wire
from fuego_jenkins_remote.hub.fserver.settings import USER, Fserver
from fuego_jenkins_remote.hub.fserver.view import record_of
from fuego_jenkins_remote.hub.fserver.vision import Vision
from fuego_jenkins_remote.service.guard import allow_body

_BYTES, _JSON = "application/octet-stream", "application/json"
_METHODS = ["GET", "HEAD", "POST", "PUT"]
_CLOSED = "Error: packages and runs are not for clients without a token here"
_NAMED_ONLY = frozenset({"get_test", "remove_test"})
"""Actions that the original names and does not have."""

_Change = Callable[[Change, Fserver, wire.Asked], str]
_Read = Callable[[sa.Connection, Fserver, wire.Asked], str]
_Timed = Callable[[sa.Connection, Fserver, wire.Asked, datetime], str]
_CHANGES: dict[str, _Change] = {
    "put_board": boards.put,
    "update_board": boards.update,
    "put_request": requests.put,
    "update_request": reports.update,
    "remove_request": requests.remove,
    "remove_run": runs.remove,
}
_READS: dict[str, _Read] = {
    "get_board": boards.get,
    "query_boards": boards.query,
    "query_runs": runs.query,
    "get_run_url": runs.get_url,
    "query_tests": tests.query_tests,
    "query_binary_tests": tests.query_binaries,
}
_TIMED: dict[str, _Timed] = {
    "get_request": requests.get,
    "query_requests": requests.query,
}
"""What is told otherwise as time goes by."""
_OF_PACKAGES = frozenset(
    {
        "put_run",
        "put_test",
        "put_binary_package",
        "query_runs",
        "query_tests",
        "query_binary_tests",
        "get_run_url",
        "remove_run",
    }
)
_UPLOADS = {"put_run": runs.LIMITS.package, "put_test": packages.MAX_BYTES, "put_binary_package": packages.MAX_BYTES}
"""How large what an action brings may be, in bytes."""
_ACTIONS = frozenset({*_CHANGES, *_READS, *_TIMED, *_UPLOADS})


@dataclass(frozen=True, kw_only=True)
class OldServer:
    """What answers old clients: the hub, as the operator lets them in, and vision for their runs, if it is known."""

    fserver: Fserver
    vision: Vision | None

    def router(self) -> APIRouter:
        """Its routes."""
        router = APIRouter(include_in_schema=False)
        for path in ("/cgi-bin/fserver.py", "/fserver.py"):
            router.add_api_route(path, self.call, methods=_METHODS)
            router.add_api_route(f"{path}/{{kind}}", self.call, methods=_METHODS)
        router.add_api_route("/fserver-data/{place}/{folder}/{file}", self.file, methods=["GET", "HEAD"])
        return router

    async def call(self, request: Request, kind: str = "") -> Response:
        """One call: an action, or a page."""
        hub = await self._hub(request)
        query = request.scope["query_string"]
        try:
            action = wire.action_of(query)
            if action is None:
                return HTMLResponse(await run_in_threadpool(self._page, hub, kind))
            if action in _NAMED_ONLY:
                raise wire.error(f"{action} is not there: no Fuego server has ever had it")
            if action not in _ACTIONS:
                return HTMLResponse(pages.problem(f"Unknown action '{action[:200]}'"))
            if request.method == "HEAD" and (action in _CHANGES or action in _UPLOADS):
                raise wire.error("HEAD changes nothing")
            if action in _OF_PACKAGES and not self.fserver.open:
                raise wire.Fail(_CLOSED)
            return PlainTextResponse(await self._answer(request, hub, action, query))
        except wire.Fail as fail:
            return PlainTextResponse(wire.fail(str(fail)))
        except (HubError, FormatError, ValueError) as problem:
            return PlainTextResponse(wire.fail(str(wire.error(problem))))

    async def _answer(self, request: Request, hub: Hub, action: str, query: bytes) -> str:
        """Read the call to its end and do it; a file in it is on disk meanwhile."""
        most = _UPLOADS.get(action)
        if most is not None:
            allow_body(request, most + wire.FORM_BYTES)
        place = nullcontext() if most is None else packages.upload(hub.data_dir, most)
        with place as incoming:
            reader = wire.Reader(query, request.headers.get("content-type", ""), incoming)
            async for part in request.stream():
                reader.feed(part)
            asked = reader.asked()
            if incoming is not None:
                return await run_in_threadpool(self._upload, hub, action, asked, incoming)
            return await run_in_threadpool(self._do, hub, action, asked)

    def _do(self, hub: Hub, action: str, asked: wire.Asked) -> str:
        if action in _CHANGES:
            with hub.change() as change:
                return _CHANGES[action](change, self.fserver, asked)
        with hub.reading() as conn:
            if action in _READS:
                return _READS[action](conn, self.fserver, asked)
            return _TIMED[action](conn, self.fserver, asked, hub.clock())

    def _upload(self, hub: Hub, action: str, asked: wire.Asked, incoming: packages.Upload) -> str:
        file = _file_name(action, asked)
        if action == "put_test":
            return tests.put_test(hub, self.fserver, file, incoming)
        if action == "put_binary_package":
            return tests.put_binary(hub, self.fserver, file, incoming)
        return runs.put(hub, self.fserver, self._vision(), file, incoming)

    async def file(self, request: Request, place: str, folder: str, file: str) -> Response:
        """What the original's web server gives: the data and the packages that its answers name."""
        hub = await self._hub(request)
        try:
            found = await run_in_threadpool(self._file, hub, f"{place}/{folder}", file)
        except (wire.Fail, HubError, ValueError):
            found = None
        if found is None:
            return PlainTextResponse("Not Found", status_code=404)
        return found

    def _file(self, hub: Hub, where: str, file: str) -> Response | None:
        if where in {"data/boards", "data/requests"}:
            return Response(self._record(hub, where, file), media_type=_JSON)
        name, _, ending = file.rpartition(".")
        get = _FILES.get((where, ending)) if self.fserver.open else None
        return None if get is None else get(self, hub, name)

    def _run(self, hub: Hub, name: str) -> Response:
        return StreamingResponse(runs.package(hub, self.fserver, self._vision(), name), media_type=_BYTES)

    def _run_json(self, hub: Hub, name: str) -> Response:
        return StreamingResponse(runs.run_json(hub, self.fserver, self._vision(), name), media_type=_JSON)

    def _test(self, hub: Hub, name: str) -> Response:
        return FileResponse(tests.test_file(hub, self.fserver, name), media_type=_BYTES)

    def _test_yaml(self, hub: Hub, name: str) -> Response:
        return PlainTextResponse(tests.test_yaml(hub, self.fserver, name))

    def _binary(self, hub: Hub, name: str) -> Response:
        return FileResponse(tests.binary_file(hub, self.fserver, f"{name}.ftbp"), media_type=_BYTES)

    def _binary_json(self, hub: Hub, name: str) -> Response:
        return Response(tests.binary_json(hub, self.fserver, name), media_type=_JSON)

    def _record(self, hub: Hub, where: str, file: str) -> str:
        name, _, ending = file.rpartition(".")
        if ending != "json":
            raise NotKnown(f"there is no {file}")
        with hub.reading() as conn:
            if where == "data/requests":
                return as_json(record_of(requests.find(conn, self.fserver, name), hub.clock()))
            host, _, board = name.removeprefix("board-").partition(":")
            return boards.json_of(conn, boards.find(conn, self.fserver, host, board))

    def _page(self, hub: Hub, kind: str) -> str:
        with hub.reading() as conn:
            shown = requests.listed(conn, self.fserver, {}, hub.clock()) if kind == "requests" else []
            if kind in {"runs", "tests", "binary-packages"} and not self.fserver.open:
                raise wire.Fail(_CLOSED)
            return pages.page(conn, self.fserver, kind, shown)

    def _vision(self) -> Vision:
        if self.vision is None:
            raise wire.Fail(f"Error: {runs.NO_VISION}")
        return self.vision

    async def _hub(self, request: Request) -> Hub:
        # Who acts is known before anything is changed: the audit log names it.
        request.state.principal = HubPrincipal(kind="user", name=USER, caller=self.fserver.caller, signed_in=False)
        return await hub_of(request)


_FILES: dict[tuple[str, str], Callable[[OldServer, Hub, str], Response]] = {
    ("files/runs", "frp"): OldServer._run,
    ("data/runs", "json"): OldServer._run_json,
    ("files/tests", "ftp"): OldServer._test,
    ("data/tests", "yaml"): OldServer._test_yaml,
    ("files/binary-packages", "ftbp"): OldServer._binary,
    ("data/binary-packages", "json"): OldServer._binary_json,
}


def _file_name(action: str, asked: wire.Asked) -> str:
    """What the uploaded file is called; raises Fail as the original says it."""
    runs_say = "\nInvalid filename for run specified: " if action == "put_run" else "\n"
    if asked.bare:
        raise wire.Fail(f"fileitem has no attribute 'filename'{runs_say}")
    if asked.file is None:
        raise wire.Fail(f"Form is missing key {FILE_FIELD}{runs_say}")
    name = asked.file
    if "/" in name or "\\" in name or name.startswith(".") or not name.isprintable() or len(name) > 400:
        raise wire.error(f"{name[:100]!r} is no name of a file to be kept")
    return name
