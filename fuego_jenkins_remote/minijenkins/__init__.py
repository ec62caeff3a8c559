"""The embedded controller of the Fuego network, not Jenkins.

It speaks the part of Jenkins' HTTP API that python-jenkins and jenkins-job-builder use, for a small lab that has no
Jenkins. It imports nothing else of this project. `server.serve` starts it; what it does not do, it refuses with 501.
"""

from __future__ import annotations

# Not a Jenkins version: the number says whose answers are imitated, the suffix that it is not that server.
VERSION = "2.528.3-embedded"
NAME = "embedded controller of the Fuego network, not Jenkins"
