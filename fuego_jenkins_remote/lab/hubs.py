"""Where a lab's requests come from: a hub, or an old Fuego server in its place."""

from __future__ import annotations

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.lab.fserver.hub import FserverLab

LabHub = HubClient | FserverLab
"""Both have the calls of a lab, with the same meanings."""
