"""A form with files (multipart/form-data, RFC 7578), read as it is sent: requests alone holds it twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from requests_toolbelt.multipart.encoder import MultipartEncoder

Part = tuple[str, str, bytes | BinaryIO]
"""A field's name, the file's name, and the file: bytes, or one that is open for reading, from where it stands."""


def form(parts: Sequence[Part]) -> tuple[MultipartEncoder, dict[str, str]]:
    """What a call takes as its `data`, once, and the headers that say what it is."""
    encoder = MultipartEncoder([(field, (name, content, "application/octet-stream")) for field, name, content in parts])
    return encoder, {"Content-Type": encoder.content_type}
