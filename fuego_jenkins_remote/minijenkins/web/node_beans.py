"""The controller itself, its nodes and labels as Jenkins' API shows them. Visibilities as in Jenkins 2.528.3."""

from __future__ import annotations

from functools import partial

from ..controller import Controller
from ..nodes import Node
from .exported import Bean, Beans, Plain, Value, prop
from .job_beans import executor_bean, item_bean, job_list, view_bean

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
_SPANS = Bean(properties=[prop(name, Bean()) for name in ("hour", "min", "sec10")])
_LOAD = Bean(class_name="hudson.model.Label$1", properties=[prop(name, _SPANS) for name in _LOADS])
_UNMEASURED: dict[str, Plain | dict[str, str | int]] = {
    f"hudson.node_monitors.{name}Monitor": None for name in _MONITORS
}


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
            prop("jobs", lambda: job_list(controller, sorted(controller.jobs))),
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
    items = Beans(items=controller.queue.waiting(), make=partial(item_bean, controller))
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
            prop("computer", Beans(items=nodes, make=partial(computer_bean, controller)), inline=True),
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
        prop("loadStatistics", _LOAD),
        prop("manualLaunchAllowed", True),
        prop("monitorData", _UNMEASURED),
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

    def nodes() -> list[Node]:
        return controller.nodes_with(label)

    def online() -> list[Node]:
        return [node for node in nodes() if not node.offline]

    def total() -> int:
        return sum(node.executors for node in online())

    def busy() -> int:
        return sum(len(node.running) for node in online())

    def tied() -> list[str]:
        return [name for name, job in sorted(controller.jobs.items()) if job.config.label == label]

    return Bean(
        class_name=class_name,
        properties=[
            prop("actions", []),
            prop("busyExecutors", busy),
            prop("clouds", []),
            prop("description", None),
            prop("idleExecutors", lambda: total() - busy()),
            prop("loadStatistics", _LOAD),
            prop("name", label, 2),
            prop("nodes", lambda: Beans(items=nodes(), make=partial(_node_bean, controller))),
            prop("offline", lambda: not online()),
            prop("tiedJobs", lambda: job_list(controller, tied())),
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


def _offline_cause(node: Node) -> Value:
    if not node.offline:
        return None
    return {
        "_class": "hudson.slaves.OfflineCause$UserCause",
        "timestamp": node.offline_since_ms,
        "description": node.offline_reason,
    }
