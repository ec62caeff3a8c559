"""The lab's Jenkins, as the lab calls it."""

from __future__ import annotations

from fuego_jenkins_remote.lab.jenkins.access_calls import AccessCalls
from fuego_jenkins_remote.lab.jenkins.build_calls import Build, QueueItem, is_under_way
from fuego_jenkins_remote.lab.jenkins.job_calls import JobCalls
from fuego_jenkins_remote.lab.jenkins.node_calls import Node, NodeCalls
from fuego_jenkins_remote.lab.jenkins.overview import OverviewCalls

__all__ = ["Build", "Controller", "Node", "QueueItem", "is_under_way"]


class Controller(JobCalls, NodeCalls, OverviewCalls, AccessCalls):
    """The calls that a lab makes. Not to be shared between threads."""
