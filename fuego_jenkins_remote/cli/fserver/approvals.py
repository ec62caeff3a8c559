"""What a lab's people say to requests of an old Fuego server: kept in this lab, since nobody there knows them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.errors import NotFound
from fuego_jenkins_remote.client.fserver import requests
from fuego_jenkins_remote.fuego.fserver_format import RequestId, lab_time
from fuego_jenkins_remote.lab.fserver.book import BOOK, ClaimBook
from fuego_jenkins_remote.lab.fserver.marks import told


def list_held(session: Session, limit: int) -> None:
    """What this lab's people are asked, with what the server has of it now."""
    rows, names = [], []
    for one in _book(session).asked()[:limit]:
        try:
            request = requests.request_of(one.request, requests.record(session.fserver, one.request))
        except NotFound:
            continue
        names.append(str(one.request))
        since = local_time(datetime.fromtimestamp(one.since, UTC))
        rows.append((names[-1], request.test, request.requester, since, one.asked))
    columns = ("request", "test", "by", "asked since", "why")
    data = [dict(zip(("request", "test", "requester", "asked_since", "why"), row, strict=True)) for row in rows]
    session.out.table(columns, rows, bare=names, data=data, empty="nothing waits for the people of this lab")


def answer_request(session: Session, request: str, answer: str, reason: str, *, always: bool) -> None:
    """Say yes (approved) or no (rejected) to one, in the name of `user`. Raises Failed for a yes for good."""
    if always:
        raise Failed("a yes for good to requests of an old Fuego server is a rule in lab-policy.yaml (users)")
    one, settings = RequestId.parse(request), session.settings
    if one.host != settings.host_name:
        raise Failed(f"{one} is for a board of {one.host}, and this lab is {settings.host_name}")
    state = requests.record(session.fserver, one).get("state", "")
    if state != "pending":
        raise Failed(f"{one} is {state}: it waits for nobody's answer")
    book, user = _book(session), settings.get("user")
    if answer == "approved":
        book.approve(one, user, time.time())
    else:
        why = f"refused by {user} of {one.host}" + (f": {reason}" if reason else "")
        ended = lab_time(datetime.now(UTC))
        requests.update(session.fserver, one, {"state": "error", "reason": told(why), "done_time": ended})
        book.take_up(one)
    session.out.result(f"{answer}: {one}", bare=str(one), data={"request": str(one), "answer": answer})


def _book(session: Session) -> ClaimBook:
    return ClaimBook(session.places.state_dir / BOOK)
