"""config.xml documents: bounded, without DTDs, kept as they were posted."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from .errors import Refused

MAX_BYTES = 2_000_000
_MAX_DEPTH = 64
_HEADER = '<?xml version="1.1" encoding="UTF-8"?>'
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml\b([^>]*?)\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def decode(body: bytes) -> tuple[str, ET.Element]:
    """Parse a posted document; gives its text with Jenkins' own XML declaration, and its root element.

    Jenkins writes and accepts version 1.1, which expat refuses, so the declaration is taken off before parsing.
    Raises `Refused`: 500 for bad XML (as Jenkins answers it), 400 for what is refused for safety.
    """
    if len(body) > MAX_BYTES:
        raise Refused(413, f"the document is larger than {MAX_BYTES} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(500, f"the document is not UTF-8: {error}") from None
    declaration = _DECLARATION.match(text)
    if declaration:
        encoding = _ENCODING.search(declaration.group(1))
        if encoding and encoding.group(1).lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
            raise Refused(500, f"encoding {encoding.group(1)} of the document is not UTF-8")
        text = text[declaration.end() :]
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Refused(400, "a document type or entity declaration is not accepted in a configuration")
    try:
        root = ET.fromstring(text)  # noqa: S314 - bounded, and DTDs are refused above
    except ET.ParseError as error:
        raise Refused(500, f"bad XML: {error}") from None
    _check_depth(root)
    return _HEADER + text, root


def root_of(text: str) -> ET.Element:
    """Parse a document that `decode` has accepted before."""
    return decode(text.encode("utf-8"))[1]


def with_text(text: str, element: str, value: str) -> str:
    """The document with the text of one direct child of its root replaced, or the child added."""
    root = root_of(text)
    child = root.find(element)
    if child is None:
        child = ET.SubElement(root, element)
    child.text = value
    return _HEADER + "\n" + ET.tostring(root, encoding="unicode")


def text_of(element: ET.Element, path: str, default: str = "") -> str:
    """Stripped text of the first element at `path`; default when it is missing or empty."""
    return (element.findtext(path) or "").strip() or default


def flag(element: ET.Element, path: str, default: bool = False) -> bool:
    """A true or false element; default when missing."""
    text = text_of(element, path)
    return default if not text else text.lower() == "true"


def number(element: ET.Element, path: str, default: int) -> int:
    """A whole number element; default when missing. Raises `Refused` (500) for anything else."""
    text = text_of(element, path)
    try:
        return int(text) if text else default
    except ValueError:
        raise Refused(500, f"<{path}>{text[:40]}</{path}> is not a whole number") from None


def _check_depth(root: ET.Element) -> None:
    level = [root]
    for _ in range(_MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise Refused(400, f"the document is nested deeper than {_MAX_DEPTH} levels")
