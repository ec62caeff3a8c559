"""Where the lab of a test has its folders."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.lab.config import LabConfig


def lab_at(root: Path) -> LabConfig:
    """The lab `demolab` with all its folders below one."""
    return LabConfig(
        host="demolab",
        lab_dir=root / "rw/remote",
        state_dir=root / "state",
        conf_dir=root / "ro/conf",
        fuego_ro=root / "ro",
        fuego_rw=root / "rw",
        fuego_core=root / "core",
    )
