"""What a route works with: the controller, the asking user, bounded bodies and forms."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from ..controller import Controller
from ..documents import MAX_BYTES
from ..errors import NotFound, Refused
from ..jobs.builds import Build
from ..jobs.job import PERMALINKS, Job
from .access import Access, Visitor
from .answers import error_answer

_log = logging.getLogger(__name__)

Handler = Callable[["Call"], Awaitable[Response]]


class Call:
    """One request with what belongs to it."""

    def __init__(self, request: Request, controller: Controller, access: Access, visitor: Visitor) -> None:
        """`visitor` is who asks."""
        self.request = request
        self.controller = controller
        self.access = access
        self.visitor = visitor

    @property
    def user(self) -> str:
        """Name of who asks; empty for anonymous."""
        return self.visitor.user

    @property
    def prefix(self) -> str:
        """Path before everything, without a slash at its end."""
        return self.controller.settings.prefix

    @property
    def path(self) -> str:
        """The decoded path that was routed; Starlette's own `request.url` depends on the Host header."""
        return path_of(self.request)

    def part(self, name: str) -> str:
        """A part of the path, decoded."""
        return cast(str, self.request.path_params[name])

    @property
    def job(self) -> Job:
        """The job that the path names. Raises `NotFound`."""
        return self.controller.job(self.part("job"))

    @property
    def build(self) -> Build:
        """The build that the path names by number or as lastBuild and the like. Raises `NotFound`."""
        job, name = self.job, self.part("build")
        build = job.permalink(name) if name in PERMALINKS else None
        if name.isdecimal():
            build = job.builds.get(int(name[:10]))
        if build is None:
            raise NotFound(f"{job.name} has no build {name}")
        return build

    async def body(self) -> bytes:
        """The body, at most as long as a configuration may be. Raises `Refused` (408, 413)."""
        body = bytearray()
        try:
            async with asyncio.timeout(self.controller.settings.body_seconds):
                async for chunk in self.request.stream():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise Refused(413, f"the request is larger than {MAX_BYTES} bytes")
        except TimeoutError:
            raise Refused(408, "the request did not come in time") from None
        return bytes(body)

    async def fields(self) -> dict[str, str]:
        """Fields of the query string and of a form; the form's win. Raises `Refused` (400, 501)."""
        fields = dict(self.request.query_params)
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            raise Refused(501, "multipart forms (file parameters): not done by the embedded controller")
        body = await self.body()
        if kind == "application/x-www-form-urlencoded":
            try:
                pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=500)
            except ValueError as error:
                raise Refused(400, f"the form is not understood: {error}") from None
            fields.update(pairs)
        return fields


def path_of(request: Request) -> str:
    """The decoded path of a request, as it was routed."""
    return cast(str, request.scope["path"])


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A Starlette endpoint of a handler: asks who it is first, and turns refusals into answers."""

    async def run(request: Request) -> Response:
        access: Access = request.app.state.access
        try:
            visitor = await access.visitor(request)
            answer = await handler(Call(request, request.app.state.controller, access, visitor))
            cookie = access.cookie(visitor, str(request.scope["scheme"]))
            if cookie:
                answer.headers["Set-Cookie"] = cookie
            return answer
        except OSError as error:
            _log.exception("%s %s", request.method, path_of(request))
            return error_answer(Refused(500, f"the controller cannot write its data: {error.strerror}"))
        except Refused as error:
            answer = error_answer(error)
            if error.status == 401:
                answer.headers["WWW-Authenticate"] = 'Basic realm="Jenkins"'
            return answer

    return run
