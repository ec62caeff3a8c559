"""The link to a Jenkins: the one python-jenkins session, and what its errors mean.

What python-jenkins raises, and the raw errors of requests that it lets through, come out as ControllerError. A missing
job, node, build or queue item is None or an empty list, not an error. A crumb does not survive a restart of Jenkins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import jenkins
import requests
from urllib3.util import Retry

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.transport import check_address, secure, why_unreachable
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerError, ControllerRefused, ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.acts import Act, act_of

TIMEOUT = 20.0
"""Seconds for one answer."""
MAX_ANSWER = 64 * 2**20
"""Bytes of one answer: who may start a build in Jenkins may give it parameters of any length."""
_CHUNK = 2**16

_NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    jenkins.TimeoutException,
)
_NOT_UNDERSTOOD = (
    requests.RequestException,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,  # a number without end
    RecursionError,  # lists in lists in lists
)
_NOT_THERE = frozenset({502, 503, 504})
# What an answer means that speaks of a job.
_OF_A_JOB = {
    400: "answered 400 {why} (what was edited by hand in job {job} is put right by ftc lab jobs --overwrite)",
    404: "has no job {job}, or does not show it to {user} (ftc lab jobs makes it; permission Job/Read)",
    409: "does not start job {job}: it is disabled",
}
_T = TypeVar("_T")


class JenkinsLink:
    """A session with one Jenkins. Not to be shared between threads."""

    def __init__(
        self, url: str, user: str = "", secret: str = "", *, ca_file: Path | None = None, timeout: float = TIMEOUT
    ) -> None:
        """`secret` is an API token or a password; without a user it is an unsecured Jenkins.

        Raises ControllerRefused for an address or a `ca_file` that cannot be used, and for a secret that would cross
        the network in the clear.
        """
        self.url = url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise ControllerRefused(f"jenkins_url: '{url}' is no address (like http://127.0.0.1:8080/fuego)")
        self._server = jenkins.Jenkins(self.url, user or None, secret or None, timeout=timeout)
        self._user = user or "anonymous"
        self._ca_file = ca_file
        session: requests.Session = self._server._session  # it has no public one
        session.hooks["response"] += [_stay_after_post, _read_bounded]
        try:
            if secret:
                check_address(self.url, "jenkins_url")
            secure(session, self.url, ca_file=ca_file, retries=Retry(total=0))
        except ClientError as error:
            raise ControllerRefused(str(error)) from error

    def version(self) -> str:
        """Jenkins' version, as it says; raises ControllerError where nothing like Jenkins answers."""

        def ask() -> str:
            # python-jenkins' own get_version comes as nobody, which a Jenkins with a login refuses.
            request = requests.Request("GET", f"{self.url}/api/json?tree=mode")
            return str(self._server.jenkins_request(request, add_crumb=False).headers.get("X-Jenkins", ""))

        version = self._call(ask)
        if not version:
            raise ControllerTrouble(f"what answers at {self.url} is no Jenkins")
        return version

    def user(self) -> str:
        """As whom we are known there. Raises ControllerRefused where nobody has logged in."""
        return str(self._call(self._server.get_whoami).get("id", ""))

    def _as_nobody(self) -> JenkinsLink:
        """A link to the same Jenkins without a login, and without ours: a password's session lives in its cookie."""
        return JenkinsLink(self.url, ca_file=self._ca_file, timeout=self._server.timeout)

    def _get(self, path: str) -> dict[str, Any]:
        text = self._server.jenkins_open(requests.Request("GET", f"{self.url}/{path}"))
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("no JSON object")
        return found

    def _or_none(self, call: Callable[[], _T]) -> _T | None:
        with self._translated():
            try:
                return self._once_more_without_crumb(call)
            except jenkins.NotFoundException:
                return None
            except jenkins.JenkinsException as error:
                if "does not exist" in str(error):
                    return None
                raise

    def _call(self, call: Callable[[], _T]) -> _T:
        with self._translated():
            return self._once_more_without_crumb(call)

    def _once_more_without_crumb(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except jenkins.JenkinsException as error:
            if _status(error) != 403 or not self._server.crumb:
                raise
        self._server.crumb = None
        return call()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _NO_ANSWER as error:
            raise ControllerDown(f"Jenkins at {self.url} does not answer: {why_unreachable(error)}") from error
        except requests.HTTPError as error:
            why = error.response.headers.get("X-Error", "") if error.response is not None else ""
            raise self._answered(error.response, why) from error
        except jenkins.JenkinsException as error:
            # python-jenkins keeps the answer to 401, 403 and 500 in the exception that it had when it raised its own.
            raise self._answered(getattr(error.__context__, "response", None), str(error)) from error
        except _NOT_UNDERSTOOD as error:
            raise ControllerTrouble(f"Jenkins at {self.url} answered something that cannot be read here") from error

    def _answered(self, response: requests.Response | None, why: str) -> ControllerError:
        status = response.status_code if response is not None else 0
        asked = response.request if response is not None else None
        act = act_of(asked.method or "", asked.url or "", asked.body) if asked is not None else Act()
        if status in _NOT_THERE:
            return ControllerDown(f"Jenkins at {self.url} is starting or shutting down")
        if status == 401 and response is not None and "X-Jenkins" not in response.headers:
            # So it answers for a moment while it starts, and a wrong token always: only time tells.
            return ControllerDown(
                f"Jenkins at {self.url} answers 401: it is starting, or does not accept this user or token"
                " (jenkins_user, jenkins_token_file)"
            )
        if status == 401:
            return ControllerRefused(f"Jenkins at {self.url} does not accept this user or token (jenkins_token_file)")
        if status == 403:
            return ControllerRefused(self._not_allowed(response, why, act))
        if act.job and status in _OF_A_JOB:
            said = _OF_A_JOB[status].format(job=act.job, user=self._user, why=_first_line(why))
            return ControllerTrouble(f"Jenkins at {self.url} {said}".replace("  ", " "))
        return ControllerTrouble(f"Jenkins at {self.url} answered {status or ''} {_first_line(why)}".rstrip())

    def _not_allowed(self, response: requests.Response | None, why: str, act: Act) -> str:
        """Which permission is missing, for which job: what Jenkins says, else what it wants for such a call."""
        what = act.phrase or "do this"
        if "No valid crumb" in why:
            return f"Jenkins at {self.url} did not let {self._user} {what}: the session is over, or it asks for a login"
        named = re.search(r"is missing the ([\w/ ]+) permission", why)
        header = response.headers.get("X-Required-Permission", "") if response is not None else ""
        permission = named[1] if named else _in_words(header)
        if permission:
            return f"Jenkins at {self.url} does not let {self._user} {what}: it is missing the {permission} permission"
        likely = f", like {act.permission}" if act.permission else ""
        return (
            f"Jenkins at {self.url} does not let {self._user} {what}: a permission is missing{likely}, or it asks for a"
            " login (jenkins_user, jenkins_token_file)"
        )


def _stay_after_post(response: requests.Response, **_: object) -> None:
    """Take the redirect that follows a form as the answer that it is, and do not go there.

    Jenkins redirects to pages for people (302), and to the item that a trigger merged with (303). The address is
    the one that Jenkins believes to have, which behind a proxy nobody else may reach: what was done would seem to
    have failed. A redirect to the same path at another address (to https) is followed.
    """
    if response.request.method == "POST" and response.status_code in {302, 303}:
        there = urljoin(response.url, response.headers.get("Location", ""))
        if urlsplit(there).path != urlsplit(response.url).path:
            response.status_code = 201


def _read_bounded(response: requests.Response, *, stream: bool = False, **_: object) -> None:
    """Read an answer before requests does, which would read it whatever its length. Raises ValueError."""
    if stream:
        return
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_ANSWER:
            response.close()
            raise ValueError(f"an answer of more than {MAX_ANSWER} bytes")
    response._content = bytes(body)


def _in_words(permission: str) -> str:
    """Give hudson.model.Item.Build as Jenkins' pages have it: Job/Build."""
    group, _, name = permission.rpartition(".")
    kind = group.rpartition(".")[2]
    kind = {"Item": "Job", "Hudson": "Overall", "Computer": "Agent"}.get(kind, kind)
    return f"{kind}/{name}" if kind and re.fullmatch(r"[A-Za-z]+/[A-Za-z]+", f"{kind}/{name}") else ""


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")[:200]


def _status(error: jenkins.JenkinsException) -> int:
    """The HTTP status of 401, 403 and 500, which python-jenkins has in its text only."""
    match = re.search(r"\[(\d{3})\]", str(error))
    return int(match[1]) if match else 0


def job_path(job: str) -> str:
    """Give the job's part of an address; a slash in its name stands for a folder, as python-jenkins has it."""
    return "/".join(f"job/{quote(part)}" for part in job.split("/"))
