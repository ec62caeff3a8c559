"""All verbs: which module has each, and what `ftc help` says of it. Looking here imports none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb: the module below `cli`, the command in it, its line in the help, and the heading above that."""

    module: str
    command: str
    summary: str
    section: str


def _section(section: str, module: str, **verbs: str) -> dict[str, Verb]:
    return {
        name.replace("_", "-"): Verb(module=module, command=name, summary=summary, section=section)
        for name, summary in verbs.items()
    }


_ASK = "Ask for tests"
_RUNS = "Runs and tests"
_LAB = "For a lab's people"
_PEOPLE = "People and teams"
_SERVE = "Services"
_ABOUT = "About"

VERBS: dict[str, Verb] = {
    **_section(_ASK, "boards.listing", list_boards="List boards, of this lab or of the network."),
    **_section(
        _ASK,
        "boards.showing",
        show_board="Show one board: its facts, its terms, how it is, what waits for it and what ran last.",
    ),
    **_section(_ASK, "put_request", put_request="Ask for a test on a board of the network."),
    **_section(_ASK, "campaigns.put_campaign", put_campaign="Ask for several tests on several boards."),
    **_section(
        _ASK,
        "requests",
        list_requests="List requests.",
        query_request="Show one request, or follow it.",
        rm_request="Call requests off.",
    ),
    **_section(
        _ASK,
        "campaigns.verbs",
        show_campaign="Show a campaign.",
        list_campaigns="List campaigns.",
        rerun_campaign="Put requests of a campaign again.",
        cancel_campaign="Call off all of a campaign that has not ended.",
    ),
    **_section(
        _ASK,
        "subscriptions",
        subscribe="Be told of events by mail, in a chat, or by a webhook.",
        list_subscriptions="List what you are told of and where.",
        unsubscribe="Be told no more.",
        test_subscription="Have a test message sent.",
        rotate_secret="Give a webhook a new secret.",  # noqa: S106 - the verb's line in the help
        confirm_address="Confirm a mail address.",
    ),
    **_section(
        _RUNS,
        "runs.reading",
        get_run="Fetch a run package.",
        list_runs="List runs, of this lab or of the network.",
    ),
    **_section(
        _RUNS,
        "runs.installing",
        install_run="Fetch a run and put it among this machine's own.",
    ),
    **_section(
        _RUNS,
        "fserver.runs",
        rm_run="Take a run off an old Fuego server.",
    ),
    **_section(
        _RUNS,
        "runs.putting",
        package_run="Pack a run folder, without the lab's secrets.",
        put_run="Deliver runs to their targets.",
    ),
    **_section(_RUNS, "convert_run", convert_run="Convert a run to JUnit's XML."),
    **_section(
        _RUNS,
        "store.listing",
        list_tests="List the tests that are installed here, or, with -r, those of the network's store.",
        show_test="Show a test of the network.",
    ),
    **_section(
        _RUNS,
        "store.getting",
        get_test="Fetch a test package from the hub.",
        install_test="Install a test of the store in this lab's Fuego.",
    ),
    **_section(
        _RUNS,
        "store.putting",
        put_test="Put a test into the network's store.",
        put_binary_package="Put a test's binaries into the network's store.",
        rm_test="Take a version of a test out of the network's store.",
    ),
    **_section(_RUNS, "run_test", run_test="Run a test on a board of this lab."),
    **_section(_LAB, "boards.keeping", set_board="Take a board out of choice for a while, or give it back."),
    **_section(
        _LAB,
        "boards.sharing",
        put_board="Share a board with the network.",
        update_board="Tell the network of a board anew.",
        rm_board="Withdraw a board from the network.",
    ),
    **_section(
        _LAB,
        "lab_requests",
        get_request="Show the next request that waits for this lab's boards.",
        run_request="Run a request here and now, without Jenkins.",
    ),
    **_section(
        _LAB,
        "fserver.requests",
        update_request="Tell an old Fuego server how it is with a request.",
    ),
    **_section(
        _LAB,
        "approvals",
        approve_request="Let requests run that wait for this lab's people.",
        reject_request="Refuse requests that wait for this lab's people.",
        allow="Allow requests of a user or a team for good.",
        list_allowed="List what your labs have allowed for good.",
        disallow="Take back what was allowed for good.",
    ),
    **_section(
        _LAB,
        "outbox",
        push_runs="Package and deliver the runs that wait in the outbox.",
        outbox="List the deliveries that wait; try them again, or give them up.",
    ),
    **_section(
        _PEOPLE,
        "people.teams",
        whoami="Show whose token this is, and what it is good for.",
    ),
    **_section(
        _PEOPLE,
        "people.invitations",
        join="Turn an invitation into a token.",
        invite="Invite somebody into a team, or a lab.",
        list_invitations="List the invitations of a team.",
        revoke_invitation="Take an invitation back.",
    ),
    **_section(
        _PEOPLE,
        "people.teams",
        list_teams="List the teams of the network.",
        show_team="Show who is in a team, with which level, and its labs.",
        put_team="Make a team, or say what it is about.",
        set_member="Put a user into a team, or give one there another level.",
        rm_member="Take a user out of a team, or leave it.",
        set_user="Change a user.",
        list_labs="List the labs of the network.",
        set_lab="Give a lab to another team.",
    ),
    **_section(
        _PEOPLE,
        "people.tokens",
        list_tokens="List your tokens, or those of a lab.",
        add_token="Make another token, for yourself or for a lab.",  # noqa: S106 - a verb
        revoke_token="Take a token out of use.",  # noqa: S106
    ),
    **_section(_PEOPLE, "people.audit", list_audit="List who has changed what."),
    **_section(_SERVE, "lab.group", lab="A lab: its set-up, its Jenkins, its jobs, its bridge, its doctor."),
    **_section(_SERVE, "hub", hub="The hub: set it up, run it, let users and labs in."),
    **_section(_SERVE, "vision", vision="The results service: set it up, run it, make tokens."),
    **_section(
        _ABOUT,
        "about",
        config="Show settings, and where each comes from.",
        version="Show the version.",
        help="Show help on a verb.",
    ),
}

LOCAL_LISTS = frozenset({"list-boards", "list-runs", "list-tests"})
"""Verbs of both: without -r and --json they are Fuego's own where Fuego is installed, with all its options."""


OTHER_NAMES = {"get-board": "show-board"}
"""What Fuego's ftc calls verbs of ours."""


def find_verb(name: str) -> str | None:
    """The verb that `name` means, singular or plural (put-runs, list-board); None for none."""
    name = OTHER_NAMES.get(name, name)
    for candidate in (name, f"{name}s", name.removesuffix("s")):
        if candidate in VERBS and ("-" in candidate or candidate == name):
            return candidate
    return None


def nearest_verb(name: str) -> str | None:
    """The verb that was perhaps meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, VERBS, n=1)), None)
