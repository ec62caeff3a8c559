"""Who calls: the token of a request, from its header or from a signed-in browser's cookie.

``install_signin`` once an app, beside ``install_pages``; then routes take ``Reader`` (whoever may read: anyone if the
service is public, else None never comes) or ``Caller`` (always somebody). The cookie counts for GET and HEAD only: what
changes something needs the header, which no foreign page can make a browser send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from fuego_jenkins_remote.service.pages import Pages, render
from fuego_jenkins_remote.service.problems import Forbidden, NotSignedIn

_COOKIE_SECONDS = 30 * 24 * 3600
_FORM_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who a token speaks for; a service may derive its own with more in it."""

    kind: str
    name: str


Lookup = Callable[[str], Principal | None]
"""Finds who a secret speaks for, or None; may ask the database."""

_routes = APIRouter(include_in_schema=False)


def install_signin(app: FastAPI, lookup: Lookup, *, public: bool) -> None:
    """Give the app its sign-in: the dependencies below, and the pages /sign-in and /sign-out."""
    app.state.lookup = lookup
    app.state.public = public
    app.include_router(_routes)


def reader(request: Request) -> Principal | None:
    """Let in who may read: with a good token, or anybody where the service is public; else NotSignedIn.

    A header with a token that is not good is refused by a public service, too: who sends it is to hear of that now and
    not when something is to be changed. A browser's old cookie reads on.
    """
    secret = _secret(request)
    principal = request.app.state.lookup(secret) if secret else None
    request.state.principal = principal
    if principal is None and not (request.app.state.public and "authorization" not in request.headers):
        raise _not_signed_in(secret)
    return principal


def caller(request: Request) -> Principal:
    """Let in who has a good token, else NotSignedIn."""
    secret = _secret(request)
    principal: Principal | None = request.app.state.lookup(secret) if secret else None
    if principal is None:
        raise _not_signed_in(secret)
    request.state.principal = principal
    return principal


Reader = Annotated[Principal | None, Depends(reader)]
Caller = Annotated[Principal, Depends(caller)]


def _cookie(request: Request) -> str:
    # Browsers keep one jar for all ports of a host: each service needs a name of its own, or signing in at one would
    # sign out at the other, and hand it the wrong token.
    pages: Pages = request.app.state.pages
    return f"fuego_{pages.service}_token"


def _secret(request: Request) -> str | None:
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        return secret.strip() if scheme.lower() == "bearer" else None
    return request.cookies.get(_cookie(request)) if request.method in ("GET", "HEAD") else None


def _not_signed_in(secret: str | None) -> NotSignedIn:
    if secret:
        return NotSignedIn("This token is not known here, has expired or was revoked.", code="bad-token")
    return NotSignedIn("A token is needed: send it as 'Authorization: Bearer TOKEN'.")


@_routes.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    """Show the form."""
    return render(request, "sign-in.html", next=_local(next), problem="")


@_routes.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Keep a good token in a cookie that scripts and other sites cannot use, and go where the browser wanted to go."""
    from starlette.concurrency import run_in_threadpool

    _same_site_only(request)
    form = parse_qs((await request.body())[:_FORM_BYTES].decode("utf-8", "replace"))
    secret = form.get("token", [""])[0].strip()
    target = _local(form.get("next", ["/"])[0])
    principal = await run_in_threadpool(request.app.state.lookup, secret) if secret else None
    if principal is None:
        problem = "This token is not known here, has expired or was revoked."
        return render(request, "sign-in.html", http_status=401, next=target, problem=problem)
    answer = RedirectResponse(target, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        _cookie(request), secret, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict", secure=secure
    )
    return answer


@_routes.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Forget the token."""
    _same_site_only(request)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(_cookie(request), httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


def _same_site_only(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This form can only be sent from the service's own page.")


def _local(target: str) -> str:
    # A path of this service and nothing that a browser could take for another host.
    ok = target.startswith("/") and not target.startswith("//") and target.isascii() and target.isprintable()
    return target if ok and "\\" not in target else "/"
