"""`ftc put-request`: a test asked for on boards of the network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.options import DURATION, MOMENT, TEAM, common, hub_url, pass_session
from fuego_jenkins_remote.cli.request_options import (
    DEFAULT_TIMEOUT,
    call_id_of,
    commit_of,
    mistyped_words,
    more_options,
    more_wanted,
    time_limit_words,
)
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.campaigns import Campaign
    from fuego_jenkins_remote.client.values import Made, Request

_TRUTH = click.Choice(["true", "false"])
_SWITCHES = ("rebuild", "reboot", "precleanup", "postcleanup")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*):([A-Za-z0-9_][A-Za-z0-9_.-]*)")
_NEWEST = "newest"
_LISTED = 20
"""Requests of a campaign that are told of when it was put."""

# A comma between selectors, not one inside of double quotes.
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


on_boards = click.option(
    "-b",
    "--board",
    "boards",
    multiple=True,
    metavar="SELECTOR",
    help="Which boards: HOST:BOARD, or a selector; with commas: each of them. May be given again.",
)


@click.command
@click.argument("words", nargs=-1, metavar="[SELECTOR]...")
@on_boards
@click.option(
    "-t",
    "--test",
    "tests",
    multiple=True,
    metavar="TEST",
    help="The test: Functional.NAME or Benchmark.NAME. May be given again.",
)
@click.option("-s", "--spec", default="default", show_default=True, metavar="SPEC", help="The test's spec.")
@click.option("-p", "--phases", default="", metavar="PHASES", help="Only these phases, by Fuego's letters.")
@click.option("--each", is_flag=True, help="On every board that matches.")
@click.option("--count", type=click.IntRange(1), metavar="N", help="On N of the boards that match; without it on one.")
@click.option(
    "--package", metavar="FILE|FOLDER|SHA256", help="Bring the test along: a .ftp, its folder, or one put before."
)
@click.option(
    "--stored",
    is_flag=False,
    flag_value=_NEWEST,
    metavar="[VERSION]",
    help="Take the test from the network's store, its newest version or this one.",
)
@click.option("--git", metavar="URL", help="Take the test from a git repository.")
@click.option("--ref", metavar="REF", help="With --git: branch, tag or commit.")
@click.option("--path", metavar="PATH", help="With --git: the test's folder in it.")
@click.option("--timeout", type=DURATION, metavar="TIME", help="The test's time limit; 30m where nothing is said.")
@click.option("--dynamic-vars", default="", metavar="A=1,B=2", help="Variables of the test.")
@click.option("--rebuild", type=_TRUTH, help="Build the test's program anew.")
@click.option("--reboot", type=_TRUTH, help="Reboot the board first.")
@click.option("--precleanup", type=_TRUTH, help="Remove earlier files from the board first.")
@click.option("--postcleanup", type=_TRUTH, help="Remove the test's files from the board afterwards.")
@click.option(
    "--retries", type=click.IntRange(0, 5), default=0, help="How often again elsewhere, if it could not be run."
)
@click.option("--deadline", type=MOMENT, metavar="TIME", help="Forget it if it has not begun by then: 2h, or a time.")
@click.option("--priority", type=click.IntRange(0, 100), default=50, show_default=True, help="Higher goes first.")
@click.option("--notes", default="", metavar="TEXT", help="For the lab's people.")
@click.option("--name", default="", metavar="TEXT", help="Make it a campaign that is called so.")
@click.option("--team", type=TEAM, help="Which of your teams asks; without it the first that may.")
@click.option("--wait", is_flag=True, help="Wait for the end; exit status 0 for PASS and SKIP, else 1.")
@click.option(
    "--wait-limit", type=DURATION, metavar="TIME", help="As --wait, but no longer than this; the request goes on."
)
@more_options
@hub_url
@common
@pass_session
def put_request(
    session: Session,
    /,
    *,
    words: tuple[str, ...],
    boards: tuple[str, ...],
    tests: tuple[str, ...],
    name: str,
    wait: bool,
    wait_limit: int | None,
    **given: Any,
) -> int:
    """Ask for a test on a board of the network.

    The SELECTOR says which boards may run it: HOST:BOARD, or KEY=VALUE (arch, type, cpu, label, host, board, toolchain,
    config.X), joined with and, or, not and parentheses.

    Several tests, several selectors, --each and --count make a campaign: each test on each selector, all or nothing.
    show-campaign shows it, rerun-campaign puts again what failed.

    \b
    Examples: ftc put-request -b timslab:bbb -t Functional.hello_world --wait
              ftc put-request "arch=arm64 and label=usb-gadget" -t Functional.usb --each
              ftc put-request type=bbb type=rpi4 -t Functional.usb -t Benchmark.dhrystone --wait
              ftc put-request type=bbb --package tests/Functional.mine --dynamic-vars LOOPS=5
              ftc put-request type=bbb -t Functional.mine --stored 1.0-3
              ftc put-request arch=x86_64 -t Functional.x --git https://example.org/t.git --ref main --path Functional.x
    """
    wait = wait or wait_limit is not None
    given["key"] = call_id_of(given)
    wanted = _all_wanted(session, words, boards, tests, given)
    notes = [time_limit_words(given), *mistyped_words(session, wanted)]
    if len(wanted) > 1 or name:
        from fuego_jenkins_remote.cli.campaigns.putting import put_all

        campaign = put_all(session, wanted, name=name, call_id=given["key"])
        for sentence in (*notes, *campaign.told):
            session.out.note(sentence)
        return _told_of(session, campaign, told=campaign.told, wait=wait, limit=wait_limit)
    answer = put(session, wanted[0])
    for sentence in (*notes, *answer.told):
        session.out.note(sentence)
    if answer.campaign is not None:
        from fuego_jenkins_remote.client import campaigns

        campaign = campaigns.get(session.hub.api, answer.campaign)
        return _told_of(session, campaign, told=answer.told, wait=wait, limit=wait_limit)
    made = answer.requests
    ids = [request.id for request in made]
    if not (wait and session.as_json):
        session.out.result("\n".join(_lines(made)), bare=ids, data={**_data(made), "told": list(answer.told)})
    if not wait:
        return 0
    from fuego_jenkins_remote.cli.waiting import wait_for_requests

    ended = wait_for_requests(session, made, limit=wait_limit)
    if session.as_json:
        session.out.json(_data(ended.requests))
    return ended.exit_status


def _all_wanted(
    session: Session, words: tuple[str, ...], boards: tuple[str, ...], tests: tuple[str, ...], given: dict[str, Any]
) -> list[dict[str, Any]]:
    """RequestIn for each test on each selector; what they bring along is with the hub then."""
    if given["stored"] and (given["package"] or given["git"]):
        raise click.UsageError("--stored, --package and --git exclude each other")
    if given["package"] and len(_names(tests)) > 1:
        raise click.UsageError("a package is one test: -t once, or not at all")
    chosen = _selectors(words, boards)
    with _package(given["package"]) as (package, package_test):
        wanted = [
            _wanted(session, selector, several, {**given, "test": test}, package_test)
            for test in _names(tests)
            for selector, several in chosen
        ]
        if commit := commit_of(session, given):
            wanted = [{**one, "git": {**one["git"], "commit": commit}} for one in wanted]
        if package is not None:
            sha256 = _stored(session, package)
            wanted = [{**one, "package": sha256} for one in wanted]
    if given["stored"]:
        wanted = _from_the_store(session, wanted, given["stored"])
    for given_boards in boards:
        if len(listed := split_selectors(given_boards)) > 1:
            _must_be_known(session, listed)
    return wanted


def _from_the_store(session: Session, wanted: list[dict[str, Any]], version: str) -> list[dict[str, Any]]:
    """The same with the store's packages, as they are now: what is put later under a test's name is another one."""
    from fuego_jenkins_remote.cli.store.getting import stored

    chosen = "" if version == _NEWEST else version
    packages = {name: stored(session, name, chosen).sha256 for name in dict.fromkeys(one["test"] for one in wanted)}
    return [{**one, "package": packages[one["test"]]} for one in wanted]


def _told_of(session: Session, campaign: Campaign, *, told: Sequence[str], wait: bool, limit: float | None) -> int:
    """Say what was put, and wait for its end."""
    from fuego_jenkins_remote.cli.campaigns.showing import in_order, show

    if not (wait and session.as_json):
        parts = in_order(campaign.parts)
        lines = [f"request {part.id}: {part.test} on {part.selector} is {part.state}" for part in parts]
        more = [f"and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
        number = f"{len(campaign.parts)} {'request' if len(campaign.parts) == 1 else 'requests'}"
        last = f"campaign {campaign.id}: {number}; ftc show-campaign {campaign.id}"
        bare = [part.id for part in campaign.parts]
        data = {**_campaign_data(campaign), "told": list(told)}
        session.out.result("\n".join([*lines[:_LISTED], *more, last]), bare=bare, data=data)
    if not wait:
        return 0
    from fuego_jenkins_remote.cli.campaigns.waiting import wait_for_campaign

    ended = wait_for_campaign(session, campaign, limit=limit)
    if session.as_json:
        session.out.json(_campaign_data(ended.campaign))
    elif not session.quiet:
        show(session, ended.campaign)
    return ended.exit_status


def _campaign_data(campaign: Campaign) -> dict[str, object]:
    return {"requests": campaign.raw["requests"], "campaign": campaign.id}


def _names(tests: tuple[str, ...]) -> list[str]:
    """The tests, each once; one that is still to be known where none was given."""
    return list(dict.fromkeys(word for one in tests for word in re.split(r"[,\s]+", one) if word)) or [""]


def _selectors(words: tuple[str, ...], boards: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The selectors, each with whether several boards were listed in it, each of which is meant. Raises UsageError."""
    from fuego_jenkins_remote.network import selectors

    if bool(" ".join(words).strip()) == bool("".join(boards).strip()):
        raise click.UsageError("say once which boards: -b HOST:BOARD, or a selector such as arch=arm64")
    chosen = [_listed(one) for one in boards if one.strip()] or [(one, False) for one in _arguments(words)]
    for selector, _ in chosen:
        selectors.parse(selector)
    return list(dict.fromkeys(chosen))


