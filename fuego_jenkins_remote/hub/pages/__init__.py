"""The hub's pages: a module a noun, each a few thin routes. What they show goes by the same sight as the API."""

from __future__ import annotations

from fastapi import APIRouter

from fuego_jenkins_remote.hub.pages import boards, campaigns, joining, labs, notices, overview, people, requests, store

NAV = [
    ("Overview", "/"),
    ("Boards", "/boards"),
    ("Requests", "/requests"),
    ("Campaigns", "/campaigns"),
    ("Tests", "/tests"),
    ("Labs", "/labs"),
    ("Teams", "/teams"),
]
"""What stands in the head of each page."""

ACCOUNT = "/tokens"
"""The reader's own page."""

router = APIRouter(include_in_schema=False)
for noun in (overview, boards, requests, campaigns, labs, people, joining, store, notices):
    router.include_router(noun.router)
