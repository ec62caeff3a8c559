"""Jobs: create, configure, enable, delete, trigger."""

from __future__ import annotations

import hmac
import re

from starlette.responses import Response

from ..errors import NotDone, Refused
from ..jobs.builds import Cause
from ..jobs.job import Job
from .answers import bean_answer, empty_answer, redirect, xml_answer
from .context import Call
from .job_beans import job_bean

_DELAY = re.compile(r"(\d{1,9})(?:secs?)?")


async def create(call: Call) -> Response:
    """POST createItem?name=NAME with a config.xml."""
    query = call.request.query_params
    if query.get("mode"):
        raise NotDone(f"createItem with mode={query['mode'][:20]}")
    _need_content_type(call)
    call.controller.create_job(query.get("name", ""), await call.body())
    return empty_answer()


async def show(call: Call) -> Response:
    """GET job/NAME/api/json."""
    return bean_answer(call.request, job_bean(call.controller, call.job))


async def get_config(call: Call) -> Response:
    """GET job/NAME/config.xml: what was posted."""
    return xml_answer(call.job.xml)


async def set_config(call: Call) -> Response:
    """POST job/NAME/config.xml."""
    job = call.job
    call.controller.configure_job(job, await call.body())
    return empty_answer()


async def enable(call: Call) -> Response:
    """POST job/NAME/enable."""
    call.controller.set_disabled(call.job, False)
    return redirect(job_path(call, call.job))


async def disable(call: Call) -> Response:
    """POST job/NAME/disable: also cancels what waits in the queue."""
    call.controller.set_disabled(call.job, True)
    return redirect(job_path(call, call.job))


async def rename(call: Call) -> Response:
    """POST job/NAME/doRename?newName=NAME."""
    job = call.job
    call.controller.rename_job(job, (await call.fields()).get("newName", ""))
    return redirect(job_path(call, job).removesuffix("/"))


async def delete(call: Call) -> Response:
    """POST job/NAME/doDelete."""
    call.controller.delete_job(call.job)
    return redirect(f"{call.prefix}/")


async def build(call: Call) -> Response:
    """POST job/NAME/build, for a job without parameters."""
    fields = await call.fields()
    job = call.job
    cause = _cause(call, job, fields)
    if job.config.parameterized and not job.config.disabled:
        raise Refused(400, "Nothing is submitted", bare=True)
    item, _ = call.controller.trigger(job, None, cause, _delay(fields))
    return empty_answer(201, {"Location": _item_url(call, item.id)})


async def build_with_parameters(call: Call) -> Response:
    """POST job/NAME/buildWithParameters; 303 when the same is waiting already."""
    fields = await call.fields()
    job = call.job
    cause = _cause(call, job, fields)
    if not job.config.parameterized and not job.config.disabled:
        raise Refused(400, f"{job.name} is not parameterized", bare=True)
    item, merged = call.controller.trigger(job, fields, cause, _delay(fields))
    return empty_answer(303 if merged else 201, {"Location": _item_url(call, item.id)})


def job_path(call: Call, job: Job) -> str:
    """Path of a job's page, not yet quoted."""
    return f"{call.prefix}/job/{job.name}/"


def _need_content_type(call: Call) -> None:
    kind = call.request.headers.get("content-type")
    if kind is None:
        raise Refused(400, "No Content-Type header set")
    if kind.partition(";")[0].strip().lower() not in {"application/xml", "text/xml"}:
        raise Refused(400, "createItem wants an XML document (Content-Type text/xml)")


def _cause(call: Call, job: Job, fields: dict[str, str]) -> Cause:
    """Why it is triggered; a GET needs the job's own token ("trigger builds remotely")."""
    given = fields.get("token")
    if given is None:
        if call.request.method != "POST":
            raise Refused(405, "You must use POST method to trigger builds.")
        return Cause(user=call.user)
    if not job.config.auth_token or not hmac.compare_digest(given.encode(), job.config.auth_token.encode()):
        raise Refused(403, "Invalid token provided.")
    address = call.request.client.host if call.request.client else "unknown"
    return Cause(kind="remote", address=address, note=fields.get("cause"))


def _delay(fields: dict[str, str]) -> float | None:
    text = fields.get("delay")
    if text is None:
        return None
    match = _DELAY.fullmatch(text.strip())
    if not match:
        raise Refused(400, f"delay {text[:20]!r} is not understood (write 5 or 5sec)", bare=True)
    return float(match.group(1))


def _item_url(call: Call, item_id: int) -> str:
    return f"{call.controller.root_url}queue/item/{item_id}/"
