"""The terms on which a board is shared: what holds for requests of other teams than the lab's own. Pure.

The lab says them with its board; the hub keeps to them when requests are put and claimed, the lab again by its own
policy. They are a mapping in JSON, all of whose parts may be left out:

    {"ask": true, "priority": 50, "max_time": 7200, "running": {"user": 1, "team": 3}, "waiting": {"user": 20},
     "windows": {"time_zone": "Europe/Berlin", "windows": ["Mon-Fri 18:00-08:00"]}, "policy": "ask"}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache

from fuego_jenkins_remote.network.share_windows import BadWindows, ShareWindows

OUTSIDER_SECONDS = 2 * 3600
"""The longest test of an outsider, until the lab allows more."""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """At most so many; None: as many as there are."""

    user: int | None = None
    team: int | None = None


@dataclass(frozen=True, kw_only=True)
class Windows:
    """When the board is shared, as the lab has it in boards.yaml; empty: always."""

    time_zone: str = ""
    windows: tuple[str, ...] = ()

    def read(self) -> ShareWindows | None:
        """As they are reckoned with; None: always. Raises BadWindows."""
        return _read_windows(self.time_zone, self.windows) if self.windows else None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for outsiders. `max_time` in seconds; `running` counts the lab's boards that a user, a team has.

    `waiting` counts requests that wait for boards with such a limit and may run on no other board of the lab, so many
    for each board: a lab with ten times the boards has room for ten times the queue. `policy` is what the lab's own
    policy does with an outsider's request that none of its rules speaks of, as it was when the board was put: run,
    ask, refuse; empty: it was not told. The lab decides by the policy itself; the hub says it to who asks.
    """

    ask: bool = False  # the lab's people approve each request, unless they have allowed such ones for good
    priority: int = 100  # a higher one counts as this
    max_time: int = OUTSIDER_SECONDS
    running: Quota = Quota()
    waiting: Quota = Quota()
    windows: Windows = Windows()
    policy: str = ""

    @property
    def asks(self) -> bool:
        """Whether the lab's people are asked about an outsider's request, as far as it is known here."""
        return self.ask or self.policy == "ask"

    @property
    def none_run(self) -> str:
        """The key of the quota by which no request of an outsider ever runs, in words; empty where they may run."""
        return next((f"running: {who}: 0" for who in ("user", "team") if getattr(self.running, who) == 0), "")


POLICIES = ("", "run", "ask", "refuse")
"""What a lab's policy may do with a request."""

USUAL = Terms()
"""What holds where a lab says nothing."""


class BadTerms(ValueError):
    """Terms that cannot be read; the message names the key."""


def terms_from_mapping(data: object) -> Terms:
    """The terms that JSON or YAML says. Raises BadTerms: a typing mistake must not open a board.

    Time zones are those of this machine, and not looked up here (`check_windows`): what is stored is read anywhere.
    """
    said = _mapping(data, "terms", Terms)
    ask = said.get("ask", False)
    if not isinstance(ask, bool):
        raise BadTerms("ask: true or false is needed")
    return Terms(
        ask=ask,
        priority=_number(said.get("priority", 100), "priority", 0, 100),
        max_time=_number(said.get("max_time", OUTSIDER_SECONDS), "max_time", 1, _LONGEST),
        running=_quota(said, "running"),
        waiting=_quota(said, "waiting"),
        windows=_windows(_mapping(said.get("windows", {}), "windows", Windows)),
        policy=_word(said.get("policy", ""), "policy", POLICIES),
    )


def terms_as_mapping(terms: Terms) -> dict[str, object]:
    """The terms as JSON has them: what differs from the usual ones."""
    usual = asdict(USUAL)
    found = {key: value for key, value in asdict(terms).items() if value != usual[key]}
    for name in ("running", "waiting"):
        if name in found:
            found[name] = {key: value for key, value in found[name].items() if value is not None}
    return found


def check_windows(terms: Terms) -> Terms:
    """Give the terms back if their windows can be reckoned with. Raises BadTerms."""
    try:
        terms.windows.read()
    except BadWindows as error:
        raise BadTerms(str(error)) from error
    return terms


@lru_cache(maxsize=1024)
def _read_windows(time_zone: str, windows: tuple[str, ...]) -> ShareWindows:
    return ShareWindows.from_yaml({"time_zone": time_zone, "windows": list(windows)})


