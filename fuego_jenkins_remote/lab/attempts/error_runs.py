"""A run for an attempt that left none: status ERROR, the reason, and what logs there are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fuego_jenkins_remote.fuego.runs import Attachment, Run, Status, write_run
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Entry
from fuego_jenkins_remote.network.reasons import meaning


def lay_out(entry: Entry, folders: LabDir, folder: Path) -> None:
    """Make a run folder at `folder` (which is not there yet), as Fuego's are. Raises OSError."""
    folder.mkdir(parents=True)
    attachments = []
    for name, content in folders.logs(entry.id):
        (folder / name).write_bytes(content)
        attachments.append(Attachment(name=name.removesuffix(".txt"), path=name))
    started = datetime.fromtimestamp(entry.since, UTC)
    run = Run(
        name=entry.request.test,
        status=Status.ERROR,
        metadata={
            "board": entry.board,
            "test_spec": entry.request.spec,
            "build_number": entry.build_number,
            "timestamp": started.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "start_time": str(int(entry.since * 1000)),
            "reason": entry.detail or meaning(entry.reason),
        },
        attachments=tuple(attachments),
    )
    (folder / "run.json").write_bytes(write_run(run))
