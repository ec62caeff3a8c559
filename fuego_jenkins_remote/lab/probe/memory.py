"""What probes have found, a file a board in state_dir: beside the journal, where nothing but the lab's own writes.

It stands there and not at the hub, so that every later put-board and update-board says it again, and so that what
boards.yaml asks for can change without a new probe.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.probe.reading import Found

_MAX_FILE = 2 * 2**20
_FACTS = frozenset({"arch", "cpu", "kernel", "type"})


def remember(state_dir: Path, board: str, found: Found) -> None:
    """Keep what was found, in place of what was found before. Raises OSError."""
    folder = state_dir / "probes"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{check_board_name(board)}.json"
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps(asdict(found), sort_keys=True), encoding="utf-8")
    partial.replace(path)


def recall(state_dir: Path, board: str) -> Found:
    """What was found last; nothing where no probe was, or where it cannot be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        with (state_dir / "probes" / f"{check_board_name(board)}.json").open("rb") as file:
            said = json.loads(file.read(_MAX_FILE))
        facts = {str(key): str(value) for key, value in said["facts"].items() if key in _FACTS}
        return Found(facts=facts, options={str(key): str(value) for key, value in said["options"].items()})
    return Found()


def forget(state_dir: Path, board: str) -> None:
    """Forget what was found. Raises OSError."""
    (state_dir / "probes" / f"{check_board_name(board)}.json").unlink(missing_ok=True)
