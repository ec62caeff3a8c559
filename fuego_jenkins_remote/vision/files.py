"""The files of a run as they are sent and shown: never as something a browser would run."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from starlette.responses import FileResponse, Response, StreamingResponse

from fuego_jenkins_remote.service.problems import NotFound, Unavailable
from fuego_jenkins_remote.vision.contents import file_parts
from fuego_jenkins_remote.vision.showing import brief

SHOWN_BYTES = 200 * 1024
"""How much of a log's end a page shows."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def file_size(files: list[dict[str, Any]], name: str) -> int:
    """Give the size of a run's file of this name, in bytes; NotFound if there is none."""
    for one in files:
        if one["name"] == name:
            return int(one["size"])
    raise NotFound(f"This run has no file {brief(name)}.")


def file_response(package: Path, name: str, size: int) -> Response:
    """Send a file as a download: text as plain text, everything else as bytes, whatever it calls itself."""
    parts = file_parts(package, name)
    first = next(parts, b"")
    headers = {
        "Content-Type": "text/plain; charset=utf-8" if is_text(first) else "application/octet-stream",
        "Content-Disposition": _attachment(PurePosixPath(name).name),
        "Content-Length": str(size),
    }
    return StreamingResponse(chain([first], parts), headers=headers)


def package_response(package: Path, key: str) -> Response:
    """Send a whole package; it is read from the disk while it is sent."""
    if not package.is_file():
        detail = "The package of this run is not in its place any more; ask whoever runs this service."
        raise Unavailable(detail, code="package-gone")
    headers = {"Content-Disposition": _attachment(key.replace("/", "-") + ".frp")}
    return FileResponse(package, headers=headers, media_type="application/octet-stream")


def is_text(data: bytes) -> bool:
    """Say whether bytes are text, going by their beginning: UTF-8, and none of the bytes that only binaries have."""
    head = data[:8192]
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The cut may go through the last character.
        return len(data) > len(head) and error.start >= len(head) - 3
    return True


def log_text(end: bytes, *, cut: bool) -> str:
    """Make text that is safe to show of (the end of) a log; if it was cut, it begins with the first whole line.

    Terminal colours are dropped; other control characters, and those that turn writing around, become U+FFFD.
    """
    text = end.decode("utf-8", "replace")
    if cut:
        text = text.partition("\n")[2] or text
    text = _COLOURS.sub("", text.replace("\r\n", "\n"))
    return _CONTROLS.sub("\ufffd", text)


def _attachment(name: str) -> str:
    plain = _UNSAFE.sub("_", name).lstrip(".") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
