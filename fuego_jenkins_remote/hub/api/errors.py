"""What the hub refuses, as HTTP has it: one table."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import Response

from fuego_jenkins_remote.hub.errors import Conflict, HubError, NotKnown, NotYours, Refused, ShutOut
from fuego_jenkins_remote.network.identities import BadIdentity
from fuego_jenkins_remote.network.selectors import SelectorError
from fuego_jenkins_remote.network.tokens import BadSecret
from fuego_jenkins_remote.service.problems import problem_response

STATUS: dict[type[HubError], int] = {NotKnown: 404, ShutOut: 401, NotYours: 403, Conflict: 409, Refused: 422}
"""The status of each kind of refusal; one that is not here has its parent's."""


def install_hub_errors(app: FastAPI) -> None:
    """Make the domain's errors answers."""
    app.add_exception_handler(HubError, _on_hub_error)
    app.add_exception_handler(SelectorError, _on_bad_text)
    app.add_exception_handler(BadIdentity, _on_bad_text)
    app.add_exception_handler(BadSecret, _on_bad_text)


def status_of(error: HubError) -> int:
    """The status that an error is answered with."""
    if error.code == "too-large":
        return 413
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _on_hub_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)  # noqa: S101 - what Starlette promises, for mypy
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, ShutOut) else None
    return problem_response(request, status=status_of(error), code=error.code, detail=str(error), headers=headers)


def _on_bad_text(request: Request, error: Exception) -> Response:
    code = "bad-selector" if isinstance(error, SelectorError) else "invalid"
    return problem_response(request, status=422, code=code, detail=str(error))