def _listed(board: str) -> tuple[str, bool]:
    parts = split_selectors(board)
    return (" or ".join(f"({part})" for part in parts), True) if len(parts) > 1 else (parts[0], False)


def _arguments(words: tuple[str, ...]) -> list[str]:
    """One selector that the shell has cut at its spaces, or several, each an argument of its own."""
    from fuego_jenkins_remote.network import selectors

    whole = " ".join(words).strip()
    try:
        selectors.parse(whole)
    except selectors.SelectorError:
        try:
            for word in words:
                selectors.parse(word)
        except selectors.SelectorError:
            return [whole]  # whose mistake is told
        return list(words)
    return [whole]


def split_selectors(text: str) -> list[str]:
    """The selectors of a list with commas."""
    return [part.strip() for part in _COMMA.split(text) if part.strip()]


def _must_be_known(session: Session, selectors: list[str]) -> None:
    """Raise UsageError for a HOST:BOARD of the list that is not there: it would be passed over, since others are."""
    places = [place for one in selectors if (place := _PLACE.fullmatch(one))]
    known = {str(board) for host in {place[1] for place in places} for board in session.hub.boards(host=host)}
    missing = [place[0] for place in places if place[0] not in known]
    if missing:
        raise click.UsageError(f"the network has no board {', '.join(missing)}: ftc list-boards -r lists them")


