"""What the pages of both services share: templates, the style sheet, security headers, filters.

Pages are plain HTML that reads well without any script; the few scripts in ``static/`` only make them quicker to use.
Templates escape everything; the policy sent with every answer (``service.guard``) lets a page load nothing but files
of this service, and run no script that stands in a page, so that even a hole in a template stays harmless.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from fastapi import FastAPI, Request
from markupsafe import Markup
from starlette.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.service.sessions import form_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fuego_jenkins_remote.service.signins import Principal

# What a status or a request's state looks like; the classes are those of fuego.css.
_TONES = {
    "PASS": "good", "done": "good", "approved": "good", "online": "good",
    "FAIL": "bad", "broken": "bad", "rejected": "bad", "error": "bad",
    "ERROR": "warn", "lost": "warn", "expired": "warn", "offline": "quiet",
    "SKIP": "quiet", "cancelled": "quiet", "pending": "wait", "requested": "wait", "held": "wait",
    "assigned": "busy", "running": "busy", "tested": "busy", "busy": "busy",
    "free": "good", "well": "good", "silent": "warn", "withdrawn": "quiet", "maintenance": "warn",
    "revoked": "bad", "given-back": "warn", "lease-over": "warn",
}  # fmt: skip


# Not the tab, and the ends of lines of texts with lines.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

Leads = Callable[["Principal | None", str], bool]
"""Whether the page of a path is for somebody; None: nobody is signed in."""


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What ``render`` needs; stands at ``app.state.pages``. ``nav`` holds (label, path).

    ``account`` is the path of the reader's own page, where the service has one. ``leads`` says whether the page of a
    path is for who is signed in: the head leads nobody to a page that is refused.
    """

    environment: jinja2.Environment
    service: str
    nav: Sequence[tuple[str, str]] = field(default=())
    account: str = ""
    leads: Leads = lambda _who, _path: True


def install_pages(
    app: FastAPI,
    *,
    package: str,
    service: str,
    nav: Sequence[tuple[str, str]],
    account: str = "",
    leads: Leads = Pages.leads,
) -> None:
    """Give the app its pages: ``templates/`` of ``package`` before the shared ones, ``/static``, and ``/favicon.ico``.

    ``service`` is the word in the page's head (``hub``, ``vision``); ``nav``, ``account`` and ``leads`` as in Pages.
    """
    environment = make_environment(package)
    app.state.pages = Pages(environment=environment, service=service, nav=tuple(nav), account=account, leads=leads)
    static = Path(str(files("fuego_jenkins_remote.service"))) / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    # Beside what is no page (JSON, a picture) a browser asks for it by this name.
    app.add_api_route(
        "/favicon.ico", lambda: FileResponse(static / "fuego.svg"), include_in_schema=False, name="favicon"
    )


def make_environment(package: str) -> jinja2.Environment:
    """Make the templates' environment: everything escaped, an unknown name an error, the filters below."""
    own = jinja2.FileSystemLoader(str(files(package) / "templates"))
    shared = jinja2.FileSystemLoader(str(files("fuego_jenkins_remote.service") / "templates"))
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([own, shared]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_controls,
    )
    filters: Mapping[str, Callable[..., Any]] = {
        "localtime": localtime,
        "ago": ago,
        "duration": duration,
        "filesize": filesize,
        "badge": badge,
        "tone": tone,
        "number": number,
    }
    environment.filters.update(filters)
    return environment


def _without_controls(value: Any) -> Any:
    """What a template shows: characters that control something, or turn writing around, become U+FFFD."""
    if not isinstance(value, str) or not _CONTROLS.search(value):
        return value
    text = _CONTROLS.sub("\ufffd", value)
    return Markup(text) if isinstance(value, Markup) else text  # noqa: S704 - it was one


def wants_page(request: Request) -> bool:
    """Say whether an error should be shown as a page: outside /api, to somebody who takes HTML."""
    path = request.url.path
    if path == "/api" or path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "") and hasattr(request.app.state, "pages")


