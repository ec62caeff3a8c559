"""A CA made for a test, and certificates of it, by the openssl program."""

from __future__ import annotations

import ipaddress
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A server's certificate and its key (PEM)."""

    certificate: Path
    key: Path

    @property
    def options(self) -> tuple[str, ...]:
        """What our services are told."""
        return ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))


class Authority:
    """A CA of its own; `certificate` is what a client must know."""

    def __init__(self, folder: Path, name: str = "Fuego test CA") -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-keyout", str(self._key), "-out", str(self.certificate)),
        )

    def issue(self, *names: str, days: int = 2) -> Pair:
        """A certificate for these host names and addresses, good for some days; -1 for one that has expired."""
        stem = self._folder / f"{names[0]}{days:+}".replace("*", "any")
        pair = Pair(stem.with_name(f"{stem.name}.pem"), stem.with_name(f"{stem.name}.key"))
        request, extensions = stem.with_name(f"{stem.name}.csr"), stem.with_name(f"{stem.name}.ext")
        extensions.write_text(
            f"subjectAltName={','.join(_alternative(name) for name in names)}\n"
            "extendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
        )
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=fuego"),
            *("-keyout", str(pair.key), "-out", str(request)),
        )
        _openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self._key)),
            *("-CAcreateserial", "-days", str(days), "-extfile", str(extensions), "-out", str(pair.certificate)),
        )
        return pair


def _alternative(name: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