def wanted_request(session: Session, selector: str, **given: Any) -> dict[str, Any]:
    """RequestIn for an installed test, checked; `given` are put-request's options, those that are left out unset."""
    unset = dict.fromkeys(("stored", "git", "ref", "path", "package", "deadline", *_SWITCHES))
    usual = {"phases": "", "dynamic_vars": "", "priority": 50, "retries": 0}
    return _wanted(session, selector, False, {**unset, **usual, **given}, None)


def _wanted(
    session: Session, selector: str, several: bool, given: dict[str, Any], package_test: str | None
) -> dict[str, Any]:
    """RequestIn, with what can be checked here checked: a mistake is told before anything is sent."""
    from fuego_jenkins_remote.fuego.names import check_host_name, check_phases, check_spec_name
    from fuego_jenkins_remote.standin.options import parse_dynamic_vars

    if given["each"] and given["count"]:
        raise click.UsageError("--each and --count exclude each other")
    if given["git"] and given["package"]:
        raise click.UsageError("--git and --package exclude each other")
    if not given["git"] and (given["ref"] or given["path"]):
        raise click.UsageError("--ref and --path belong to --git")
    if given["git"] and not given["ref"]:
        raise click.UsageError("--git needs --ref: a branch, tag or commit")
    deadline, test = given["deadline"], _test(session, given, package_test)
    return {
        "call_id": call_id_of(given),
        "selector": selector,
        "test": test,
        "spec": check_spec_name(given["spec"]),
        "phases": check_phases(given["phases"]),
        "timeout": given["timeout"] or DEFAULT_TIMEOUT,
        "variables": parse_dynamic_vars(given["dynamic_vars"]),
        "options": {name: given[name] == "true" for name in _SWITCHES if given[name] is not None},
        "package": given["package"] if given["package"] and _SHA256.fullmatch(given["package"]) else None,
        "git": {"url": given["git"], "ref": given["ref"], "path": given["path"] or ""} if given["git"] else None,
        "count": "each" if given["each"] or (several and not given["count"]) else given["count"] or 1,
        "priority": given["priority"],
        "deadline": deadline.astimezone(UTC).isoformat() if isinstance(deadline, datetime) else None,
        "retries": given["retries"],
        "notes": given["notes"],
        **({"team": check_host_name(given["team"])} if given.get("team") else {}),
        **more_wanted(session, given, test),
    }


