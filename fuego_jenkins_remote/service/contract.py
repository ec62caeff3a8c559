"""The API's description (OpenAPI), made exact, and held: what it does not name is refused.

FastAPI describes what a route takes and gives. Here is added what every route has in common and none should have to
repeat: who needs a token, and which errors may come, as problem details. The description is then what calls are held
to: a query parameter that an operation does not have, or one that is there twice, is a mistake worth telling (a
misspelt filter would else show everything), and a body of another kind than the operation takes is refused as such.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.responses import Response

from fuego_jenkins_remote.service import signin
from fuego_jenkins_remote.service.problems import Unprocessable, UnsupportedMediaType, problem_response
from fuego_jenkins_remote.service.watch import REQUEST_ID, route_of

Json = dict[str, Any]

PROBLEM = "application/problem+json"
_JSON = "application/json"
_METHODS = ("get", "put", "post", "delete", "patch", "head")
_CHANGING = frozenset({"put", "post", "delete", "patch"})

_SCHEMA: Json = {
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "description": "What a program may go by."},
        "request_id": {
            "type": "string",
            "pattern": f"^{REQUEST_ID.pattern}$",
            "description": "By what the service's people find the call in its log; also in X-Request-ID.",
        },
    },
}

_WORDS = {
    400: "The body cannot be read.",
    401: "No token, or none that is good.",
    403: "The token is good, but not for this.",
    404: "There is no such thing.",
    409: "It is already otherwise, or somebody else was first.",
    413: "The body is larger than is taken.",
    415: "The body is of another kind than is taken.",
    422: "Something in the call is not right; `detail` names it.",
    429: "Too many calls of one caller; `Retry-After` says in how many seconds one is taken again.",
    500: "A fault of the service.",
    503: "Not now; later perhaps.",
}


@dataclass(frozen=True)
class _Operation:
    parameters: frozenset[str]
    media: frozenset[str]  # of the body; empty: it takes none, or anything


class Contract:
    """The description of an app; made when it is first asked for, when all routes are there."""

    def __init__(self, app: FastAPI) -> None:
        """Take the app."""
        self._app = app
        self._lock = threading.Lock()
        self._described: Json | None = None
        self._operations: dict[tuple[str, str], _Operation] = {}

    def describe(self) -> Json:
        """The OpenAPI document."""
        with self._lock:
            if self._described is None:
                described = _described(self._app)
                self._operations = {key: _operation(what) for key, what in _each(described)}
                self._described = described
            return self._described

    def check(self, request: Request) -> None:
        """Raise Unprocessable for a query, UnsupportedMediaType for a body, that the operation does not take."""
        self.describe()
        operation = self._operations.get((request.method.lower(), _as_described(route_of(request.scope))))
        if operation is None:
            return
        _check_query(request, operation.parameters)
        _check_media(request, operation.media)

    def methods(self, route: str) -> set[str]:
        """Those that the address of a route's template takes."""
        contexts = iter_route_contexts(self._app.routes)
        return {method for context in contexts if context.path == route for method in context.methods or ()}


def install_contract(app: FastAPI) -> None:
    """Give the app its description; the routes that are held to it have ``HELD`` among their dependencies."""
    app.state.contract = Contract(app)
    app.openapi = app.state.contract.describe  # type: ignore[method-assign]
    app.add_exception_handler(405, _on_wrong_method)


def work_out_routes(app: FastAPI) -> None:
    """Before the first call: a web app works its routes out when they are asked for, which takes most of a second.

    The first caller would wait for it; and of several processes the one that is not that far would take calls up later
    than they came.
    """
    app.openapi()


def _on_wrong_method(request: Request, error: Exception) -> Response:
    """As any error, with all methods of the address: a route alone knows only its own."""
    contract: Contract = request.app.state.contract
    allowed = contract.methods(route_of(request.scope))
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else getattr(error, "headers", None)
    detail = "This address does not take that method."
    return problem_response(request, status=405, code="method-not-allowed", detail=detail, headers=headers)


async def _hold(request: Request) -> None:
    contract: Contract = request.app.state.contract
    contract.check(request)


HELD = Depends(_hold)
"""For ``include_router(..., dependencies=[HELD])``."""


