"""A job's config.xml, as far as we ask whether it is ours and whether it differs from what we want."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

# Jenkins writes XML 1.1, which expat refuses; nothing in a job of ours needs more than 1.0.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """What a Jenkins has for a job. `node` is the one it is tied to."""

    root: ET.Element | None
    description_lines: tuple[str, ...]
    node: str
    disabled: bool

    @classmethod
    def parse(cls, text: str) -> JobConfig:
        """Read it; what is no XML is a job without a description, so never ours."""
        root = _parse(text)
        description = root.findtext("description") if root is not None else None
        # JJB's own mark may follow on the same line: the job came from the plain jenkins-jobs command.
        lines = (line.partition("<!--")[0].strip() for line in (description or "").splitlines())
        return cls(
            root=root,
            description_lines=tuple(lines),
            node=(root.findtext("assignedNode") or "" if root is not None else "").strip(),
            disabled=root is not None and (root.findtext("disabled") or "").strip() == "true",
        )

    def keep_disabled(self, xml: str) -> str:
        """Give `xml` with this job's being disabled in it."""
        return xml.replace("<disabled>false</disabled>", "<disabled>true</disabled>", 1) if self.disabled else xml

    def is_same(self, xml: str) -> bool:
        """Whether uploading `xml` would change nothing: white space between elements aside."""
        other = _parse(self.keep_disabled(xml))
        return self.root is not None and other is not None and _normal(self.root) == _normal(other)


def _parse(text: str) -> ET.Element | None:
    try:
        return ET.fromstring(_DECLARATION.sub("", text))  # noqa: S314  # the lab's own Jenkins
    except ET.ParseError:
        return None


def _normal(element: ET.Element) -> tuple[object, ...]:
    """An element as a value. Jenkins notes in `plugin` which plugin read the element, when it saves a job."""
    text = (element.text or "").replace("\r\n", "\n")
    return (
        element.tag,
        tuple(sorted((name, value) for name, value in element.attrib.items() if name != "plugin")),
        text if text.strip() else "",
        tuple(_normal(child) for child in element),
    )
