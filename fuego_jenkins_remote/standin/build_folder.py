"""The folder a test is built in: kept between runs, and used again only for just the same test."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

MARKER = ".standin_built"
"""Written by phases.sh after a build that went well: the fingerprint of what was built."""


def prepare_build_folder(folder: Path, *, builds: bool, rebuild: bool, fingerprint: str) -> bool:
    """Make the folder ready; give whether what is in it is already built from just this test.

    ``builds``: the build phase is asked for (else everything is left as it is); ``rebuild``: Fuego's option.
    Raises OSError.
    """
    marker = folder / MARKER
    built = marker.is_file() and marker.read_text("utf-8", "replace").strip() == fingerprint
    if builds and (rebuild or not built):
        if folder.exists():
            shutil.rmtree(folder)
        built = False
    folder.mkdir(parents=True, exist_ok=True)
    return built


def fingerprint_of(test_folder: Path) -> str:
    """Give a text that changes when a test's folder is another one, or a file in it has changed."""
    folder = test_folder.resolve()
    digest = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape"))
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            status = os.lstat(os.path.join(place, name))  # noqa: PTH118 - there may be thousands
            line = f"\n{place}/{name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
            digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