def _test(session: Session, given: dict[str, Any], package_test: str | None) -> str:
    """The test's full name: as given, or the package's, or that of the folder in the git repository."""
    from fuego_jenkins_remote.fuego.errors import BadName
    from fuego_jenkins_remote.fuego.names import check_test_name, resolve_test
    from fuego_jenkins_remote.standin.installed import list_tests

    name: str = given["test"] or package_test or (given["path"] or "").rstrip("/").rpartition("/")[2]
    if not name:
        raise click.UsageError("say which test: -t Functional.NAME or -t Benchmark.NAME")
    if package_test and package_test.partition(".")[2] == name:
        name = package_test
    if package_test and name != package_test:
        raise click.UsageError(f"the package holds {package_test}, not {name}")
    if name.startswith(("Functional.", "Benchmark.")):
        return check_test_name(name)
    try:
        return resolve_test(name, [test.name for test in list_tests(session.settings.path("fuego_core_dir"))])
    except BadName as error:
        if "ambiguous" in error.what:
            raise
        raise click.UsageError(f"{error.what} installed here: give the full name, like Functional.{name}") from error


@contextmanager
def _package(given: str | None) -> Iterator[tuple[Path | None, str | None]]:
    """The package file to send along, and its test's name; nothing for none, and for one that the hub has."""
    if given is None or _SHA256.fullmatch(given):
        yield None, None
        return
    from fuego_jenkins_remote.cli.tests import packed

    with packed(Path(given)) as info:
        yield info.path, info.name


def _stored(session: Session, package: Path) -> str:
    from fuego_jenkins_remote.fuego.packages import file_sha256

    sha256 = file_sha256(package)
    session.hub.put_package(sha256, package)
    return sha256


def put(session: Session, wanted: dict[str, Any]) -> Made:
    """Put it. HOST:BOARD may be the start of a board's name, if of one alone."""
    from fuego_jenkins_remote.client.errors import Invalid
    from fuego_jenkins_remote.fuego.names import board_prefix_matches, unique_prefix

    try:
        return session.hub.put(wanted)
    except Invalid as refused:
        place = _PLACE.fullmatch(wanted["selector"])
        if refused.code == "unknown-board" and place is None:
            raise click.UsageError(str(refused)) from refused
        if refused.code not in {"no-board", "unknown-board"} or place is None:
            raise
        host, prefix = place[1], place[2]
        known = [board.name for board in session.hub.boards(host=host)]
        if prefix in known:
            raise
        if not board_prefix_matches(prefix, known):
            raise click.UsageError(str(refused)) from refused
        name = unique_prefix(prefix, known)
    # Nothing was made under the first id, and the second follows from it: tried again, both are the same calls.
    call_id = f"{wanted['call_id'][:60]}.b"
    return session.hub.put({**wanted, "call_id": call_id, "selector": f"{host}:{name}"})


def _lines(made: Sequence[Request]) -> Iterator[str]:
    for request in made:
        yield f"request {request.id}: {request.test} on {request.selector} is {request.state}"


def _data(requests: Sequence[Request]) -> dict[str, object]:
    return {"requests": [request.raw for request in requests], "campaign": None}
