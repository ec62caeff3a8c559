"""Which hosts a lab's git may speak with: those outside, and those inside that the policy names.

An address that a requester chose, or a name whose owner lets it lead into the lab, must reach no machine that only the
lab itself can reach. The address that was looked at is the one that is used: git is told it, and follows no redirect.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from fuego_jenkins_remote.client.transport import proxies_for
from fuego_jenkins_remote.lab.errors import PrepareError

_PORTS = {"https": 443, "git": 9418, "ssh": 22}


def git_options(url: str, inside: Collection[str]) -> list[str]:
    """git's options for fetching from `url`. Raises PrepareError where that leads into the lab's own network.

    `inside` are the hosts for which that is as it should be. A number in place of a name was listed so by the policy.
    """
    options = ["-c", "http.followRedirects=false"]
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if host in inside or _is_number(host) or (parts.scheme == "https" and proxies_for(url)):
        return options  # a proxy has rules of its own on where it leads
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise PrepareError(f"git: nobody knows the host {host}") from error
    for address in sorted(found):
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise PrepareError(
                f"git: {host} is at {address}, inside of this lab's network: its policy does not name it in git_inside"
            )
    if parts.scheme == "https":
        options += ["-c", f"http.curloptResolve={host}:{port}:{','.join(sorted(found))}"]
    return options


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
