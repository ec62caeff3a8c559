"""Errors as clients see them: problem details (RFC 9457) for programs, a small page for browsers.

    Problem            status, code
    ├── NotSignedIn    401 not-signed-in
    ├── Forbidden      403 forbidden
    ├── NotFound       404 not-found
    ├── Conflict       409 conflict
    ├── TooLarge       413 too-large
    ├── UnsupportedMediaType  415 unsupported-media-type
    ├── Unprocessable  422 unprocessable
    ├── TooMany        429 too-many
    └── Unavailable    503 unavailable

``detail`` is one sentence for a person; ``code`` is what a program may go by, and may be set apart for one case.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from fuego_jenkins_remote.service.pages import render, wants_page
from fuego_jenkins_remote.service.watch import request_id_of


class Problem(Exception):
    """An answer that is an error; see the module for the tree."""

    status: ClassVar[int] = 500
    code: str = "internal"

    def __init__(self, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Take the sentence, and a code of its own if the usual one says too little."""
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        if code is not None:
            self.code = code


class NotSignedIn(Problem):
    """No token, or one that is not (or no longer) good."""

    status = 401
    code = "not-signed-in"

    def __init__(self, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """As its parent, and says how to sign in."""
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer", **(headers or {})})


class Forbidden(Problem):
    """The token is good, but not for this."""

    status = 403
    code = "forbidden"


class NotFound(Problem):
    """There is no such thing."""

    status = 404
    code = "not-found"


class Conflict(Problem):
    """It is already so, or somebody else was first."""

    status = 409
    code = "conflict"


class TooLarge(Problem):
    """More bytes than are taken."""

    status = 413
    code = "too-large"


class UnsupportedMediaType(Problem):
    """A body of another kind than is taken."""

    status = 415
    code = "unsupported-media-type"


class Unprocessable(Problem):
    """Understood, but cannot be done as it is."""

    status = 422
    code = "unprocessable"


class TooMany(Problem):
    """More at a time than one caller is given."""

    status = 429
    code = "too-many"


class Unavailable(Problem):
    """Not now; later perhaps."""

    status = 503
    code = "unavailable"


# An address that no part of the service has is another thing than a run or request that is not there.
_CODES = {kind.status: kind.code for kind in Problem.__subclasses__()} | {404: "no-such-address"}


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app one of ours; call it once, after ``install_pages``.

    What nobody expected is answered by the guard (``service.guard``).
    """
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def problem_response(
    request: Request, *, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Build the answer: a page where a browser asks for one, else problem details."""
    title = HTTPStatus(status).phrase
    if wants_page(request):
        if status == 401 and request.method in ("GET", "HEAD"):
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", status_code=303)
        page = render(request, "problem.html", http_status=status, status=status, heading=title, detail=detail)
        page.headers.update(headers or {})
        return page
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    request_id = request_id_of(request)
    if request_id is not None:
        body["request_id"] = request_id
    return JSONResponse(body, status, dict(headers or {}), media_type="application/problem+json")


def _on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - what Starlette promises, for mypy
    return problem_response(
        request, status=problem.status, code=problem.code, detail=problem.detail, headers=problem.headers
    )


def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem_response(request, status=422, code="invalid", detail=invalid_sentence(error.errors()))


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    details = {
        404: "There is nothing at this address.",
        405: "This address does not take that method.",
        413: "The request is larger than this service takes.",
    }
    code = _CODES.get(error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"))
    detail = details.get(error.status_code, str(error.detail))
    return problem_response(request, status=error.status_code, code=code, detail=detail, headers=error.headers)


def invalid_sentence(errors: Any) -> str:
    """Say in one sentence which field is wrong and how, from Pydantic's list of errors (the first three)."""
    parts = []
    for error in list(errors)[:3]:
        place = [str(part) for part in error.get("loc", ()) if part not in ("body", "query", "path", "header")]
        what = str(error.get("msg", "is not valid")).removeprefix("Value error, ")
        parts.append(f"{'.'.join(place)}: {what}" if place else what)
    return "; ".join(parts) or "the request is not valid"
