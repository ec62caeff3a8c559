"""Data folders of visions, for tests. A folder is a copy: the migrations, which take their time, run once."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from fuego_jenkins_remote.vision import admin


def init(folder: Path) -> None:
    """As `admin.init_data`, quickly."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, content in _empty_files().items():
        (folder / name).write_bytes(content)


@cache
def _empty_files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        admin.init_data(Path(name))
        return {file.name: file.read_bytes() for file in Path(name).iterdir()}
