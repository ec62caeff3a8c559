"""The lab's Jenkins, as the lab calls it."""

from __future__ import annotations

from fuego_jenkins_remote.lab.jenkins.build_calls import Build, BuildCalls, QueueItem
from fuego_jenkins_remote.lab.jenkins.job_calls import JobCalls
from fuego_jenkins_remote.lab.jenkins.node_calls import Node, NodeCalls

__all__ = ["Build", "Controller", "Node", "QueueItem"]


class Controller(JobCalls, NodeCalls, BuildCalls):
    """The calls that a lab makes. Not to be shared between threads."""
