"""What one wants to be told of: `ftc subscribe`, `list-subscriptions`, `unsubscribe` and what belongs to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FILE, TEAM, USER, common, hub_url, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.subscriptions import Subscription

USUAL = "usual"
"""In place of an event, or of an ID: what everybody is told without a subscription."""


@click.command
@click.argument("events", metavar="EVENT...", nargs=-1, required=True)
@click.option(
    "--to", default="", metavar="ADDRESS", help="A mail address, https://, slack://, matrix://; - reads it from stdin."
)
@click.option("--to-file", type=FILE, metavar="FILE", help="Read the address from a file: it may hold a chat's secret.")
@click.option("--team", default="", type=TEAM, help="Of all that this team asks for, and of its labs.")
@click.option(
    "-b", "--board", default="", metavar="HOST[:BOARD]", help="Of all that runs on this board, or in this lab."
)
@click.option("-t", "--test", default="", metavar="TEST", help="Of this test, or of all like 'Functional.LTP*'.")
@click.option(
    "--for-team",
    default="",
    type=TEAM,
    metavar="TEAM",
    help="In the name of a team, as its admin: for a room of the team's.",
)
@click.option("--for-user", default="", type=USER, help="For somebody else, as an admin of the network.")
@hub_url
@common
@pass_session
def subscribe(session: Session, /, *, events: tuple[str, ...], to: str, to_file: Path | None, **narrowed: str) -> None:
    """Be told of events by mail, in a chat, or by a webhook, which is signed.

    Events: requested, started, done, failed, lost, board-broken, board-back, campaign-ended. Without -b, -t and --team
    it is what is yours: your requests and campaigns, and the labs you answer for. `subscribe usual` brings back the
    notices that everybody gets without a subscription.

    \b
    Examples: ftc subscribe failed lost --to ann@example.org
              ftc subscribe requested board-broken -b timslab --to-file ~/slack-address
              ftc subscribe done failed -t 'Functional.LTP*' --to https://ci.example.org/fuego
    """
    from fuego_jenkins_remote.client import subscriptions
    from fuego_jenkins_remote.network.identities import new_call_id

    if USUAL in events:
        if events != (USUAL,) or to or to_file or any(narrowed.values()):
            raise click.UsageError("'usual' stands alone: it is what you are told where the hub knows you")
        subscriptions.set_usual(session.hub.api, on=True)
        session.out.result("you are told the usual things again", bare=USUAL, data={"usual": True})
        return
    _check_events(events)
    wanted = {
        "call_id": new_call_id(),
        "events": list(events),
        "to": _address(to, to_file),
        **{name: value for name, value in narrowed.items() if value},
    }
    one = subscriptions.subscribe(session.hub.api, wanted)
    session.out.result(f"{one.id} tells {one.to} of {', '.join(one.events)}", bare=one.id, data=dict(one.raw))
    if not one.confirmed:
        session.out.note(
            f"the hub sends a mail to {one.to}, if it is set up for mail: the command in it confirms the address, "
            "and nothing is told before"
        )
    _show_secret(session, one)


@click.command(name="list-subscriptions")
@click.option("--team", default="", type=TEAM, help="Those of a team, instead of yours.")
@hub_url
@common
@pass_session
def list_subscriptions(session: Session, team: str) -> None:
    """List what you are told of and where, and what could not be sent.

    \b
    Example: ftc list-subscriptions
    """
    from fuego_jenkins_remote.client import subscriptions

    found, usual, answer = subscriptions.subscriptions(session.hub.api, team)
    session.out.table(
        ("id", "events", "of", "to", "last sent", "state"),
        [(one.id, " ".join(one.events), _narrowed(one), one.to, local_time(one.sent_at), _state(one)) for one in found],
        bare=[one.id for one in found],
        data=answer,
        empty="no subscription yet",
    )
    if not team:
        where = ", ".join(usual.to) or "nowhere: the hub has no address of yours"
        off = "off (ftc subscribe usual brings them back)"
        session.out.note(
            f"the usual notices (ends of your requests, what waits for your labs): {where if usual.on else off}"
        )
        for line in usual.trouble if usual.on else ():
            session.out.note(line)


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@hub_url
@common
@pass_session
def unsubscribe(session: Session, ids: tuple[str, ...]) -> None:
    """Be told no more. `usual` as an ID stands for what everybody is told without a subscription.

    \b
    Examples: ftc unsubscribe s-k3j7x2m4
              ftc unsubscribe usual
    """
    from fuego_jenkins_remote.client import subscriptions

    for one in ids:
        if one == USUAL:
            subscriptions.set_usual(session.hub.api, on=False)
        else:
            subscriptions.unsubscribe(session.hub.api, one)
        session.out.result(f"{one}: you are told no more", bare=one, data={"id": one})


@click.command(name="test-subscription")
@click.argument("subscription", metavar="ID")
@hub_url
@common
@pass_session
def test_subscription(session: Session, subscription: str) -> None:
    """Have a test message sent, now; list-subscriptions says then how it went.

    An address that was given up, since nothing arrived there for days, is tried again.

    \b
    Example: ftc test-subscription s-k3j7x2m4
    """
    from fuego_jenkins_remote.client import subscriptions
    from fuego_jenkins_remote.network.identities import new_call_id

    one = subscriptions.send_test(session.hub.api, subscription, new_call_id())
    session.out.result(f"a test message is on its way to {one.to}", bare=one.id, data=dict(one.raw))


@click.command(name="rotate-secret")
@click.argument("subscription", metavar="ID")
@hub_url
@common
@pass_session
def rotate_secret(session: Session, subscription: str) -> None:
    """Give a webhook a new secret, and print it this once. For a day what is sent is signed with the former one, too.

    \b
    Example: ftc rotate-secret s-k3j7x2m4
    """
    from fuego_jenkins_remote.client import subscriptions
    from fuego_jenkins_remote.network.identities import new_call_id

    one = subscriptions.rotate(session.hub.api, subscription, new_call_id())
    session.out.result(
        f"{one.to} has a new secret; the former one is good for a day", bare=one.secret, data=dict(one.raw)
    )
    if not session.quiet:
        _show_secret(session, one)


@click.command(name="confirm-address")
@click.argument("code", metavar="CODE")
@hub_url
@common
@pass_session
def confirm_address(session: Session, code: str) -> None:
    """Confirm a mail address: with the code that was sent there.

    \b
    Example: ftc confirm-address k3j7x2m4ab
    """
    from fuego_jenkins_remote.client import subscriptions

    subscriptions.confirm(session.hub.api, code)
    session.out.result("the address is confirmed", bare="confirmed", data={"confirmed": True})


def _check_events(events: tuple[str, ...]) -> None:
    from fuego_jenkins_remote.network.occasions import Occasion

    for one in events:
        if one not in set(Occasion):
            raise click.UsageError(f"no such event {one!r}; there are: {', '.join(Occasion)}")


def _address(to: str, to_file: Path | None) -> str:
    if bool(to) == (to_file is not None):
        raise click.UsageError("say where: --to ADDRESS, or --to-file FILE")
    text = to_file.read_text(encoding="utf-8") if to_file else sys.stdin.read(2000) if to == "-" else to
    if not text.strip():
        raise Failed("there is no address in it")
    return text.strip()


def _show_secret(session: Session, one: Subscription) -> None:
    if one.secret and not session.as_json:
        session.out.note(f"what it gets is signed with this secret, which is shown this once: {one.secret}")


def _narrowed(one: Subscription) -> str:
    parts = [one.board, f"team {one.team}" if one.team else "", one.test]
    return ", ".join(part for part in parts if part) or f"what is {one.owner}'s"


def _state(one: Subscription) -> str:
    if not one.confirmed:
        return "waits to be confirmed"
    if one.failing_since:
        return f"fails since {local_time(one.failing_since)}: {one.last_error}"
    return f"one was given up: {one.last_error}" if one.last_error else "well"
