"""How a controller is set up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a controller is set up. `labels` are those of the built-in node beside `built-in`; times in seconds.

    A client that takes longer than `head_seconds` and `body_seconds` for a request's head or body is sent away.
    """

    data_dir: Path
    prefix: str = "/fuego"
    labels: tuple[str, ...] = ()
    executors: int = 2
    quiet_seconds: float = 5.0
    term_wait_seconds: float = 5.0
    head_seconds: float = 20.0
    body_seconds: float = 60.0
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
