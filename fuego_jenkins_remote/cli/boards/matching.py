"""What a request would get: the boards that may run it, and for the others what is in the way."""

from __future__ import annotations

from typing import Any

from fuego_jenkins_remote.cli.request_options import DEFAULT_TIMEOUT, installed_needs, is_installed
from fuego_jenkins_remote.cli.session import Session


def show_match(session: Session, selector: str, asked: dict[str, Any]) -> None:
    """Ask the hub, and show its answer; -q: the boards that may run it alone. Raises SelectorError, ClientError."""
    from fuego_jenkins_remote.client import boards
    from fuego_jenkins_remote.fuego.names import check_test_name
    from fuego_jenkins_remote.network import selectors

    selectors.parse(selector)
    wanted: dict[str, Any] = {"selector": selector, "timeout": asked["timeout"] or DEFAULT_TIMEOUT}
    if asked["team"]:
        wanted["team"] = asked["team"]
    if asked["test"]:
        wanted |= _of_the_test(session, check_test_name(asked["test"]))
    look = boards.match(session.hub.api, wanted)
    session.out.table(
        ("board", "may", "why not"),
        [(one.board, _may(one), "; ".join(one.never or one.not_now)) for one in look.boards],
        bare=[one.board for one in look.boards if one.does],
        data=dict(look.raw),
        empty="the network has no boards yet",
    )
    for term, guess in look.perhaps.items():
        session.out.note(f"no board has {term}" + (f"; perhaps {guess}?" if guess else ""))
    said = f", asked for by team {look.team}" if look.team else ""
    session.out.note(f"{look.may} of {look.total} boards may run it{said}")
    if look.refused:
        session.out.note(f"the hub would not take it now: {look.refused}")


def _of_the_test(session: Session, test: str) -> dict[str, Any]:
    """What the test needs, if it is installed here; else its package in the network's store: the hub reads it there."""
    from fuego_jenkins_remote.client import store
    from fuego_jenkins_remote.client.errors import NotFound

    if is_installed(session, test):
        return {"needs": list(installed_needs(session, test))}
    try:
        versions = store.everything(session.hub.api, test).versions
    except NotFound:
        versions = []
    if versions:
        return {"package": versions[0].sha256}
    session.out.note(f"{test} is neither installed here nor in the network's store: what it needs is not known")
    return {}


def _may(seen: Any) -> str:
    if not seen.does:
        return "no"
    return "later" if seen.not_now else "now"
