"""Checks of what is far away: hub, vision, and the way there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client import people
from fuego_jenkins_remote.client.reading import time_of
from fuego_jenkins_remote.lab.survey.clocks import apart, clock_of, now
from fuego_jenkins_remote.network.policy import Answer as Do
from fuego_jenkins_remote.network.programs import is_behind

SEEN = timedelta(minutes=3)
"""A bridge is seen by the hub at least this often."""
_LONGEST_VERSION = 40


def links(session: Session) -> Answer:
    """Proxy and CA: what holds for the addresses that are set. Raises ClientError for a CA file that is none."""
    from fuego_jenkins_remote.client.transport import proxies_for

    settings = session.settings
    parts, mind = [], []
    for key in ("hub_url", "vision_url", "jenkins_url"):
        url = settings.get(key)
        proxy = proxies_for(url).get("https" if url.startswith("https") else "http") if url else None
        if proxy:
            parts.append(f"{key} by way of a proxy")
            if key == "jenkins_url":
                mind.append(
                    "Jenkins is asked by way of a proxy: put its name into NO_PROXY if it is in your own network"
                )
    ca_file = settings.ca_file
    if ca_file is not None:
        if not os.access(ca_file, os.R_OK):
            raise Failed(f"ca_file ({settings.sources.get('ca_file')}): {ca_file} cannot be read")
        parts.append(f"CA file {ca_file}")
    return answer("; ".join(parts) or "no proxy, and the system's own CAs", *mind)


def hub(session: Session) -> Answer:
    """Whether the hub knows us as this lab, and has our time."""
    if session.speaks_fserver:
        ours = len(session.hub.boards(host=session.settings.host_name))
        return f"{session.hub.url} is an old Fuego server, which knows nobody; it has {ours} of our boards"
    known = session.hub.whoami()
    name, kind = str(known.get("name", "")), str(known.get("kind", ""))
    if kind != "lab":
        raise Failed(
            f"{session.hub.url} knows this token as {kind} {name}: the bridge needs the lab's (ftc hub add-lab)"
        )
    if name != session.settings.host_name:
        raise Failed(f"the token is lab {name}'s, but host_name is {session.settings.host_name}")
    return answer(f"{session.hub.url} knows us as lab {name}", _clock(session, session.hub.url))


def versions(session: Session) -> Answer:
    """Whether this ftc, its bridge and the hub are of one version, as far as it matters."""
    if session.speaks_fserver:
        return f"{__version__}; an old Fuego server has none"
    at_hub = str(session.hub.api.get("/").get("version", ""))[:_LONGEST_VERSION]
    of_bridge = str(_our_lab(session).get("version", ""))[:_LONGEST_VERSION]
    older = f"this ftc ({__version__}) is older than the hub ({at_hub}): update it, and start the bridge again"
    other = f"the bridge is {of_bridge}, as the hub last heard, and this ftc {__version__}: start the bridge again"
    return answer(
        f"{__version__}, the hub {at_hub}",
        older if is_behind(__version__, at_hub) else "",
        other if of_bridge not in ("", __version__) else "",
    )


def own_team(session: Session) -> Answer:
    """Whether the lab's rules know the team that has the lab: at first they know one that is called as the lab is."""
    if session.speaks_fserver:
        return "an old Fuego server has no teams"
    policy = session.places.policy()
    named = {pattern for rule in policy.rules for pattern in rule.teams}
    teams = [str(one.get("team", "")) for one in session.hub.whoami().get("teams") or ()]
    unknown = [team for team in teams if not any(fnmatchcase(team, pattern) for pattern in named)]
    if unknown and policy.default is not Do.RUN:
        path = session.places.conf_dir / "lab-policy.yaml"
        mind = f"no rule of this lab names its own team {unknown[0]}, whose requests it treats as a stranger's"
        return answer("", f"{mind}: give {path} a rule with teams: [{unknown[0]}]")
    return ", ".join(teams) or "none"


def vision(session: Session) -> Answer:
    """Whether vision takes this lab's runs, and has our time; where runs go elsewhere alone, where that is."""
    targets = session.settings.targets
    if "vision" not in targets and not session.settings.get("vision_url"):
        return f"none: runs go to {', '.join(targets)}"
    known = session.vision.whoami()
    name, kind = str(known.get("name", "")), str(known.get("kind", ""))
    if kind != "submit":
        raise Failed(f"{session.vision.url}: {name}'s token may only read: make the lab's with ftc vision add-token")
    if name not in ("*", session.settings.host_name):
        raise Failed(f"{session.vision.url}: the token is {name}'s, but host_name is {session.settings.host_name}")
    return answer(
        f"{session.vision.url} takes runs of {session.settings.host_name}", _clock(session, session.vision.url)
    )


def shared(session: Session) -> Answer:
    """Which boards the network knows, and whether they are there."""
    known = session.hub.boards(host=session.settings.host_name)
    # An old server forgets none: what was withdrawn is offline there.
    boards = sorted(board.name for board in known if board.online or not session.speaks_fserver)
    if not boards:
        raise Failed("no board is shared with the network: ftc put-board -b BOARD")
    here = {board.name for board in session.places.board_files([])}
    gone = [name for name in boards if name not in here]
    if gone:
        raise Failed(f"shared, but without a board file here: {', '.join(gone)}: ftc rm-board -b {','.join(gone)}")
    return ", ".join(boards)


def bridge(session: Session) -> Answer:
    """Whether a bridge takes requests: here, or as the hub sees it."""
    from fuego_jenkins_remote.lab.serving.serve import AtWork, only_one

    lock = session.places.state_dir / "bridge.lock"
    if lock.is_file():
        try:
            with only_one(lock):
                pass
        except AtWork as at_work:
            if at_work.host not in ("", session.settings.host_name):
                raise Failed(
                    f"the one that works with {session.places.state_dir} is the lab {at_work.host}'s: give this lab"
                    " another state_dir (ftc lab init --state-dir DIR)"
                ) from at_work
            return f"works, with {session.places.state_dir}"
    seen = _bridge_seen(session)
    if seen is not None and now() - seen < SEEN:
        return answer(
            "",
            f"none works with {session.places.state_dir}, but the hub heard of one at"
            f" {seen.astimezone():%H:%M:%S}: is it on another machine, or with another state_dir?",
        )
    return answer("", "none works: no request is taken until ftc lab serve runs (or ftc lab poll from a timer)")


def _our_lab(session: Session) -> Mapping[str, object]:
    """What the hub says of this lab; nothing where it does not know it."""
    ours = (one for one in people.labs(session.hub.api) if one.get("host") == session.settings.host_name)
    return next(ours, {})


def _bridge_seen(session: Session) -> datetime | None:
    """When a bridge of this lab was heard of; at an old server, which knows of none, when one of its boards was."""
    if session.speaks_fserver:
        boards = session.hub.boards(host=session.settings.host_name)
        return max((board.last_seen for board in boards if board.last_seen), default=None)
    try:
        return time_of(_our_lab(session), "bridge_seen")
    except ValueError:
        return None


def _clock(session: Session, url: str) -> str:
    off = apart(clock_of(url, ca_file=session.settings.ca_file))
    return f"{url}: {off}: let both follow a time server (NTP)" if off else ""
