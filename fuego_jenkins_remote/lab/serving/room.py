"""Whether there is room for more runs: a lab that cannot deliver stops claiming before its disk is full."""

from __future__ import annotations

import shutil
from pathlib import Path

from fuego_jenkins_remote.lab.config import LabConfig

MIB = 2**20


def why_no_room(lab: LabConfig) -> str:
    """The reason why nothing more is to be claimed, for the lab's people; empty where there is room.

    Run packages that wait may take `outbox_quota` bytes; `disk_reserve` bytes stay free where runs and packages lie.
    """
    waiting = sum(_size(package) for package in lab.packages_dir.glob("**/*.frp"))
    if waiting >= lab.outbox_quota:
        return (
            f"runs of {waiting // MIB} MiB wait for delivery in {lab.packages_dir}, at most {lab.outbox_quota // MIB}"
            " may (outbox_quota): nothing more is claimed (ftc outbox shows why they wait)"
        )
    for folder in (lab.state_dir, lab.lab_dir):
        free = shutil.disk_usage(_there(folder)).free
        if free < lab.disk_reserve:
            return (
                f"only {free // MIB} MiB are free at {folder}, {lab.disk_reserve // MIB} are kept free (disk_reserve):"
                " nothing more is claimed"
            )
    return ""


def _size(package: Path) -> int:
    try:
        return package.stat().st_size
    except FileNotFoundError:  # delivered meanwhile
        return 0


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return folder if folder.is_dir() else _there(folder.parent)
