"""The plain pages: status, job, build, console. Everything that is shown is escaped; there is nothing to click on
but links."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from starlette.responses import Response

from .. import NAME, VERSION
from ..controller import Controller
from ..jobs.builds import Build
from ..jobs.job import Job
from ..nodes import Node
from .answers import page_answer
from .context import Call

_NEWEST = 15
_MOST_CONSOLE_BYTES = 500_000

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 1.5rem auto; padding: 0 1rem; color: #1c2733;
  background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.what { color: #55606c; margin-top: 0; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: #55606c; font-weight: 600; }
td, th { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #dde3e9; vertical-align: top; }
td { overflow-wrap: anywhere; } th { white-space: nowrap; }
.when, .SUCCESS, .UNSTABLE, .FAILURE, .ABORTED { white-space: nowrap; }
pre { background: #f4f6f8; padding: 1rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
a { color: #0b57a4; } .SUCCESS { color: #17692f; } .UNSTABLE { color: #8a5a00; }
.FAILURE, .ABORTED { color: #a51d1d; } .none { color: #55606c; }
@media (max-width: 40rem) { .less { display: none; } td, th { padding-right: .5rem; } }
@media (prefers-color-scheme: dark) { body { color: #e4e9ee; background: #14191f; } a { color: #7db7f2; }
  pre { background: #1e252d; } td, th { border-color: #333c46; } th, .what, .none { color: #a3aeb9; }
  .SUCCESS { color: #6fcf8a; } .UNSTABLE { color: #e3b45a; } .FAILURE, .ABORTED { color: #f08a8a; } }
"""


async def style(_: Call) -> Response:
    """The style sheet of all pages."""
    return Response(STYLE, media_type="text/css")


async def status(call: Call) -> Response:
    """The status page: queue, nodes, jobs, last builds."""
    controller = call.controller
    parts = [_queue(call), _nodes(call), _jobs(call), "<h2>Last builds</h2>", _builds(call, _newest(controller))]
    if controller.quieting_down:
        parts.insert(0, "<p><strong>Quieting down: no further builds are started.</strong></p>")
    return _page(call, "Status", "".join(parts))


async def nodes(call: Call) -> Response:
    """The nodes alone: where doCreateItem redirects to."""
    return _page(call, "Nodes", _nodes(call))


async def node(call: Call) -> Response:
    """One node and what it runs."""
    found = call.controller.node(call.part("node"))
    state = _state(found)
    text = f"<p>{escape(found.description)}</p><p>{escape(state)}</p>"
    return _page(call, f"Node {found.shown_name}", text + _builds(call, list(found.running.values())))


async def view(call: Call) -> Response:
    """The jobs of a view."""
    name = call.part("view")
    found = call.controller.views.get(name)
    names = found.shows(call.controller.jobs) if found else sorted(call.controller.jobs)
    return _page(call, f"View {name}", _job_table(call, [call.controller.jobs[job] for job in names]))


async def job(call: Call) -> Response:
    """A job: description and its newest builds."""
    found = call.job
    state = "<p><strong>disabled</strong></p>" if found.config.disabled else ""
    timers = "".join(f"<p>timer: <code>{escape(spec)}</code></p>" for spec in found.config.timers)
    where = f"<p>runs on {escape(found.config.label)}</p>" if found.config.label else ""
    warning = "".join(
        f"<p class=FAILURE>not done by the embedded controller: {escape(item)}</p>" for item in found.config.unsupported
    )
    text = f"<p>{escape(found.config.description)}</p>{state}{where}{timers}{warning}<h2>Builds</h2>"
    return _page(call, found.name, text + _builds(call, list(found.newest_first())[:100]))


async def build(call: Call) -> Response:
    """A build: result, causes, parameters, artifacts."""
    found = call.build
    rows = [("result", _result(found)), ("started", _moment(found.started_ms)), ("took", _took(found))]
    rows.append(("on", escape(found.node or "the built-in node")))
    rows += [("why", escape(cause.text)) for cause in found.causes]
    rows += [(escape(name), escape(value)) for name, value in (found.parameters or {}).items()]
    if found.description:
        rows.append(("description", escape(found.description).replace("\n", "<br>")))
    links = [f'<a href="artifact/{quote(path)}">{escape(path)}</a>' for path in found.artifacts]
    if links:
        rows.append(("artifacts", "<br>".join(links)))
    rows.append(("console", '<a href="console">console</a>, <a href="consoleText">as text</a>'))
    table = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows)
    back = f'<p><a href="../">{escape(found.job)}</a></p>'
    return _page(call, f"{found.job} {found.display_name}", f"{back}<table>{table}</table>")


async def console(call: Call) -> Response:
    """The console; of a long one the end."""
    found = call.build
    text = b""
    if found.log.exists():
        with found.log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MOST_CONSOLE_BYTES))
            text = file.read(_MOST_CONSOLE_BYTES)
    shown = escape(text.decode("utf-8", "replace"))
    back = '<p><a href="./">the build</a>, <a href="consoleText">the whole console as text</a></p>'
    return _page(call, f"Console of {found.job} #{found.number}", f"{back}<pre>{shown}</pre>")


