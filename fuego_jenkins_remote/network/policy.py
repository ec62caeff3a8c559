"""A lab's own rules on what it runs for whom, as plain values and one pure decision.

The lab trusts the hub with nothing: it asks these rules again for each request that it claims. Where they come from
(`lab-policy.yaml`) is `policy_from_mapping`'s matter, who reads the file is the lab's. A rule speaks of installed tests
unless it names a source: code from outside is refused until a rule lets it in, whatever the default says.

    default: ask                  # run, ask or refuse: installed tests that no rule speaks of
    max_time: 12h                 # longer time limits are refused
    max_package: 64 MiB           # larger test packages are refused
    approvers: [tim]              # whose yes counts (default: everybody whom the hub lets answer for this lab)
    rules:                        # the first that fits decides
      - teams: [timslab]
        tests: ["Functional.*"]
        source: [installed, package]
        do: run
      - source: [git]
        git: ["https://git.example.org/tests/"]    # nothing comes from any other address
        do: ask
    git_inside: [git.timslab.example]    # of these, hosts that have an address inside the lab's own network
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import unquote


class Answer(StrEnum):
    """What a lab does with a request."""

    RUN = "run"
    ASK = "ask"  # its people are asked; their yes makes it RUN
    REFUSE = "refuse"


class Source(StrEnum):
    """Where the test comes from."""

    INSTALLED = "installed"
    PACKAGE = "package"
    GIT = "git"


class PolicyError(ValueError):
    """A policy that cannot be read; the message names the rule and the key."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the rules look at. `timeout` in seconds, `package_bytes` 0 without one, `git_url` empty without one."""

    user: str
    team: str
    board: str
    test: str
    source: Source
    timeout: int
    package_bytes: int = 0
    git_url: str = ""
    approved_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An answer and why, in words a requester may read."""

    answer: Answer
    why: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Fits a question when every part that is given does; patterns are those of shell file names.

    Without a source it speaks of installed tests, with `git` of those from git; one that refuses speaks of all.
    """

    do: Answer
    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    boards: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    source: tuple[Source, ...] = ()
    git: tuple[str, ...] = ()

    def fits(self, question: Question) -> bool:
        """Whether this rule speaks of `question`. `git` holds beginnings of URLs, up to a slash."""
        named = (
            (self.users, question.user),
            (self.teams, question.team),
            (self.boards, question.board),
            (self.tests, question.test),
        )
        if any(patterns and not _fits_one(patterns, value) for patterns, value in named):
            return False
        if question.source not in (self.source or self._sources_meant()):
            return False
        if question.source is not Source.GIT or not self.git:
            return True
        return any(_is_below(question.git_url, base) for base in self.git)

    def _sources_meant(self) -> tuple[Source, ...]:
        if self.git:
            return (Source.GIT,)
        # Who shuts somebody out does not mean to let them bring code of their own.
        return tuple(Source) if self.do is Answer.REFUSE else (Source.INSTALLED,)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A lab's rules. `max_time` in seconds, `max_package` in bytes; approvers None: whoever the hub lets answer."""

    default: Answer
    rules: tuple[Rule, ...] = ()
    approvers: tuple[str, ...] | None = None
    git_inside: tuple[str, ...] = ()
    max_time: int = 24 * 3600
    max_package: int = 64 * 2**20


def default_policy(host: str) -> Policy:
    """The policy of a lab that wrote none: its own team runs installed tests, code from outside is refused."""
    return Policy(
        default=Answer.ASK,
        rules=(Rule(teams=(host,), do=Answer.RUN),),
    )


def decide(policy: Policy, question: Question) -> Decision:
    """What the lab does. A yes of its people turns ASK into RUN, never REFUSE."""
    if question.timeout > policy.max_time:
        why = f"this lab runs no test longer than {policy.max_time} s, {question.timeout} s were asked"
        return Decision(answer=Answer.REFUSE, why=why)
    if question.package_bytes > policy.max_package:
        why = f"this lab takes test packages of at most {policy.max_package} bytes, not {question.package_bytes}"
        return Decision(answer=Answer.REFUSE, why=why)
    if _has_dot_segments(question.git_url):
        why = f"this lab fetches from no git address with '.' or '..' in its path: {question.git_url}"
        return Decision(answer=Answer.REFUSE, why=why)
    otherwise = policy.default if question.source is Source.INSTALLED else Answer.REFUSE
    answer = next((rule.do for rule in policy.rules if rule.fits(question)), otherwise)
    whom = f"{question.user} of team {question.team}" if question.team else question.user
    what = f"{question.test} ({question.source}) for {whom}"
    if answer is Answer.ASK and question.approved_by is not None:
        if policy.approvers is None or question.approved_by in policy.approvers:
            return Decision(answer=Answer.RUN, why=f"approved by {question.approved_by}")
        return Decision(answer=Answer.ASK, why=f"{question.approved_by} is not among this lab's approvers")
    words = {
        Answer.RUN: f"this lab runs {what}",
        Answer.ASK: f"this lab's people decide on {what}",
        Answer.REFUSE: f"this lab does not run {what}",
    }
    return Decision(answer=answer, why=words[answer])


