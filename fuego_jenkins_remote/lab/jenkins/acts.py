"""What a request asks of Jenkins, in words, and the permission it needs: for messages that say what was not allowed.

Read from the request itself, so that python-jenkins' own requests are told as well as ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_JOB = r"(?:^|/)job/(?P<job>[^/]+(?:/job/[^/]+)*)"
_NODE = r"(?:^|/)computer/(?P<node>[^/]+)"

# Method, path, what it is in words, permission. The first that fits.
_ACTS: tuple[tuple[str, str, str, str], ...] = (
    ("POST", rf"{_JOB}/build(WithParameters)?$", "start job {job}", "Job/Build"),
    ("POST", rf"{_JOB}/config\.xml$", "change job {job}", "Job/Configure"),
    ("GET", rf"{_JOB}/config\.xml$", "read the configuration of job {job}", "Job/ExtendedRead or Job/Configure"),
    ("POST", rf"{_JOB}/doDelete$", "delete job {job}", "Job/Delete"),
    ("POST", rf"{_JOB}/(enable|disable)$", "enable or disable job {job}", "Job/Configure"),
    ("POST", rf"{_JOB}/\d+/stop$", "stop a build of job {job}", "Job/Cancel"),
    ("POST", rf"{_JOB}/\d+/submitDescription$", "describe a build of job {job}", "Run/Update"),
    ("GET", rf"{_JOB}/\d+/consoleText$", "read a console of job {job}", "Job/Read"),
    ("GET", rf"{_JOB}/", "read job {job}", "Job/Read"),
    ("POST", r"(?:^|/)createItem$", "make job {name}", "Job/Create"),
    ("POST", r"(?:^|/)createView$", "make view {name}", "View/Create"),
    ("POST", r"(?:^|/)view/[^/]+/config\.xml$", "change a view", "View/Configure"),
    ("POST", r"(?:^|/)computer/doCreateItem$", "make node {name}", "Agent/Create"),
    ("POST", rf"{_NODE}/doDelete$", "delete node {node}", "Agent/Delete"),
    ("POST", rf"{_NODE}/config\.xml$", "change node {node}", "Agent/Configure"),
    ("POST", r"(?:^|/)queue/cancelItem$", "take an item out of the queue", "Job/Cancel"),
    ("GET", r"(?:^|/)queue/", "read the queue", "Overall/Read"),
    ("GET", r"(?:^|/)computer/", "read the nodes", "Overall/Read"),
    ("GET", r"(?:^|/)(whoAmI/)?api/json$", "read what it has", "Overall/Read"),
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was asked: `phrase` as in "start job x"; `job` is the job's name, `permission` what Jenkins wants for it.

    Empty where that is not known.
    """

    phrase: str = ""
    job: str = ""
    permission: str = ""


def act_of(method: str, url: str, form: object = None) -> Act:
    """What a request with this method and address asks; `form` is its body, if that is a form."""
    parts = urlsplit(url)
    given = parse_qs(form if isinstance(form, str) else "") | parse_qs(parts.query)
    name = given.get("name", [""])[0]
    for its_method, pattern, phrase, permission in _ACTS:
        match = re.search(pattern, parts.path) if method == its_method else None
        if match is None:
            continue
        found = match.groupdict()
        job = "/".join(unquote(part) for part in (found.get("job") or "").split("/job/"))
        node = unquote(found.get("node") or "")
        said = phrase.format(job=job, node=node, name=name)
        return Act(phrase=said, job=job, permission=permission)
    return Act()
