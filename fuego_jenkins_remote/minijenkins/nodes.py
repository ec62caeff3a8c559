"""Nodes: here a named set of executors on this machine, where Jenkins has an agent.

A node made through the API is online at once unless it is set offline. Its folder is DATA/nodes/NAME.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from .documents import decode, number, text_of
from .errors import Refused, SetupError
from .jobs.builds import Build, now_ms
from .names import check_name
from .store import write_text

BUILT_IN = "built-in"
_MOST_EXECUTORS = 64


@dataclass(kw_only=True, eq=False)
class Node:
    """One node; `running` maps an executor's number to the build it runs. The built-in node has an empty name."""

    name: str
    description: str
    executors: int
    labels: tuple[str, ...]
    exclusive: bool
    folder: Path
    remote_fs: str = ""
    xml: str = ""
    offline: bool = False
    offline_reason: str = ""
    offline_since_ms: int = 0
    running: dict[int, Build] = field(default_factory=dict)

    @property
    def shown_name(self) -> str:
        """Name on pages, and displayName in the API."""
        return self.name or "Built-In Node"

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Its own name (built-in for the built-in node) and what it was given."""
        return tuple(dict.fromkeys([self.name or BUILT_IN, *self.labels]))

    def free_executor(self) -> int | None:
        """The lowest number of an idle executor; None when all are busy or the node is offline."""
        if self.offline:
            return None
        return next((slot for slot in range(self.executors) if slot not in self.running), None)

    def serves(self, label: str) -> bool:
        """Whether a job tied to this label (the empty one: to nothing) may run here."""
        return label in self.all_labels if label else not self.exclusive

    def toggle_offline(self, reason: str) -> None:
        """Set it offline with a reason, or online again."""
        self.offline = not self.offline
        self.offline_reason = reason if self.offline else ""
        self.offline_since_ms = now_ms() if self.offline else 0
        self.save()

    def save(self) -> None:
        """Write the node's files. The built-in node has none."""
        if self.name:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(self.folder / "config.xml", self.xml)
            state = {"offline": self.offline, "reason": self.offline_reason, "since_ms": self.offline_since_ms}
            write_text(self.folder / "state.json", json.dumps(state))


def from_form(name: str, settings: dict[str, object], nodes_dir: Path) -> Node:
    """A node from what python-jenkins' `create_node` posts to doCreateItem. Raises `Refused` (400)."""
    name = check_name(name)
    try:
        executors = int(str(settings.get("numExecutors") or 1))
    except ValueError:
        raise Refused(400, "numExecutors is not a whole number") from None
    slave = ET.Element("slave")
    launcher = settings.get("launcher")
    kind = launcher.get("stapler-class") if isinstance(launcher, dict) else None
    for tag, text in (
        ("name", name),
        ("description", str(settings.get("nodeDescription") or "")),
        ("remoteFS", str(settings.get("remoteFS") or "")),
        ("numExecutors", str(executors)),
        ("mode", "EXCLUSIVE" if settings.get("mode") == "EXCLUSIVE" else "NORMAL"),
    ):
        ET.SubElement(slave, tag).text = text
    ET.SubElement(slave, "retentionStrategy", {"class": "hudson.slaves.RetentionStrategy$Always"})
    _add_launcher(slave, str(kind or "hudson.slaves.JNLPLauncher"))
    ET.SubElement(slave, "label").text = str(settings.get("labelString") or "")
    ET.SubElement(slave, "nodeProperties")
    ET.indent(slave)
    return from_xml(ET.tostring(slave), nodes_dir)


def _add_launcher(slave: ET.Element, kind: str) -> None:
    launcher = ET.SubElement(slave, "launcher", {"class": kind})
    if kind == "hudson.slaves.JNLPLauncher":
        work_dir = ET.SubElement(launcher, "workDirSettings")
        ET.SubElement(work_dir, "disabled").text = "false"
        ET.SubElement(work_dir, "internalDir").text = "remoting"
        ET.SubElement(work_dir, "failIfWorkDirIsMissing").text = "false"
        ET.SubElement(launcher, "webSocket").text = "false"


def from_xml(body: bytes, nodes_dir: Path) -> Node:
    """A node from its config.xml. Raises `Refused` for bad XML, a bad name or a bad number of executors."""
    text, root = decode(body)
    if root.tag != "slave":
        raise Refused(500, f"<{root.tag[:80]}> is not the configuration of a node (<slave>)")
    name = check_name(text_of(root, "name"))
    if name.lower() in {BUILT_IN, "(built-in)", "master", "(master)"}:
        raise Refused(400, f"‘{name}’ is the name of the built-in node")
    executors = number(root, "numExecutors", 1)
    if not 1 <= executors <= _MOST_EXECUTORS:
        raise Refused(400, f"numExecutors must be between 1 and {_MOST_EXECUTORS}")
    return Node(
        name=name,
        description=text_of(root, "description"),
        executors=executors,
        labels=tuple(text_of(root, "label").split()),
        exclusive=text_of(root, "mode") == "EXCLUSIVE",
        folder=nodes_dir / name,
        remote_fs=text_of(root, "remoteFS"),
        xml=text,
    )


def load_nodes(nodes_dir: Path) -> dict[str, Node]:
    """All nodes that were made through the API, with their offline state. Raises `SetupError`."""
    nodes: dict[str, Node] = {}
    for path in sorted(nodes_dir.glob("*/config.xml")):
        try:
            node = from_xml(path.read_bytes(), nodes_dir)
            state = json.loads((path.parent / "state.json").read_text("utf-8"))
        except (Refused, OSError, ValueError) as error:
            raise SetupError(f"{path}: {error}") from None
        node.offline = bool(state.get("offline"))
        node.offline_reason = str(state.get("reason") or "")
        node.offline_since_ms = int(state.get("since_ms") or 0)
        nodes[node.name] = node
    return nodes
