"""What our user may do in Jenkins, found out without changing anything.

Jenkins has no call that lists permissions. But its pages check names while a person types them, and each of these GET
requests asks for the permission first; a 403 then names it (X-Required-Permission). A job's page offers only what is
allowed. Seen on Jenkins 2.528.3; the questions are those of 2.249's pages, too. Whether builds may be stopped
(Job/Cancel) shows only when one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import jenkins
import requests

from fuego_jenkins_remote.lab.errors import ControllerRefused
from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink, job_path

_ANYWHERE = {
    "Job/Create": "checkJobName?value=",
    "Agent/Create": "computer/checkName?value=",
    "View/Create": "viewExistsCheck?value=",
}
_ON_THE_PAGE = {"Job/Build": "build?delay=", "Job/Delete": "doDelete"}
_ALLOWED, _FORBIDDEN = 200, frozenset({401, 403})


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What may be done, what may not, and what could not be asked, in Jenkins' words (Job/Create)."""

    held: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How a Jenkins is set up. `open_to_all`: somebody without a login may make jobs; None where it does not say."""

    quieting_down: bool
    open_to_all: bool | None
    clock: datetime | None


class AccessCalls(JenkinsLink):
    """Questions about ourselves and about the controller."""

    def permissions(self, job: str = "") -> Permissions:
        """What our user may do, anywhere and with `job`, one of ours that is there. Raises ControllerError."""
        found: dict[str, bool | None] = {"Overall/Read": self._allowed("api/json?tree=mode")}
        found |= {permission: self._allowed(question) for permission, question in _ANYWHERE.items()}
        # A controller that does not check names does not say what is allowed on its pages either.
        if job and found["Job/Create"] is not None:
            found |= self._of_job(job)
        return Permissions(
            held=tuple(name for name, allowed in found.items() if allowed),
            missing=tuple(name for name, allowed in found.items() if allowed is False),
            unknown=tuple(name for name, allowed in found.items() if allowed is None),
        )

    def condition(self) -> Condition:
        """How the controller is set up, as nobody and as we see it. Raises ControllerError."""
        status, _, clock = self._ask("api/json?tree=mode")
        if status in _FORBIDDEN:
            raise ControllerRefused(f"Jenkins at {self.url} does not let us read: permission Overall/Read")
        said = self._call(lambda: self._get("api/json?tree=quietingDown,useSecurity"))
        anonymous, _, _ = self._ask(_ANYWHERE["Job/Create"], anonymous=True)
        may_all = True if anonymous == _ALLOWED else False if anonymous in _FORBIDDEN else None
        if may_all is None and "useSecurity" in said:
            may_all = said["useSecurity"] is False
        return Condition(quieting_down=said.get("quietingDown") is True, open_to_all=may_all, clock=clock)

    def _of_job(self, job: str) -> dict[str, bool | None]:
        status, page, _ = self._ask(f"{job_path(job)}/")
        if status != _ALLOWED:
            # A job that we may not see is not there for us.
            return dict.fromkeys(("Job/Read", "Job/Configure", *_ON_THE_PAGE))
        found = {permission: mark in page for permission, mark in _ON_THE_PAGE.items()}
        if not found["Job/Build"] and self._is_disabled(job):
            del found["Job/Build"]
        return {"Job/Read": True, "Job/Configure": self._allowed(f"{job_path(job)}/config.xml"), **found}

    def _is_disabled(self, job: str) -> bool:
        return self._call(lambda: self._get(f"{job_path(job)}/api/json?tree=buildable")).get("buildable") is False

    def _allowed(self, path: str) -> bool | None:
        status, _, _ = self._ask(path)
        return True if status == _ALLOWED else False if status in _FORBIDDEN else None

    def _ask(self, path: str, *, anonymous: bool = False) -> tuple[int, str, datetime | None]:
        """Status, text and the controller's time."""
        with self._translated():
            response = self._as_anonymous(path) if anonymous else self._as_we_are(path)
        if response.status_code == 401 and not anonymous:
            raise self._answered(response, "")
        return response.status_code, response.text, _date(response)

    def _as_we_are(self, path: str) -> requests.Response:
        request = requests.Request("GET", f"{self.url}/{path}")
        try:
            response: requests.Response = self._server.jenkins_request(request, add_crumb=False)
        except requests.HTTPError as error:
            return error.response
        except jenkins.JenkinsException as error:
            answer = getattr(error.__context__, "response", None)
            if not isinstance(answer, requests.Response):
                raise
            return answer
        return response

    def _as_anonymous(self, path: str) -> requests.Response:
        nobody = self._as_nobody()._server
        response: requests.Response = nobody._session.get(f"{self.url}/{path}", timeout=nobody.timeout)
        return response


def _date(response: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
