"""The hub that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.service.clock import Clock, utc_now


@dataclass(kw_only=True)
class Patient:
    """A hub's data, and what is known of how it is served; `mail` None: not to be asked.

    `ca_file`: whom to trust besides the system's CAs.
    """

    data_dir: Path
    base_url: str = ""
    workers: int = 1
    mail: str | None = None
    ca_file: Path | None = None
    clock: Clock = utc_now
    opened: Any = field(default=None, repr=False)

    @property
    def engine(self) -> Any:
        """Its database; opened when first asked for. Raises NotMigrated, NoDatabase."""
        from fuego_jenkins_remote.hub.admin import open_data

        if self.opened is None:
            self.opened = open_data(self.data_dir, connections=2)
        return self.opened

    def close(self) -> None:
        """Let go of it."""
        if self.opened is not None:
            self.opened.dispose()


def some(names: list[str], most: int = 5) -> str:
    """The first few of many names."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
