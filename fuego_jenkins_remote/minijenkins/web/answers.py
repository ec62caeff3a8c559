"""Answers in Jenkins' form: JSON, redirects, error pages with and without Jenkins' headers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from .. import NAME, VERSION
from ..errors import Refused
from .exported import Bean, render

SESSION = secrets.token_hex(4)
_JENKINS_HEADERS = {"X-Jenkins": VERSION, "X-Jenkins-Session": SESSION, "X-Content-Type-Options": "nosniff"}
_PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def bean_answer(request: Request, bean: Bean) -> Response:
    """A bean as JSON, cut by the query's `tree` or `depth`. Raises `Refused` (400) for a bad one."""
    depth = request.query_params.get("depth", "0")
    if not depth.isdecimal():
        raise Refused(400, f"depth {depth[:20]!r} is not a whole number")
    shown = render(bean, depth=int(depth[:4]), tree=request.query_params.get("tree"))
    return json_answer(shown)


def json_answer(shown: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    """A JSON object with Jenkins' headers."""
    body = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return Response(
        body,
        headers={**_JENKINS_HEADERS, **(headers or {})},
        media_type="application/json;charset=utf-8",
    )


def page_answer(page: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An HTML page with Jenkins' headers; it may load our style sheet and nothing else."""
    policy = {"Content-Security-Policy": _PAGE_POLICY, "Content-Type": "text/html;charset=utf-8"}
    return Response(page, status, {**_JENKINS_HEADERS, **policy, **(headers or {})})


def empty_answer(status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body, as Jenkins gives to most posts."""
    return Response(b"", status, {"X-Content-Type-Options": "nosniff", **(headers or {})})


def redirect(path: str) -> Response:
    """302 to a path on this server (not yet quoted), as after most posts."""
    return empty_answer(302, {"Location": quote(path)})


def xml_answer(text: str) -> Response:
    """A config.xml document."""
    return Response(text, headers={"X-Content-Type-Options": "nosniff"}, media_type="application/xml")


def error_answer(error: Refused) -> Response:
    """The page of an error. `X-Error` holds the sentence, as Jenkins' createItem does."""
    if error.bare:
        body = _bare_page(error.status, str(error))
        return Response(
            body.encode("latin-1", "xmlcharrefreplace"),
            error.status,
            {"Content-Type": "text/html;charset=iso-8859-1"},
        )
    headers = {"X-Error": header_text(str(error))}
    if error.status == 405:
        headers["Allow"] = "POST"
    if error.status == 501:
        return Response(f"{error}\n", 501, {**_JENKINS_HEADERS, **headers}, media_type="text/plain;charset=utf-8")
    title = {403: "Access denied", 404: "Not found", 405: "Form post required"}.get(error.status, "Error")
    page = (
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{title}</title></head>"
        f"<body><h1>{title}</h1><p>{escape(str(error))}</p><p>{escape(NAME)}</p></body></html>"
    )
    return page_answer(page, error.status, headers)


def header_text(text: str) -> str:
    """Text that may stand in a header: typographic quotes become blanks as in Jenkins, control characters too."""
    return "".join(char if " " <= char <= "~" else " " for char in text)[:500].strip()


def _bare_page(status: int, message: str) -> str:
    return (
        f"<html>\n<head>\n<title>Error {status} {escape(message)}</title>\n</head>\n"
        f"<body><h2>HTTP ERROR {status} {escape(message)}</h2>\n"
        f"<p>{escape(NAME)}</p>\n</body>\n</html>\n"
    )
