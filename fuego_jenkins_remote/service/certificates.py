"""Whether the time of a service's certificate has come, and is not over: asked of OpenSSL, as a client would."""

from __future__ import annotations

import ssl
from contextlib import suppress

# OpenSSL's X509_V_ERR numbers, from x509_vfy.h.
_WRONG = {
    9: "is not valid yet (is this machine's clock right?)",
    10: "has expired: renew it, and start again",
}
_ROUNDS = 10  # a handshake takes three


def wrong_time(certificate: str, key: str) -> str:
    """What clients will say of the times in a certificate (PEM, its chain after it); empty: nothing.

    A server and a client are let speak with each other in memory. The client trusts all that is in the file, so that
    nothing but times (and damage, which is others' to say) can be wrong with it.
    """
    code = 0
    with suppress(ssl.SSLError, OSError):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate, key)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        client.load_verify_locations(certificate)
        code = _said(client, server)
    return _WRONG.get(code, "")


def _said(client: ssl.SSLContext, server: ssl.SSLContext) -> int:
    """The number by which the client refuses the server; 0: it does not."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True))
    for _ in range(_ROUNDS):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error.verify_code
    return 0
