"""`ftc lab started-by`, `ftc lab describe-build`: what jobs for people say of themselves in Jenkins.

Which build it is stands in JOB_NAME and BUILD_NUMBER, where its Jenkins is in the lab's settings: what Jenkins believes
its own address to be (BUILD_URL) may be right for browsers alone, or not be set.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import common, hub_url, jenkins_url, pass_session
from fuego_jenkins_remote.cli.output import printable
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.lab.jenkins.build_labels import BuildLabel
    from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls

MAX_SHOWN = 50
"""Requests that a description tells of."""
MAX_NAME = 80
_JOB = re.compile(r"[^/\\?*%!@#$^&|<>\[\]:;\x00-\x1f\x7f]{1,200}(/[^/\\?*%!@#$^&|<>\[\]:;\x00-\x1f\x7f]{1,200}){0,10}")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, kw_only=True)
class ThisBuild:
    """The build that runs us."""

    job: str
    number: str


@click.command
@click.option("--claimed", default="", metavar="NAME", help="Who a person claims to be, where Jenkins does not know.")
@jenkins_url
@common
@pass_session
def started_by(session: Session, claimed: str) -> None:
    """Say who started this build of Jenkins, for the notes of a request; "unverified" where nobody had to log in.

    \b
    Example: ftc lab started-by --claimed "$YOUR_NAME"
    """
    said = _started_by(session, _name(claimed))
    session.out.result(said, bare=said, data={"started_by": said})


def _started_by(session: Session, claimed: str) -> str:
    from fuego_jenkins_remote.lab.errors import ControllerError

    build, user = this_build(), ""
    if build is not None and session.settings.get("jenkins_url"):
        try:
            controller = open_labels(session)
            user = _name(controller.starter(build.job, build.number).user)
            if user and not controller.is_open_to_anybody():
                return f"put from Jenkins by {user}"
        except ControllerError as error:
            session.out.note(f"ftc: who started this build is not known: {error}")
    who = claimed or user
    return f"put from Jenkins by {who} (unverified)" if who else "put from Jenkins (unverified)"


@click.command
@click.argument("requests", nargs=-1, metavar="[REQUEST]...")
@click.option("--name", default="", metavar="TEXT", help="The build's name; without it, that of the request.")
@click.option("--text", "texts", multiple=True, metavar="TEXT", help="A line of the description; may be given again.")
@jenkins_url
@hub_url
@common
@pass_session
def describe_build(session: Session, requests: tuple[str, ...], name: str, texts: tuple[str, ...]) -> None:
    """Give this build of Jenkins a name and a description: what it asked for, with links to the requests and runs.

    Outside of Jenkins, and where no Jenkins is set, nothing is done.

    \b
    Example: ftc lab describe-build 20261123-101500123-k3j7x2m4 --text "put from Jenkins by tim"
    """
    from fuego_jenkins_remote.network.identities import check_request_id

    for request in requests:
        check_request_id(request)
    build = this_build()
    if build is None or not session.settings.get("jenkins_url"):
        session.out.note("not described: this is no build of Jenkins, or jenkins_url is not set")
        return
    label = _label(session, requests, name, texts)
    controller = open_labels(session)
    description = label.description(html=controller.shows_html())
    controller.label_build(build.job, build.number, label.display_name(build.number), description)


def _label(session: Session, requests: tuple[str, ...], name: str, texts: tuple[str, ...]) -> BuildLabel:
    from fuego_jenkins_remote.lab.attempts.labels import label_of
    from fuego_jenkins_remote.lab.jenkins.build_labels import BuildLabel, Line

    labels = []
    for request in requests[:MAX_SHOWN]:
        found = session.hub.request(request)
        place = f"{found.host}:{found.board}" if found.board else found.selector
        how = found.status or str(found.state)
        hub, moves_on = session.settings.get("hub_url"), not found.is_final
        labels.append(label_of(found, place=place, how=how, hub_url=hub, run_url=found.run_url, moves_on=moves_on))
    said = tuple(Line(text=text) for text in texts)
    if len(labels) == 1:
        return BuildLabel(name=name or labels[0].name, lines=(*labels[0].lines, *said))
    # Of several, a line each: the request's with its link.
    lines = [Line(what=one.name, text=one.lines[0].text, url=one.lines[0].url) for one in labels]
    more = [Line(text=f"and {len(requests) - MAX_SHOWN} more requests")] if len(requests) > MAX_SHOWN else []
    return BuildLabel(name=name or f"{len(requests)} requests", lines=(*said, *lines, *more))


def this_build() -> ThisBuild | None:
    """The build whose process we are; None outside of one. Raises Failed for one that cannot be."""
    job, number = os.environ.get("JOB_NAME", ""), os.environ.get("BUILD_NUMBER", "")
    if not job or not number:
        return None
    if not _JOB.fullmatch(job) or ".." in job.split("/") or not _NUMBER.fullmatch(number):
        raise Failed(f"JOB_NAME and BUILD_NUMBER name no build of Jenkins: {job!r} {number!r}")
    return ThisBuild(job=job, number=number)


def open_labels(session: Session) -> LabelCalls:
    """The lab's Jenkins, for names and descriptions of builds."""
    from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls

    settings = session.settings
    return LabelCalls(
        settings.needed("jenkins_url"),
        settings.get("jenkins_user"),
        settings.token("jenkins"),
        ca_file=settings.ca_file,
    )


def _name(text: str) -> str:
    """A person's name as it may stand in a line."""
    shown = printable(text, lines=False).replace("(", "").replace(")", "").strip()
    return shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME - 1]}…"
