"""Why an attempt could not be run: the words that go over the wire, and what a person reads.

What stands here is infrastructure, never a test's own verdict: a test that ran and failed is a run with status FAIL.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A reason of an `error`, and of a script that ended without a run."""

    NO_RUN = "no-run"
    ABORTED = "aborted"
    TIME_LIMIT = "time-limit"
    SCRIPT = "script"
    COULD_NOT_PREPARE = "could-not-prepare"
    COULD_NOT_TRIGGER = "could-not-trigger"
    NEVER_STARTED = "never-started"
    BUILD_GONE = "build-gone"
    BAD_RUN = "bad-run"
    LOST = "lost"


MEANING: dict[Reason, str] = {
    Reason.NO_RUN: "the test ended without a run.json; see the end of its console",
    Reason.ABORTED: "the job was aborted in Jenkins before the test had a result",
    Reason.TIME_LIMIT: "the test went on beyond its time limit and was stopped",
    Reason.SCRIPT: "the job's script could not do its work; see the end of its console",
    Reason.COULD_NOT_PREPARE: "the lab could not prepare the request",
    Reason.COULD_NOT_TRIGGER: "the lab's Jenkins did not take the job",
    Reason.NEVER_STARTED: "the job ended before it reached the test",
    Reason.BUILD_GONE: "the lab's Jenkins has lost the build and left no result",
    Reason.BAD_RUN: "the run that the test left cannot be read",
    Reason.LOST: "nothing was heard of the attempt for too long",
}


def meaning(reason: str) -> str:
    """What a person reads for `reason`; an unknown word (a newer lab's) is given as it is."""
    try:
        return MEANING[Reason(reason)]
    except ValueError:
        return reason