def for_outsiders(policy: Policy, board: str) -> Answer:
    """What becomes of an outsider's installed test on a board, where no rule names its team, its user or the test."""
    question = Question(user="", team="", board=board, test="", source=Source.INSTALLED, timeout=0)
    general = (rule for rule in policy.rules if not (rule.users or rule.teams or rule.tests))
    return next((rule.do for rule in general if rule.fits(question)), policy.default)


def policy_from_mapping(data: object, host: str) -> Policy:
    """The policy that a parsed YAML file says; an empty one is `default_policy(host)`.

    Raises PolicyError for unknown keys and values, with the number of the rule: a typing mistake in a policy must not
    open a lab.
    """
    if data is None:
        return default_policy(host)
    known = {"default", "rules", "approvers", "git_inside", "max_time", "max_package"}
    top = _mapping(data, "the policy", known)
    standard = default_policy(host)
    rules = top.get("rules")
    if rules is not None and not isinstance(rules, list):
        raise PolicyError("rules: a list is needed")
    approvers = top.get("approvers")
    return Policy(
        default=_answer(top.get("default", standard.default), "default"),
        rules=tuple(_rule(rule, number) for number, rule in enumerate(rules or (), 1)),
        approvers=None if approvers is None else _texts(approvers, "approvers"),
        git_inside=_texts(top.get("git_inside", ()), "git_inside"),
        max_time=_measure(top.get("max_time", standard.max_time), "max_time", _TIME_UNITS),
        max_package=_measure(top.get("max_package", standard.max_package), "max_package", _SIZE_UNITS),
    )


_GIT_BASE = re.compile(r"(?:https|git|ssh)://[^/?#*\s]+(?:/|$)")
_TIME_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE_UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def _rule(data: object, number: int) -> Rule:
    where = f"rule {number}"
    rule = _mapping(data, where, {"users", "teams", "boards", "tests", "source", "git", "do"})
    if "do" not in rule:
        raise PolicyError(f"{where}: 'do' is missing (run, ask or refuse)")
    try:
        source = tuple(Source(word) for word in _patterns(rule, "source", where))
    except ValueError as error:
        raise PolicyError(f"{where}, source: {error} (installed, package or git)") from None
    do, git = _answer(rule["do"], f"{where}, do"), _patterns(rule, "git", where)
    if Source.GIT in source and not git and do is not Answer.REFUSE:
        raise PolicyError(f"{where}: 'git' is missing: the beginnings of the addresses that tests may come from")
    for address in git:
        if not _GIT_BASE.match(address):
            raise PolicyError(f"{where}, git: '{address}' names no host (like https://git.example.org/tests/)")
    return Rule(
        do=do,
        users=_patterns(rule, "users", where),
        teams=_patterns(rule, "teams", where),
        boards=_patterns(rule, "boards", where),
        tests=_patterns(rule, "tests", where),
        source=source,
        git=git,
    )


def _mapping(data: object, where: str, known: set[str]) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise PolicyError(f"{where}: names with values are needed, like 'default: ask'")
    for key in data:
        if key not in known:
            raise PolicyError(f"{where}: unknown key '{key}' (known: {', '.join(sorted(known))})")
    return data


def _answer(value: object, where: str) -> Answer:
    try:
        return Answer(str(value))
    except ValueError:
        raise PolicyError(f"{where}: '{value}' is none of run, ask, refuse") from None


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(item, str) and item for item in values):
        raise PolicyError(f"{where}: a list of names is needed")
    return tuple(values)


def _patterns(rule: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    """What a rule gives for `key`. An empty list means nobody to who writes it, and would fit everybody."""
    if key not in rule:
        return ()
    values = _texts(rule[key], f"{where}, {key}")
    if not values:
        raise PolicyError(f"{where}, {key}: the list is empty; a rule without '{key}' fits all of them")
    return values


def _measure(value: object, where: str, units: Mapping[str, int]) -> int:
    match = re.fullmatch(r"([0-9]{1,15}) ?([A-Za-z]*)", str(value))
    if match is None or match[2] not in units:
        raise PolicyError(f"{where}: '{value}' is no number with one of the units {', '.join(filter(None, units))}")
    return int(match[1]) * units[match[2]]


def _fits_one(patterns: tuple[str, ...], value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def _is_below(url: str, base: str) -> bool:
    """A beginning counts only up to a slash: `https://git.example.org` admits no `git.example.org.evil.net`."""
    return bool(url) and (url == base or url.startswith(base.rstrip("/") + "/"))


def _has_dot_segments(url: str) -> bool:
    """Whether a path has `.` or `..` in it, also percent-encoded: servers decode it, and it would leave its base."""
    decoded = unquote(unquote(url))
    return any(part in {".", ".."} for part in re.split(r"[/\\]", decoded))
