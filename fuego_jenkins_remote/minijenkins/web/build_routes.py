"""Builds: state, console, artifacts, stop, name, description, delete; and the queue."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import FileResponse, Response, StreamingResponse

from ..errors import NotFound, Refused
from .answers import bean_answer, empty_answer, redirect
from .context import Call
from .job_beans import build_bean, item_bean
from .job_routes import job_path
from .node_beans import queue_bean

_TEXT = "text/plain;charset=utf-8"
# One answer of the progressive log; a reader asks on at X-Text-Size as long as X-More-Data is there.
_MOST_LOG_BYTES = 1_000_000
_CHUNK_BYTES = 256 * 1024
_ARTIFACT_POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


async def show(call: Call) -> Response:
    """GET job/NAME/NUMBER/api/json."""
    return bean_answer(call.request, build_bean(call.controller, call.build))


async def console_text(call: Call) -> Response:
    """GET job/NAME/NUMBER/consoleText: the whole console."""
    log = call.build.log
    if not log.exists():
        return Response(b"", media_type=_TEXT)
    # The length is read first: a log that grows while it is sent must not become longer than announced.
    size = log.stat().st_size
    headers = {"X-Content-Type-Options": "nosniff", "Content-Length": str(size)}
    return StreamingResponse(_chunks(log, size), headers=headers, media_type=_TEXT)


async def progressive_text(call: Call) -> Response:
    """GET job/NAME/NUMBER/logText/progressiveText?start=N, also by POST, as Jenkins' own pages ask."""
    build = call.build
    text = (await call.fields()).get("start", "0")
    if not text.isdecimal():
        raise Refused(400, f"start {text[:20]!r} is not a whole number")
    building = build.building
    size = build.log.stat().st_size if build.log.exists() else 0
    # Beyond the end Jenkins begins anew, for a reader of a log that was replaced.
    start = int(text[:18]) if int(text[:18]) <= size else 0
    chunk = _read(build.log, start, min(size - start, _MOST_LOG_BYTES))
    end = start + len(chunk)
    headers = {"X-Text-Size": str(end), "X-Content-Type-Options": "nosniff"}
    if building or end < size:
        headers["X-More-Data"] = "true"
    return Response(chunk, headers=headers, media_type=_TEXT)


async def artifact(call: Call) -> Response:
    """GET job/NAME/NUMBER/artifact/PATH."""
    build, path = call.build, call.part("path")
    if path not in build.artifacts:
        raise NotFound(f"{build.job} #{build.number} has no artifact {path}")
    file = (build.archive / path).resolve()
    if not file.is_relative_to(build.archive.resolve()) or not file.is_file():
        raise NotFound(f"{build.job} #{build.number} has no artifact {path}")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Content-Security-Policy": _ARTIFACT_POLICY, "X-Content-Type-Options": "nosniff"}
    # Jenkins gives no charset for files it did not make, and neither does this.
    return FileResponse(file, headers={**headers, "Content-Type": kind})


async def stop(call: Call) -> Response:
    """POST job/NAME/NUMBER/stop: 302 also for a build that is over."""
    build = call.build
    call.controller.abort(build, call.user)
    return redirect(build_path(call))


async def describe(call: Call) -> Response:
    """POST job/NAME/NUMBER/submitDescription with a form field `description`."""
    build = call.build
    build.description = (await call.fields()).get("description", "")[:10_000] or None
    if not build.building:
        build.save()
    return redirect(build_path(call))


async def configure(call: Call) -> Response:
    """POST job/NAME/NUMBER/configSubmit with a form field `json`: displayName and description."""
    build = call.build
    try:
        form = json.loads((await call.fields()).get("json", ""))
        name, description = _as_text(form["displayName"]), _as_text(form["description"])
    except (ValueError, KeyError, TypeError, RecursionError):
        # Jenkins' words where there is no form.
        raise Refused(400, "Nothing is submitted", bare=True) from None
    build.given_name = name.strip()[:1000] or None
    build.description = description[:10_000] or None
    if not build.building:
        build.save()
    return redirect(build_path(call))


def _as_text(value: object) -> str:
    """What can be written to a file and sent: JSON knows halves of signs, UTF-8 does not."""
    return str(value).encode("utf-8", "replace").decode()


async def delete(call: Call) -> Response:
    """POST job/NAME/NUMBER/doDelete."""
    job, build = call.job, call.build
    job.delete_build(build)
    return redirect(job_path(call, job))


async def queue(call: Call) -> Response:
    """GET queue/api/json."""
    return bean_answer(call.request, queue_bean(call.controller))


async def item(call: Call) -> Response:
    """GET queue/item/ID/api/json, for 300 s after it left."""
    found = call.controller.queue.get(_item_id(call.part("id")))
    if found is None:
        raise NotFound(f"there is no queue item {call.part('id')}")
    return bean_answer(call.request, item_bean(call.controller, found))


async def item_page(call: Call) -> Response:
    """GET queue/item/ID/: where a client lands that follows the 303 of an identical trigger."""
    number = _item_id(call.part("id"))
    if call.controller.queue.get(number) is None:
        raise NotFound(f"there is no queue item {number}")
    path = f"{call.prefix}/queue/item/{number}/api/json?tree=cancelled,executable[url]"
    text = f"Queue item exists. For details check, for example, {path}"
    return Response(text, headers={"X-Content-Type-Options": "nosniff", "Content-Type": _TEXT})


async def cancel(call: Call) -> Response:
    """POST queue/cancelItem?id=ID: 204."""
    call.controller.cancel(_item_id((await call.fields()).get("id", "")))
    return empty_answer(204)


def build_path(call: Call) -> str:
    """Path of a build's page."""
    return f"{job_path(call, call.job)}{call.build.number}/"


def _item_id(text: str) -> int:
    if not text.isdecimal() or len(text) > 12:
        raise NotFound(f"{text[:20]!r} is not the id of a queue item")
    return int(text)


def _chunks(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while size > 0 and (chunk := file.read(min(size, _CHUNK_BYTES))):
            size -= len(chunk)
            yield chunk


def _read(path: Path, start: int, most: int) -> bytes:
    if most <= 0:
        return b""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(most)
