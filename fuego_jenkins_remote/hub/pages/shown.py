"""What the hub's pages have in common: how many rows they show, how they are rendered, how one leads to the next."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.service.pages import render

ROWS = 50
FEW = 10
AGAIN_SECONDS = 15
"""After so long a page of what goes on asks for what is new; without scripts it is loaded anew."""


def show(request: Request, hub: Hub, template: str, **values: Any) -> Response:
    """Render a page of the hub, whose times are reckoned from the hub's clock."""
    return render(request, template, now=hub.clock(), **values)


def address(path: str, **query: object) -> str:
    """A path with what is not empty of a query."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{said}" if said else path
