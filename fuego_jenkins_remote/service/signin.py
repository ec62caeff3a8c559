"""Who calls: the token of a request, from its header, or the session of a signed-in browser, from its cookie.

``install_signin`` once an app, beside ``install_pages``; then routes take ``Reader`` (whoever may read: anyone if the
service is public, else None never comes) or ``Caller`` (always somebody). The cookie counts for GET and HEAD only: what
changes something needs the header, which no foreign page can make a browser send, or is a form of this service's own
pages: a route for one takes ``Form``, and the form has ``{{ csrf_field }}`` in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from fuego_jenkins_remote.service.pages import Pages, render
from fuego_jenkins_remote.service.problems import Forbidden, NotSignedIn
from fuego_jenkins_remote.service.sessions import LONGEST, is_form_token
from fuego_jenkins_remote.service.signins import Principal

_FORM_BYTES = 64 * 1024


class Doors(Protocol):
    """Who comes in; see ``signins.SignIns``."""

    def by_token(self, secret: str) -> Principal | None:
        """Who a token speaks for."""

    def by_session(self, secret: str) -> Principal | None:
        """Who is signed in."""

    def open(self, secret: str) -> str | None:
        """A session for a token."""

    def close(self, secret: str) -> None:
        """The end of a session."""


@dataclass(frozen=True, kw_only=True)
class SentForm:
    """A form that a signed-in person has sent from a page of this service; of a field twice, the first."""

    principal: Principal
    fields: Mapping[str, str]


_routes = APIRouter(include_in_schema=False)


def install_signin(app: FastAPI, doors: Doors, *, public: bool) -> None:
    """Give the app its sign-in: the dependencies below, and the pages /sign-in and /sign-out."""
    app.state.doors = doors
    app.state.public = public
    app.include_router(_routes)


def reader(request: Request) -> Principal | None:
    """Let in who may read: with a good token, or anybody where the service is public; else NotSignedIn.

    A header with a token that is not good is refused by a public service, too: who sends it is to hear of that now and
    not when something is to be changed. A browser's old cookie reads on.
    """
    principal = _principal(request)
    request.state.principal = principal
    if principal is None and not (request.app.state.public and "authorization" not in request.headers):
        raise _not_signed_in(request)
    return principal


def caller(request: Request) -> Principal:
    """Let in who has a good token, else NotSignedIn."""
    principal = _principal(request)
    if principal is None:
        raise _not_signed_in(request)
    request.state.principal = principal
    return principal


async def form(request: Request) -> SentForm:
    """Let in a signed-in browser with a form of this service's own pages; else NotSignedIn, or Forbidden.

    Checked twice: the cookie does not come along from other sites' pages (SameSite), and the form names the session.
    """
    _same_site_only(request)
    session = session_of(request)
    principal = await run_in_threadpool(_doors(request).by_session, session) if session else None
    if session is None or principal is None:
        raise NotSignedIn("You are not signed in any more: sign in, and do it again.")
    fields = await _fields(request)
    if not is_form_token(session, fields.get("csrf", "")):
        raise Forbidden("This form was not sent from a page of this sign-in: load the page again.", code="bad-form")
    request.state.principal = principal
    request.state.session = session
    return SentForm(principal=principal, fields=fields)


Reader = Annotated[Principal | None, Depends(reader)]
Caller = Annotated[Principal, Depends(caller)]
Form = Annotated[SentForm, Depends(form)]


def session_of(request: Request) -> str | None:
    """The secret of the browser's session, good or not."""
    return request.cookies.get(_cookie(request))


def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors


def _cookie(request: Request) -> str:
    # Browsers keep one jar for all ports of a host: each service needs a name of its own, or signing in at one would
    # sign out at the other, and hand it the wrong session.
    pages: Pages = request.app.state.pages
    return f"fuego_{pages.service}_session"


def _principal(request: Request) -> Principal | None:
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        return _doors(request).by_token(secret.strip()) if scheme.lower() == "bearer" else None
    session = session_of(request) if request.method in ("GET", "HEAD") else None
    principal = _doors(request).by_session(session) if session else None
    if principal is not None:
        request.state.session = session
    return principal


def _not_signed_in(request: Request) -> NotSignedIn:
    if request.headers.get("authorization", "").partition(" ")[2].strip():
        return NotSignedIn("This token is not known here, has expired or was revoked.", code="bad-token")
    return NotSignedIn("A token is needed: send it as 'Authorization: Bearer TOKEN'.")


@_routes.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    """Show the form."""
    return render(request, "sign-in.html", next=_local(next), problem="")


@_routes.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session for a good token, in a cookie that scripts and other sites cannot use, then go on."""
    _same_site_only(request)
    fields = await _fields(request)
    target = _local(fields.get("next", "/"))
    secret = fields.get("token", "").strip()
    session = await run_in_threadpool(_doors(request).open, secret) if secret else None
    if session is None:
        problem = "This token is not known here, has expired or was revoked."
        return render(request, "sign-in.html", http_status=401, next=target, problem=problem)
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        _cookie(request),
        session,
        max_age=round(LONGEST.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@_routes.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Close the session."""
    _same_site_only(request)
    session = session_of(request)
    if session:
        await run_in_threadpool(_doors(request).close, session)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(_cookie(request), httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


async def _fields(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > _FORM_BYTES:
        raise Forbidden("This form is larger than any of ours.", code="bad-form")
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    return {name: values[0] for name, values in found.items()}


def _same_site_only(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This form can only be sent from the service's own page.")


def _local(target: str) -> str:
    # A path of this service and nothing that a browser could take for another host.
    ok = target.startswith("/") and not target.startswith("//") and target.isascii() and target.isprintable()
    return target if ok and "\\" not in target else "/"
