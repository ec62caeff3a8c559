"""The calls that say what a build was, and those that ask who started it and who may do what.

Core has no plugin for a build's name: the form that a person fills in on the build's page sets name and description.
Its path and fields are those of hudson.model.Run.doConfigSubmit (observed on 2.528.3, alike since before 2.249).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import requests

from fuego_jenkins_remote.lab.errors import ControllerRefused, ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink, job_path

_CAUSES = "actions[causes[userId,userName]]"


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Who started a build: the id of a Jenkins user, empty where nobody was logged in or nobody started it by hand."""

    user: str = ""


class LabelCalls(JenkinsLink):
    """Names and descriptions of builds, and the people behind them."""

    def label_build(self, job: str, number: str, name: str, description: str) -> None:
        """Give a build a name and a description; a build that is not there has none. An empty name is its number."""
        form = {"json": json.dumps({"displayName": name, "description": description})}
        request = requests.Request("POST", f"{self.url}/{job_path(job)}/{number}/configSubmit", data=form)
        self._or_none(lambda: self._server.jenkins_open(request))

    def shows_html(self) -> bool:
        """Whether descriptions are shown as HTML (Fuego's Jenkins), rather than as the plain text that core shows."""
        form = {"text": "<b>b</b>"}
        request = requests.Request("POST", f"{self.url}/markupFormatter/previewDescription", data=form)
        try:
            return "<b>b</b>" in (self._or_none(lambda: str(self._server.jenkins_open(request))) or "").lower()
        except (ControllerRefused, ControllerTrouble):
            return False  # one that does not tell: plain text is right everywhere

    def starter(self, job: str, number: str) -> Starter:
        """Who started a build."""
        path = f"{job_path(job)}/{number}/api/json?tree={_CAUSES}"
        found = self._or_none(lambda: self._get(path)) or {}
        causes = [cause for action in found.get("actions") or () for cause in (action or {}).get("causes") or ()]
        users = [str((cause or {}).get("userId") or "") for cause in causes]
        return Starter(user=next((user for user in users if user and user != "anonymous"), ""))

    def is_open_to_anybody(self) -> bool:
        """Whether somebody who has not logged in may make jobs: what a person claims to be there is no more than that.

        Asks as nobody, for a job without a name, which no Jenkins makes: it says first whether one may. Raises
        ControllerDown where nothing answers.
        """
        nobody = self._as_nobody()
        request = requests.Request("POST", f"{self.url}/createItem", headers={"Content-Type": "text/xml"}, data=b"")
        try:
            nobody._call(lambda: nobody._server.jenkins_open(request))
        except ControllerRefused:
            return False
        except ControllerTrouble:
            return True  # it would have taken a job with a name
        return True
