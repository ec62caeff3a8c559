"""Whose a call is, before anything is looked up for it.

Who a token or a session speaks for is in the database, and a call that is refused must not cost a look there. So it is
remembered of each that was good; a digest is, and not the secret. Until a token has been good once, its calls count for
the address that they come from. What is public of a token would not do: whoever knows it from a list could use up what
its owner has.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

from fastapi import Request
from starlette.types import Scope

from fuego_jenkins_remote.service.signin import session_of
from fuego_jenkins_remote.service.signins import Principal

MOST_KEPT = 50_000
ADDRESS = "address"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who is counted: a principal by kind and name, or an address."""

    kind: str
    name: str

    def __str__(self) -> str:
        """As people read it."""
        return f"{self.kind} {self.name}"


class Callers:
    """Those that were let in before, by what they had with them. To be used in one thread."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        """Nobody is known yet."""
        self._most_kept = most_kept
        self._known: OrderedDict[bytes, Caller] = OrderedDict()

    def of(self, request: Request) -> Caller:
        """Whose a call is."""
        secret = _secret(request)
        known = self._known.get(_digest(secret)) if secret else None
        return known or Caller(kind=ADDRESS, name=_address(request.scope))

    def learn(self, request: Request, status: int) -> None:
        """Remember who a call was let in as, now that it is answered; forget what is not good any more (401)."""
        secret = _secret(request)
        if not secret:
            return
        key = _digest(secret)
        principal = request.scope.get("state", {}).get("principal")
        if status == 401:
            self._known.pop(key, None)
        elif isinstance(principal, Principal) and principal.signed_in:
            self._known[key] = Caller(kind=principal.kind, name=principal.name)
            self._known.move_to_end(key)
            if len(self._known) > self._most_kept:
                self._known.popitem(last=False)


def _secret(request: Request) -> str:
    return request.headers.get("authorization") or session_of(request) or ""


def _digest(secret: str) -> bytes:
    return blake2b(secret.encode(), digest_size=16).digest()


def _address(scope: Scope) -> str:
    """The caller's address; of IPv6 the network, which one machine has all of."""
    host: str = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:100]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # as a proxy tells it that listens for both
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
