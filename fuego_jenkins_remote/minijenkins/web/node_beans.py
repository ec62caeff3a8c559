"""The controller itself, its nodes and labels as Jenkins' API shows them. Visibilities as in Jenkins 2.528.3."""

from __future__ import annotations

from ..controller import Controller
from ..nodes import Node
from .exported import Bean, Value, prop
from .job_beans import executor_bean, item_bean, job_bean, view_bean

_MONITORS = ("SwapSpace", "TemporarySpace", "DiskSpace", "Architecture", "ResponseTime", "Clock")
_LOADS = (
    "availableExecutors",
    "busyExecutors",
    "connectingExecutors",
    "definedExecutors",
    "idleExecutors",
    "onlineExecutors",
    "queueLength",
    "totalExecutors",
)


def root_bean(controller: Controller) -> Bean:
    """The root object of the API."""
    node = controller.built_in
    views = [view_bean(controller, controller.views[name]) for name in sorted(controller.views)]
    return Bean(
        class_name="hudson.model.Hudson",
        properties=[
            prop("assignedLabels", lambda: [label_bean(controller, name, "") for name in node.all_labels]),
            prop("mode", "NORMAL"),
            prop("nodeDescription", node.description),
            prop("nodeName", "", 2),
            prop("numExecutors", node.executors),
            prop("description", None),
            prop("jobs", lambda: [job_bean(controller, controller.jobs[name]) for name in sorted(controller.jobs)]),
            prop("overallLoad", Bean()),
            prop("primaryView", lambda: view_bean(controller, None)),
            prop("quietDownReason", None),
            prop("quietingDown", controller.quieting_down),
            prop("slaveAgentPort", -1),
            prop("unlabeledLoad", Bean(class_name="jenkins.model.UnlabeledLoadStatistics")),
            prop("url", controller.root_url),
            prop("useCrumbs", True),
            prop("useSecurity", controller.users.configured),
            prop("views", [*views, view_bean(controller, None)]),
        ],
    )


def queue_bean(controller: Controller) -> Bean:
    """What waits, the oldest first."""
    items = [item_bean(controller, item) for item in controller.queue.waiting()]
    return Bean(
        class_name="hudson.model.Queue",
        properties=[prop("discoverableItems", []), prop("items", items, inline=True)],
    )


def computers_bean(controller: Controller) -> Bean:
    """All nodes, the built-in one first."""
    nodes = controller.all_nodes()
    return Bean(
        class_name="hudson.model.ComputerSet",
        properties=[
            prop("busyExecutors", sum(len(node.running) for node in nodes)),
            prop("computer", [computer_bean(controller, node) for node in nodes], inline=True),
            prop("displayName", "Nodes"),
            prop("totalExecutors", sum(node.executors for node in nodes if not node.offline)),
        ],
    )


def computer_bean(controller: Controller, node: Node) -> Bean:
    """One node with its executors."""
    icon = "symbol-computer-offline" if node.offline else "symbol-computer"
    properties = [
        prop("actions", []),
        prop("assignedLabels", lambda: [label_bean(controller, name, "") for name in node.all_labels]),
        prop("description", node.description),
        prop("displayName", node.shown_name, 2),
        prop(
            "executors",
            lambda: [executor_bean(controller, slot, node.running.get(slot)) for slot in range(node.executors)],
        ),
        prop("icon", icon),
        prop("iconClassName", icon),
        prop("idle", not node.running),
        prop("jnlpAgent", bool(node.name)),
        prop("launchSupported", not node.name),
        prop("loadStatistics", _load()),
        prop("manualLaunchAllowed", True),
        prop("monitorData", {f"hudson.node_monitors.{name}Monitor": None for name in _MONITORS}),
        prop("numExecutors", node.executors),
        prop("offline", node.offline),
        prop("offlineCause", _offline_cause(node)),
        prop("offlineCauseReason", node.offline_reason),
        prop("oneOffExecutors", []),
        prop("temporarilyOffline", node.offline),
    ]
    if node.name:
        properties.append(prop("absoluteRemotePath", None if node.offline else str(node.folder)))
    kind = "hudson.slaves.SlaveComputer" if node.name else "hudson.model.Hudson$MasterComputer"
    return Bean(class_name=kind, properties=properties)


def label_bean(controller: Controller, label: str, class_name: str = "hudson.model.labels.LabelAtom") -> Bean:
    """A label: the nodes that carry it and the jobs that are tied to it."""
    nodes = controller.nodes_with(label)
    online = [node for node in nodes if not node.offline]
    total = sum(node.executors for node in online)
    busy = sum(len(node.running) for node in online)
    tied = [job for _, job in sorted(controller.jobs.items()) if job.config.label == label]
    return Bean(
        class_name=class_name,
        properties=[
            prop("actions", []),
            prop("busyExecutors", busy),
            prop("clouds", []),
            prop("description", None),
            prop("idleExecutors", total - busy),
            prop("loadStatistics", _load()),
            prop("name", label, 2),
            prop("nodes", lambda: [_node_bean(controller, node) for node in nodes]),
            prop("offline", not online),
            prop("tiedJobs", lambda: [job_bean(controller, job) for job in tied]),
            prop("totalExecutors", total),
            prop("propertiesList", []),
        ],
    )


def _node_bean(controller: Controller, node: Node) -> Bean:
    if not node.name:
        return root_bean(controller)
    return Bean(
        class_name="hudson.slaves.DumbSlave",
        properties=[
            prop("assignedLabels", lambda: [label_bean(controller, name, "") for name in node.all_labels]),
            prop("mode", "EXCLUSIVE" if node.exclusive else "NORMAL"),
            prop("nodeDescription", node.description),
            prop("nodeName", node.name, 2),
            prop("numExecutors", node.executors),
        ],
    )


def _load() -> Bean:
    spans = Bean(properties=[prop(name, Bean()) for name in ("hour", "min", "sec10")])
    return Bean(class_name="hudson.model.Label$1", properties=[prop(name, spans) for name in _LOADS])


def _offline_cause(node: Node) -> Value:
    if not node.offline:
        return None
    return {
        "_class": "hudson.slaves.OfflineCause$UserCause",
        "timestamp": node.offline_since_ms,
        "description": node.offline_reason,
    }