def _check_query(request: Request, known: frozenset[str]) -> None:
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            there = f"there are {', '.join(sorted(known))}" if known else "it has none"
            raise Unprocessable(f"{name[:80]!r} is no parameter of this call: {there}", code="unknown-parameter")
        if name in seen:
            raise Unprocessable(f"the parameter {name} is there twice", code="invalid")
        if "\0" in value:
            raise Unprocessable(f"{name}: it has a NUL, which no name or text here has", code="invalid")
        seen.add(name)


def _check_media(request: Request, media: frozenset[str]) -> None:
    if media != {_JSON}:
        return
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind != _JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        said = f"it is said to be {given[:80]!r}" if given else "it has no Content-Type"
        raise UnsupportedMediaType(f"the body of this call is {_JSON}: {said}")


def takes(model: type[BaseModel]) -> Json:
    """For ``openapi_extra`` of a route that reads its body by itself: JSON, as the model has it."""
    schema = model.model_json_schema(ref_template="{model}")
    parts = schema.pop("$defs", {})

    def whole(part: Any) -> Any:
        if isinstance(part, dict):
            return whole(parts[part["$ref"]]) if "$ref" in part else {key: whole(inner) for key, inner in part.items()}
        return [whole(inner) for inner in part] if isinstance(part, list) else part

    return {"requestBody": {"required": True, "content": {_JSON: {"schema": whole(schema)}}}}


TAKES_BYTES: Json = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""For ``openapi_extra`` of a route that takes a file."""


def _described(app: FastAPI) -> Json:
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
    )
    _name_keys(described)
    components = described.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token, as ftc and the pages give them out."}
    }
    callers = dict(_callers(app))
    public = bool(getattr(app.state, "public", False))
    for (method, path), operation in _each(described):
        who = callers.get((method, path))
        if who is not None:
            operation["security"] = [{"token": []}, *([{}] if public and who is signin.reader else [])]
        responses = operation.setdefault("responses", {})
        if "HTTPValidationError" in str(responses.get("422", "")):
            del responses["422"]
        for status in _statuses(method, operation, secured="security" in operation):
            _add_problem(responses, status)
        if getattr(app.state, "limited", False):
            _add_problem(responses, 429)
            responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
        operation["responses"] = dict(sorted(responses.items()))
    return described


def _name_keys(part: Any) -> None:
    """Say of objects with names of their own that they have no others: Pydantic leaves that open."""
    if isinstance(part, dict):
        if "patternProperties" in part and "additionalProperties" not in part:
            [(pattern, value)] = part.pop("patternProperties").items()
            part |= {"propertyNames": {"pattern": pattern}, "additionalProperties": value}
        for inner in part.values():
            _name_keys(inner)
    elif isinstance(part, list):
        for inner in part:
            _name_keys(inner)


def _add_problem(responses: Json, status: int) -> None:
    said = responses.setdefault(str(status), {"description": _WORDS[status]})
    said.setdefault("content", {}).setdefault(PROBLEM, {"schema": {"$ref": "#/components/schemas/Problem"}})


def _statuses(method: str, operation: Json, *, secured: bool) -> Iterator[int]:
    """The errors that an operation may answer with, by what it is."""
    takes_body = "requestBody" in operation
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    if secured:
        yield from (401, 403)
    if takes_body or places:
        yield 404
    if method in _CHANGING:
        yield 409
    if takes_body:
        yield from (400, 413, 415)
    # A parameter that it does not have is refused by every operation.
    yield from (422, 500, 503)


def _each(described: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    for path, item in described.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield (method, path), item[method]


def _operation(operation: Json) -> _Operation:
    names = (parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query")
    return _Operation(frozenset(names), frozenset(operation.get("requestBody", {}).get("content", {})))


def _callers(app: FastAPI) -> Iterator[tuple[tuple[str, str], Any]]:
    """For each operation that needs a token, which of the sign-in's dependencies asks for it."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if dependant is None or context.path is None:
            continue
        calls = set(_calls(dependant))
        for who in (signin.caller, signin.reader):
            if who in calls:
                for method in context.methods or ():
                    yield (method.lower(), _as_described(context.path)), who
                break


def _as_described(path: str) -> str:
    """A route's path as the description has it: `{name}` where the route says `{name:path}`."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _calls(dependant: Dependant) -> Iterable[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)