def render(request: Request, template: str, *, http_status: int = 200, **values: Any) -> HTMLResponse:
    """Fill a template, see ``fill``."""
    return HTMLResponse(fill(request, template, **values), http_status)


def fill(request: Request, template: str, **values: Any) -> str:
    """The text of a page; every template also knows the names below.

    ``pages``, ``path``, ``principal`` (who is signed in, or None), ``public``, ``now`` (what "ago" is reckoned from),
    ``reload`` (seconds after which a browser without scripts loads the page anew; 0: it does not), and ``csrf_field``,
    for every form that changes something (``signin.Form``); empty where nobody is signed in, who could send one.
    """
    pages: Pages = request.app.state.pages
    usual = {
        "pages": pages,
        "path": request.url.path,
        "principal": getattr(request.state, "principal", None),
        "public": getattr(request.app.state, "public", False),
        "now": utc_now(),
        "reload": 0,
        "csrf_field": _csrf_field(getattr(request.state, "session", None)),
    }
    return pages.environment.get_template(template).render({**usual, **values})


def _csrf_field(session: str | None) -> str:
    if session is None:
        return Markup("")
    return Markup('<input type="hidden" name="csrf" value="{}">').format(form_token(session))


def localtime(value: datetime | None) -> str:
    """Show a time in UTC as a <time> element, with everything in its title; a dash for None."""
    if value is None:
        return Markup('<span class="none">–</span>')
    value = value.astimezone(UTC)
    return Markup('<time datetime="{0}" title="{0}">{1}<span class="utc"> UTC</span></time>').format(
        value.isoformat(), value.replace(tzinfo=None).isoformat(" ", "seconds")
    )


@jinja2.pass_context
def ago(context: jinja2.runtime.Context, value: datetime | None) -> str:
    """Show how long ago a time was, with the time in the title; a dash for None, ``localtime`` for what comes."""
    if value is None:
        return localtime(None)
    now: datetime = context["now"]
    if value - now > timedelta(minutes=1):
        return localtime(value)
    at = value.astimezone(UTC)
    return Markup('<time datetime="{0}" title="{1} UTC" data-ago>{2}</time>').format(
        at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S"), _ago((now - value).total_seconds())
    )


def _ago(seconds: float) -> str:
    # As static/live.js has it.
    if seconds < 45:
        return "just now"
    minutes = math.floor(seconds / 60 + 0.5)
    if minutes < 60:
        return f"{minutes} min ago"
    hours = math.floor(minutes / 60 + 0.5)
    return f"{hours} h ago" if hours < 48 else f"{math.floor(hours / 24 + 0.5)} d ago"


def duration(milliseconds: float | None) -> str:
    """Show milliseconds for people: ``1.2 s``, ``3 min 5 s``, ``2 h 10 min``; a dash for None."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    seconds = round(milliseconds / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def filesize(size: int | None) -> str:
    """Show bytes for people, in powers of 1024: ``812 B``, ``1.4 KiB``; a dash for None."""
    if size is None:
        return "–"
    if size < 1024:
        return f"{size} B"
    value = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1023.95 or unit == "GiB":
            break
    return f"{value:.1f} {unit}"


def number(value: float | None) -> str:
    """Show a measured value: six digits or more, in groups of thousands; a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, int):
        # Decimal, because an integer may be too large for a float.
        text = f"{value:,}" if abs(value) < 10**15 else f"{Decimal(value).normalize():.6g}"
    elif value == 0 or 1e-4 <= abs(value) < 1e15:
        before_point = math.floor(math.log10(abs(value))) + 1 if value else 1
        text = f"{value:,.{max(2, 6 - before_point)}f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:.6g}"
    return text.replace(",", "\u202f")


def badge(status: str | None) -> str:
    """Show a status or a state as a badge with its colour; an unknown one is plain."""
    if not status:
        return Markup('<span class="none">–</span>')
    return Markup('<span class="badge {}">{}</span>').format(tone(status), status)


def tone(status: str) -> str:
    """The class of a status or state in fuego.css: good, bad, warn, wait, busy, quiet."""
    return _TONES.get(status, "quiet")
