"""Where Fuego's folders are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Places:
    """Fuego's three folders, absolute, and the name of this lab."""

    fuego_ro: Path
    fuego_rw: Path
    fuego_core: Path
    host_name: str = "fuegohost"

    @property
    def boards(self) -> Path:
        """The folder of the board files."""
        return self.fuego_ro / "boards"

    @property
    def tests(self) -> Path:
        """The folder of the installed tests."""
        return self.fuego_core / "tests"

    def stored_variables(self, board: str) -> Path:
        """Give the file of the board's stored variables (``ftc set-var``); it may not be there."""
        return self.fuego_rw / "boards" / f"{board}.vars"


def places_from(environ: Mapping[str, str]) -> Places:
    """Take FUEGO_RO, FUEGO_RW, FUEGO_CORE and FUEGO_HOST; without them Fuego's own: ``/fuego-ro`` and so on."""
    return Places(
        fuego_ro=_folder(environ.get("FUEGO_RO") or "/fuego-ro"),
        fuego_rw=_folder(environ.get("FUEGO_RW") or "/fuego-rw"),
        fuego_core=_folder(environ.get("FUEGO_CORE") or "/fuego-core"),
        host_name=environ.get("FUEGO_HOST") or "fuegohost",
    )


def _folder(text: str) -> Path:
    return Path(text).absolute()