def in_words(host: str, team: str, open_to: Sequence[str], terms: Terms, span: Callable[[int], str]) -> list[str]:
    """What holds for people of other teams than the lab's own, in sentences; `span` writes seconds.

    `open_to` holds "*" for everybody, teams, and users as "user:NAME".
    """
    if not open_to:
        return [f"Only the team {team} may use it."]
    said = [f"{'Everyone in the network' if '*' in open_to else _who(team, open_to)} may use it."]
    if terms.ask:
        said.append(f"The people of {host} approve each request of another team.")
    elif terms.policy == "ask":
        said.append(f"The people of {host} are asked about requests of other teams, unless its policy lets them run.")
    if terms.policy == "refuse":
        said.append(f"The policy of {host} refuses requests of other teams, but for those that it names.")
    said.append(f"A test of another team may take {span(terms.max_time)} at most.")
    if terms.priority < USUAL.priority:
        said.append(f"A request of another team has a priority of {terms.priority} at most.")
    for count, whose in ((terms.running.user, "a person"), (terms.running.team, "a team")):
        if count == 0:
            said.append(f"Of {host}'s boards, {whose} of another team has none: no test of theirs runs on it.")
        elif count is not None:
            said.append(f"Of {host}'s boards, {whose} of another team has at most {count} at a time.")
    for count, whose in ((terms.waiting.user, "a person"), (terms.waiting.team, "a team")):
        if count is not None:
            said.append(
                f"At {host}, {whose} of another team has at most {count} requests waiting for each such board that no"
                " board without such a limit may run."
            )
    if terms.windows.windows:
        said.append(f"It is lent {_when(terms.windows)}.")
    return said


def one_by_one(terms: Terms, span: Callable[[int], str]) -> dict[str, str]:
    """Each term by its name, both for people, the usual ones too: two such can be compared. `span` writes seconds."""
    return {
        "approval of each request": "yes" if terms.ask else "no",
        "priority at most": str(terms.priority),
        "longest test": span(terms.max_time),
        "boards at a time": _at_most(terms.running),
        "waiting for each board": _at_most(terms.waiting),
        "lent": _when(terms.windows) or "always",
        "policy": terms.policy or "not told",
    }


def _at_most(quota: Quota) -> str:
    said = ((quota.user, "a person"), (quota.team, "a team"))
    return ", ".join(f"{count} for {whose}" for count, whose in said if count is not None) or "no limit"


def _when(windows: Windows) -> str:
    zone = f" ({windows.time_zone})" if windows.time_zone else ""
    return f"{_listed(windows.windows)}{zone}" if windows.windows else ""


def _who(team: str, open_to: Sequence[str]) -> str:
    users = [one.removeprefix("user:") for one in open_to if one.startswith("user:")]
    teams = [team, *(one for one in open_to if one != team and not one.startswith("user:"))]
    words = [f"The team{'s' if len(teams) > 1 else ''} {_listed(teams)}"]
    if users:
        words.append(f"the user{'s' if len(users) > 1 else ''} {_listed(users)}")
    return _listed(words)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_LONGEST = 30 * 24 * 3600
_MOST = 10_000


def _mapping(data: object, where: str, of: type[Terms | Quota | Windows]) -> Mapping[str, object]:
    known = sorted(one.name for one in fields(of))
    if not isinstance(data, Mapping):
        raise BadTerms(f"{where}: names with values are needed ({', '.join(known)})")
    for key in data:
        if key not in known:
            raise BadTerms(f"{where}: unknown key {str(key)[:80]!r} (known: {', '.join(known)})")
    return data


def _quota(said: Mapping[str, object], name: str) -> Quota:
    numbers = _mapping(said.get(name, {}), name, Quota)
    return Quota(**{key: _number(n, f"{name}: {key}", 0, _MOST) for key, n in numbers.items() if n is not None})


def _number(value: object, where: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadTerms(f"{where}: a number from {least} to {most} is needed")
    return value


def _word(value: object, where: str, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadTerms(f"{where}: one of {', '.join(filter(None, known))} is needed")
    return value


def _windows(data: Mapping[str, object]) -> Windows:
    zone, windows = data.get("time_zone", ""), data.get("windows", ())
    if not isinstance(zone, str) or not isinstance(windows, list | tuple):
        raise BadTerms('windows: a time_zone and a list of windows like "Mon-Fri 18:00-08:00" are needed')
    if len(zone) > 100 or len(windows) > 50 or not all(isinstance(one, str) and len(one) < 100 for one in windows):
        raise BadTerms("windows: at most 50, each a short text")
    return Windows(time_zone=zone, windows=tuple(windows))
