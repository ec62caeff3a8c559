"""Which targets get runs of private requests: what goes to most of them is there for everybody."""

from __future__ import annotations

from collections.abc import Collection


def why_withheld(target: str, allowed: Collection[str]) -> str:
    """Why a private request's run does not go to `target`, where only the `allowed` get such; empty where it does."""
    if target in allowed:
        return ""
    return f"not sent: its request is private, and private_targets in fuego.conf does not name {target}"
