"""What is uploaded is made once: the tests here are of what becomes of it, and jenkins-job-builder takes its time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from fuego_jenkins_remote.lab.jobs import definitions
from fuego_jenkins_remote.lab.jobs.jjb import make_xml

_made: dict[str, dict[str, str]] = {}


@pytest.fixture(autouse=True)
def made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same project gives the same jobs."""

    def make(files: Sequence[Path], project: Mapping[str, object]) -> dict[str, str]:
        key = json.dumps([[str(path) for path in files], project])
        if key not in _made:
            _made[key] = make_xml(files, project)
        return dict(_made[key])

    monkeypatch.setattr(definitions, "make_xml", make)
