"""jenkins_jobs/shell/remote-request-push.sh."""

from __future__ import annotations

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "jenkins_jobs" / "shell" / "remote-request-push.sh"


def _push(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    ftc = tmp_path / "my ftc"
    ftc.write_text('#!/bin/bash\necho "$PWD: $*"\nexit 4\n')
    ftc.chmod(0o755)
    environment |= {"PATH": "/usr/bin:/bin", "FUEGO_FTC": str(ftc)}
    return subprocess.run(["bash", SCRIPT], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_the_outbox_is_pushed_from_the_workspace(tmp_path: Path) -> None:
    workspace = tmp_path / "work space"
    workspace.mkdir()
    (workspace / "old.frp").write_text("of the build before")
    done = _push(tmp_path, WORKSPACE=str(workspace))
    assert done.stdout == f"{workspace}: push-runs\n"
    assert done.returncode == 4
    assert list(workspace.iterdir()) == []


def test_by_hand_nobodys_packages_are_removed(tmp_path: Path) -> None:
    (tmp_path / "mine.frp").write_text("mine")
    assert _push(tmp_path).stdout == f"{tmp_path}: push-runs\n"
    assert (tmp_path / "mine.frp").exists()
