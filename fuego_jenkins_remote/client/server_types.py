"""The kinds of servers that can be spoken with, by the words of fuego.conf's `server_type`."""

from __future__ import annotations

from enum import StrEnum


class ServerType(StrEnum):
    """What a server is."""

    HUB = "hub"  # ours, with vision for runs
    FUEGO = "fuego"  # the old Fuego server: boards, requests, runs, tests
    SQUAD = "squad"  # keeps runs, and nothing else of what we ask
    AUTO = "auto"  # not known: the server is asked

    @property
    def target(self) -> str:
        """The target of runs that such a server is, or has beside it."""
        return {ServerType.FUEGO: "fserver", ServerType.SQUAD: "squad"}.get(self, "vision")

    def address(self, domain: str) -> str:
        """The address that Fuego's server_domain means, which has no scheme: http, but for a SQUAD elsewhere."""
        plain = f"http://{domain}"
        if not domain or "://" in domain:
            return domain
        if self is not ServerType.SQUAD:
            return plain
        from fuego_jenkins_remote.client.transport import is_loopback

        return plain if is_loopback(plain) else f"https://{domain}"
