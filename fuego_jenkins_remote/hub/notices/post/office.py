"""Which way a message goes."""

from __future__ import annotations

from dataclasses import dataclass

from fuego_jenkins_remote.hub.notices.post import chats, mail, webhook
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.values import Delivery
from fuego_jenkins_remote.service.clock import Clock, utc_now


@dataclass(frozen=True, kw_only=True)
class Office:
    """What sends messages; without a mail server no mail is sent."""

    mail: mail.MailServer | None
    clock: Clock = utc_now

    def send(self, delivery: Delivery) -> None:
        """Send one; raises NotSent."""
        channel, outgoing = delivery.channel, delivery.outgoing
        match channel.kind:
            case "mail":
                if self.mail is None:
                    raise NotSent(f"{mail.NO_SERVER}: it sends none")
                mail.send(self.mail, channel.address, outgoing)
            case "webhook":
                webhook.send(channel, outgoing, self.clock())
            case "slack":
                chats.send_slack(channel, outgoing)
            case "matrix":
                chats.send_matrix(channel, outgoing)
            case "chat":
                chats.send_other(channel, outgoing)
