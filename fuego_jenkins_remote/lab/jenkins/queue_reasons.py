"""Why a build waits in Jenkins' queue, in words for who asked for it.

Jenkins says so in a sentence of its own, `why` (those below are of 2.528.3 and of lockable-resources 2.18); what runs
on the board, and how long it will take, stands with the board's node.
"""

from __future__ import annotations

import re

from fuego_jenkins_remote.lab.jenkins.build_calls import QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode, Work

_QUIET = re.compile(r"In the quiet period\. Expires in (.+)")
_SAME_JOB = re.compile(r"(?:Build #(\d+)|A build) is already in progress(?: \(ETA: ?(.+)\))?")
_EXECUTOR = re.compile(r"Waiting for next available executor(?: on [‘'](.+)[’'])?")
_OFFLINE = re.compile(r"(?:All nodes of label )?[‘'](.+)[’'] (?:is|are) offline")
_NO_NODE = re.compile(r"(?:There are no nodes with the|[‘'].+[’'] doesn[’']t have) label [‘'](.+)[’']")
_RESOURCES = re.compile(r"Waiting for resource(?: instances)? \[(.*)\].*")
_SHUTS_DOWN = "Jenkins is about to shut down"
_STARTS = "Finished waiting"


def waits_for(item: QueueItem, place: str, node: SeenNode | None, now: float) -> str:
    """One sentence: what a build waits for on `place` (HOST:BOARD), whose node is `node`; `now` in seconds since 1970.

    What Jenkins says in words that are not known here is passed on as it is.
    """
    why = item.why.strip()
    if why in ("", _STARTS) or _EXECUTOR.fullmatch(why):
        works = [_running(work, now) for work in node.work] if node is not None else []
        reason = ", ".join(works)
    elif _OFFLINE.fullmatch(why):
        said = node.reason.strip() if node is not None else ""
        reason = f"it is offline: {said}" if said else "it is offline"
    elif found := _SAME_JOB.fullmatch(why):
        build = f"build {found[1]}" if found[1] else "a build"
        reason = f"{build} of its job is running" + _same_jobs_eta(found[2], node, now)
    elif found := _NO_NODE.fullmatch(why):
        reason = f"this lab's Jenkins has no node {found[1]}"
    elif found := _RESOURCES.fullmatch(why):
        reason = f"{found[1].strip() or 'a resource of this lab'} is in use"
    elif found := _QUIET.fullmatch(why):
        reason = f"its job's quiet period, {found[1]}"
    elif why == _SHUTS_DOWN:
        reason = "this lab's Jenkins is about to shut down"
    else:
        reason = why
    return f"waits for {place}: {reason}" if reason else f"waits for {place}"


def _running(work: Work, now: float) -> str:
    name = work.job or work.name or "something"
    return f"{name} is running{_eta(work.ends_at, now)}"


def _same_jobs_eta(said: str | None, node: SeenNode | None, now: float) -> str:
    ours = next((work for work in node.work if work.ends_at is not None), None) if node is not None else None
    if ours is not None:
        return _eta(ours.ends_at, now)
    return f", ETA {said}" if said and said != "N/A" else ""


def _eta(ends_at: float | None, now: float) -> str:
    """How long it still takes, in whole minutes; nothing where Jenkins cannot tell."""
    if ends_at is None:
        return ""
    minutes = round((ends_at - now) / 60)
    if ends_at <= now:
        return ", longer than it used to"
    if minutes < 1:
        return ", ETA less than a minute"
    return f", ETA {minutes} min" if minutes < 120 else f", ETA {minutes // 60} h {minutes % 60} min"
