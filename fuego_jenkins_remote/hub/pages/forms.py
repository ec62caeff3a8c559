"""Forms of the hub's pages: each does one thing, through the same function as the API's call, then leads back.

Who sent it, and that it came from a page of this sign-in, is checked before (`api/callers.py`: Form). What the hub
refuses is said on the page that the form stands on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from fastapi import Request, Response
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse

from fuego_jenkins_remote.hub.api.errors import status_of
from fuego_jenkins_remote.hub.errors import HubError, NotKnown, Refused
from fuego_jenkins_remote.hub.models.fields import Text
from fuego_jenkins_remote.service.problems import invalid_sentence
from fuego_jenkins_remote.service.signin import session_of

_TEXT: TypeAdapter[str] = TypeAdapter(Text)


class Page(Protocol):
    """Shows the page with a sentence on what is wrong."""

    def __call__(self, *, problem: str, http_status: int) -> Response:
        """Show it."""


def act(do: Callable[[], object], *, back: str, again: Page) -> Response:
    """Do it and go back (303, so that loading the page again does it no second time).

    What is refused is shown by `again`; NotKnown is raised on: then there is no page to show.
    """
    try:
        do()
    except NotKnown:
        raise
    except HubError as error:
        return again(problem=str(error), http_status=status_of(error))
    return RedirectResponse(back, 303)


def call_id(request: Request, *about: object) -> str:
    """The call id of a form: of this sign-in and what it is about, so that sending it twice does it once."""
    session = session_of(request) or ""
    digest = hashlib.sha256("\0".join((session, *map(str, about))).encode()).hexdigest()
    return f"page-{digest[:32]}"


def text(fields: Mapping[str, str], name: str) -> str:
    """What a person has written into a field; raises Refused for what no reason may have in it."""
    try:
        return _TEXT.validate_python(fields.get(name, "").replace("\r\n", "\n").strip())
    except ValidationError as error:
        raise Refused(f"{name}: {invalid_sentence(error.errors(include_url=False))}") from None