def _page(call: Call, title: str, body: str) -> Response:
    who = f"signed in as {escape(call.user)}" if call.user else "open to everybody on this machine"
    return page_answer(
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
        f'<meta name=viewport content="width=device-width"><title>{escape(title)} - embedded controller</title>'
        f'<link rel=stylesheet href="{escape(call.prefix)}/static/style.css"></head><body>'
        f'<h1>{escape(title)}</h1><p class=what><a href="{escape(call.prefix)}/">{escape(NAME)}</a>,'
        f" answers like {escape(VERSION)}; {who}</p>{body}</body></html>"
    )


def _queue(call: Call) -> str:
    items = call.controller.queue.waiting()
    if not items:
        return "<h2>Queue</h2><p class=none>empty</p>"
    rows = (
        f"<tr><td>{item.id}</td><td>{_job_link(call, item.job)}</td><td>{escape(item.why or '')}</td></tr>"
        for item in items
    )
    return f"<h2>Queue</h2><table><tr><th>id</th><th>job</th><th>waits</th></tr>{''.join(rows)}</table>"


def _nodes(call: Call) -> str:
    rows = []
    for item in call.controller.all_nodes():
        state = _state(item)
        runs = ", ".join(_build_link(call, found) for found in item.running.values()) or "idle"
        link = f"{escape(call.prefix)}/computer/{quote(item.name) if item.name else '(built-in)'}/"
        rows.append(
            f'<tr><td><a href="{link}">{escape(item.shown_name)}</a></td><td>{escape(state)}</td>'
            f"<td>{len(item.running)} of {item.executors}</td><td>{runs}</td>"
            f"<td class=less>{escape(' '.join(item.all_labels))}</td></tr>"
        )
    head = "<tr><th>node</th><th>state</th><th>busy</th><th>runs</th><th class=less>labels</th></tr>"
    return f"<h2>Nodes</h2><table>{head}{''.join(rows)}</table>"


def _state(item: Node) -> str:
    if not item.offline:
        return "online"
    return f"offline: {item.offline_reason}" if item.offline_reason else "offline"


def _jobs(call: Call) -> str:
    return f"<h2>Jobs</h2>{_job_table(call, [found for _, found in sorted(call.controller.jobs.items())])}"


def _job_table(call: Call, jobs: Iterable[Job]) -> str:
    rows = []
    for found in jobs:
        last = found.permalink("lastBuild")
        shown = (
            f"{_build_link(call, last, short=True)} {_result(last)}" if last else "<span class=none>not built</span>"
        )
        rows.append(
            f"<tr><td>{_job_link(call, found.name)}</td><td>{shown}</td>"
            f"<td>{'disabled' if found.config.disabled else escape(found.config.label)}</td></tr>"
        )
    if not rows:
        return "<p class=none>none yet</p>"
    return f"<table><tr><th>job</th><th>last build</th><th>runs on</th></tr>{''.join(rows)}</table>"


def _builds(call: Call, builds: list[Build]) -> str:
    if not builds:
        return "<p class=none>none</p>"
    rows = (
        f"<tr><td>{_build_link(call, found)}</td><td>{_result(found)}</td><td>{_moment(found.started_ms)}</td>"
        f"<td>{_took(found)}</td></tr>"
        for found in builds
    )
    return f"<table><tr><th>build</th><th>result</th><th>started</th><th>took</th></tr>{''.join(rows)}</table>"


def _newest(controller: Controller) -> list[Build]:
    every = [found for item in controller.jobs.values() for found in list(item.newest_first())[:_NEWEST]]
    return sorted(every, key=lambda found: found.started_ms, reverse=True)[:_NEWEST]


def _job_link(call: Call, name: str) -> str:
    return f'<a href="{escape(call.prefix)}/job/{quote(name)}/">{escape(name)}</a>'


def _build_link(call: Call, found: Build, *, short: bool = False) -> str:
    """A link to a build; a short one where the job is named beside it."""
    path = f"{escape(call.prefix)}/job/{quote(found.job)}/{found.number}/"
    name = found.display_name if short else f"{found.job} {found.display_name}"
    return f'<a href="{path}">{escape(name)}</a>'


def _result(found: Build) -> str:
    if found.building:
        return "<span class=when>running</span>"
    name = found.result.name if found.result else "SUCCESS"
    return f"<span class={name}>{name}</span>"


def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    # On a narrow screen the time may come below the date, but neither is broken.
    return f"<span class=when>{moment:%Y-%m-%d}</span> <span class=when>{moment:%H:%M:%S} UTC</span>"


def _took(found: Build) -> str:
    return "" if found.building else f"{found.duration_ms / 1000:.1f} s"
