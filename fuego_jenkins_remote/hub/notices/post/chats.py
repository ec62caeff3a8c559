"""Chats. Slack and Matrix by calls of our own, pinned to public addresses; others by apprise.

Text is text there: nothing in it is taken for markup, for a link's name, or for a call to everybody in the room.
"""

from __future__ import annotations

import json
import logging
from urllib.parse import quote

from fuego_jenkins_remote.hub.notices.addresses import matrix_room, slack_path
from fuego_jenkins_remote.hub.notices.post import web
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.values import Channel, Outgoing

_LONGEST = 3500
_JSON = {"Content-Type": "application/json; charset=utf-8"}

# It writes addresses, with their secrets, into its log.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


def send_slack(channel: Channel, outgoing: Outgoing, *, base: str = "https://hooks.slack.com") -> None:
    """To an incoming webhook of Slack."""
    # Its three signs of markup; links to users, channels and everybody are written with the first.
    text = _text(outgoing).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    url = f"{base}/services/{slack_path(channel.address)}"
    web.send(url, json.dumps(body).encode(), _JSON, inside=channel.trusted)


def send_matrix(channel: Channel, outgoing: Outgoing, *, scheme: str = "https") -> None:
    """To a room of Matrix. The message's id is its transaction's: a second try of it makes no second message there."""
    room = matrix_room(channel.address)
    body = {"msgtype": "m.notice", "body": _text(outgoing), "m.mentions": {}}
    path = f"/_matrix/client/v3/rooms/{quote(room.room, safe='')}/send/m.room.message/{outgoing.id}"
    headers = {**_JSON, "Authorization": f"Bearer {room.token}"}
    url = f"{scheme}://{room.server}{path}"
    web.send(url, json.dumps(body).encode(), headers, inside=channel.trusted, method="PUT")


def send_other(channel: Channel, outgoing: Outgoing) -> None:
    """Whatever else apprise has."""
    import apprise  # late: it takes half a second

    sender = apprise.Apprise()
    if not sender.add(channel.address):
        raise NotSent("apprise does not know this address", for_good=True)
    # A sign of no width: the room is not called by what somebody wrote.
    body = _body(outgoing).replace("@", "@\u200b")
    title = f"[fuego] {outgoing.title}".replace("@", "@\u200b")
    if not sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        raise NotSent("the service did not take it, or is not to be had")


def _text(outgoing: Outgoing) -> str:
    return f"[fuego] {outgoing.title}\n{_body(outgoing)}"


def _body(outgoing: Outgoing) -> str:
    """Where there is no id by which a second one is dropped, people are told that it may be one."""
    before = "(This may be here already: the hub was interrupted while it sent it.)\n" if outgoing.again else ""
    body = before + outgoing.body
    return body if len(body) <= _LONGEST else body[:_LONGEST].rpartition("\n")[0] + "\n…\n"
