"""What Anna of annaslab asks of demolab, and what must come of it."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mail_sink import Mailbox
from places import EXAMPLES
from processes import Person, Services, StepFailed, ftc

PATIENCE = 180.0
"""Seconds that a request may take to its end."""

Progress = Callable[[str], None]


@dataclass
class Asked:
    """A request of the story: what it shows, its id, and what must come of it."""

    shows: str
    id: str
    expect: str
    end: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds_to_start(self) -> float | None:
        """From the put to the test's start, as the hub saw them."""
        from datetime import datetime

        if not self.end.get("started_at"):
            return None
        put, start = (datetime.fromisoformat(self.end[key]) for key in ("created_at", "started_at"))
        return (start - put).total_seconds()


@dataclass
class Story:
    """The people, and what they have asked for so far."""

    anna: Person
    dora: Person
    mailbox: Mailbox
    hub_url: str
    git_url: str
    branch: str
    work: Path
    progress: Progress
    asked: list[Asked] = field(default_factory=list)

    def tell(self) -> None:
        """Put all requests, then see each to its end."""
        self.put("one board", "-b", "demolab:local1", "-t", "Functional.hello_world")
        self.put("any that fits", "arch=x86_64", "-t", "Benchmark.memory_and_sort")
        self.put("each that fits", "arch=x86_64 and label=fast or board=local2", "-t", "Functional.umlaut", "--each")
        self.put(
            "brings its test",
            "-b",
            "demolab:local2",
            "--package",
            str(EXAMPLES / "packages" / "Functional.packaged_check"),
        )
        git = ("--git", self.git_url, "--ref", self.branch, "--path", "tests/Functional.from_git")
        self.put("test from git", "type=pc", *git)
        self.put("test that fails", "demolab:local2", "-t", "Functional.fails", expect="FAIL")
        self.put("needs a yes", "demolab:local1", "-t", "Functional.sleeper", "--notes", "für die Freigabe gedacht")
        self.approve(self.asked[-1])
        self.ask_for_nothing()
        for asked in self.asked:
            self.see_to_the_end(asked)

    def put(self, shows: str, *arguments: str, expect: str = "PASS") -> None:
        """Anna's ftc put-request."""
        said = ftc(self.anna, "put-request", *arguments, "--json").json
        requests = said["requests"]
        if not isinstance(requests, list) or not requests:
            raise StepFailed(f"put-request {' '.join(arguments)} made no request")
        for request in requests:
            self.asked.append(Asked(shows, request["id"], expect))
        self.progress(f"put: {shows}: {len(requests)} request{'s'[: len(requests) != 1]}")

    def approve(self, asked: Asked) -> None:
        """demolab's policy holds the request, its people get a mail with the command, and Dora gives it."""
        command = f"ftc approve-request {asked.id}"
        if not self.mailbox.wait_for("boards@demolab.example", command):
            raise StepFailed(f"demolab's people got no mail with '{command}'")
        if "für die Freigabe" not in self.mailbox.wait_for("boards@demolab.example", command):
            raise StepFailed("the mail to demolab's people lacks the requester's notes")
        ftc(self.dora, *command.split()[1:], "--reason", "läuft nur kurz")
        self.progress("approved: the mail's command, given by demolab's Dora")

    def ask_for_nothing(self) -> None:
        """What no board matches is refused at once, with the reason."""
        said = ftc(self.anna, "put-request", "arch=powerpc", "-t", "Functional.hello_world", expect=1)
        if "arch is x86_64, not powerpc" not in said.err:
            raise StepFailed(f"the refusal does not say why: {said.err}")
        self.progress("refused: arch=powerpc, since " + said.err.strip().splitlines()[-1].strip())

    def see_to_the_end(self, asked: Asked) -> None:
        """Wait for the request's end, and check it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            asked.end = dict(ftc(self.anna, "query-request", asked.id, "--json").json)
            if asked.end["state"] in {"done", "error", "rejected", "cancelled", "expired"}:
                break
            time.sleep(0.3)
        got = f"{asked.end['state']} {asked.end.get('status') or ''}".strip()
        if got != f"done {asked.expect}":
            raise StepFailed(f"{asked.shows} ({asked.id}): {got} ({asked.end.get('reason')}), not done {asked.expect}")
        self.progress(f"{asked.expect}: {asked.shows} on {asked.end['host']}:{asked.end['board']}")

    def check_mail_to_anna(self) -> None:
        """Anna was written to at once of the first ends; the others are collected, for five minutes, into one mail."""
        ids = [asked.id for asked in self.asked]
        text = self.mailbox.wait_for("anna@annaslab.example", "ftc get-run ")
        if not any(f"ftc get-run {one}" in text for one in ids):
            raise StepFailed("Anna got no mail that says how to fetch a run")
        self.progress("mail: to Anna at once of the first ends; she gets one of all the others in some minutes")

    def fetch_runs(self, secrets: tuple[str, ...]) -> None:
        """ftc get-run fetches each run, whole, and without what must not leave the lab."""
        for asked in self.asked:
            package = self.work / f"{asked.id}.frp"
            ftc(self.anna, "get-run", asked.id, "-o", str(package))
            with tarfile.open(package) as archive:
                names = archive.getnames()
                texts = [file.read() for name in names if (file := archive.extractfile(name)) is not None]
            if "run/run.json" not in names or any(name.endswith("prolog.sh") for name in names):
                raise StepFailed(f"the run package of {asked.id} holds {names}")
            if any(secret.encode() in text for secret in secrets for text in texts):
                raise StepFailed(f"the run package of {asked.id} holds a secret of the board file")
        self.progress(f"fetched: {len(self.asked)} run packages, none with a password or address of the lab")


def check_archives(jenkins_url: str, login: tuple[str, str] | None, asked: list[Asked]) -> None:
    """Jenkins archives run.json of each build; a run is delivered before that."""
    import requests

    until = time.monotonic() + PATIENCE
    for one in asked:
        address = f"{one.end['build_url']}artifact/run/run.json"
        while (answer := requests.get(address, auth=login, timeout=30)).status_code != 200:
            if time.monotonic() > until:
                raise StepFailed(f"Jenkins at {jenkins_url} has not archived {address}")
            time.sleep(0.3)
        if one.end["test"] not in answer.text:
            raise StepFailed(f"Jenkins at {jenkins_url} has archived something else as {address}")


def stop_all(services: Services, mailbox: Mailbox | None) -> None:
    """Leave nothing behind."""
    services.stop()
    if mailbox is not None:
        mailbox.close()
