"""Where the link of an invitation leads a browser. What stands behind the # stays there: the page says what to do."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from fuego_jenkins_remote.hub.api.callers import TheHub
from fuego_jenkins_remote.hub.pages.shown import show

router = APIRouter()


@router.get("/join")
def join_page(request: Request, hub: TheHub) -> Response:
    """Say how an invitation becomes a token; for whoever has a link, signed in or not."""
    return show(request, hub, "join.html", address=hub.base_url)
