"""What a doctor has found, and in which state: of a lab (cli/lab/doctor), of a hub (cli/operating/doctor)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fuego_jenkins_remote.cli.errors import message_of, status_of
from fuego_jenkins_remote.cli.session import Session


class State(StrEnum):
    """How it is. Only BAD makes the exit status 1."""

    OK = "ok"
    DONE = "done"  # it was not so, and is now (ftc lab init)
    WARN = "warn"  # it works, and is dangerous or soon in the way
    BAD = "BAD"  # it does not work
    SKIPPED = "-"  # not looked at, because something that it needs is BAD


_MANY = 5
"""More of them that were not looked at are one line."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    text: str

    @property
    def data(self) -> dict[str, object]:
        """As --json gives it."""
        return {
            "what": self.what,
            "state": self.state.name.lower(),
            "ok": self.state in {State.OK, State.DONE, State.WARN},
            "text": self.text,
        }


@dataclass(frozen=True, kw_only=True)
class Warned:
    """A check's answer where something works, but should not stay so: what is well, and what to mind."""

    well: str
    mind: tuple[str, ...]


Answer = str | Warned
"""What a check gives; what it raises is BAD."""
Check = Callable[[Session], Answer]


def answer(well: str, *mind: str) -> Answer:
    """`well` alone, or with what is to be minded; empty texts are none."""
    minded = tuple(text for text in mind if text)
    return Warned(well=well, mind=minded) if minded else well


def look(session: Session, what: str, check: Check) -> Finding:
    """Carry one check out. What nobody expected goes through."""
    try:
        found = check(session)
    except Exception as error:
        if status_of(error) is None:
            raise
        return Finding(what=what, state=State.BAD, text=message_of(error))
    if isinstance(found, Warned):
        return Finding(what=what, state=State.WARN, text="; ".join(found.mind))
    return Finding(what=what, state=State.OK, text=found)


def show(session: Session, findings: Sequence[Finding]) -> bool:
    """Print them as a table; whether nothing of it is BAD. Many that were not looked at are one line of it."""
    skipped = [one.what for one in findings if one.state is State.SKIPPED]
    in_one = len(skipped) > _MANY
    rows = [(one.state, one.what, one.text) for one in findings if not (in_one and one.state is State.SKIPPED)]
    if in_one:
        rows.append((State.SKIPPED, "the rest", f"not looked at, because of what is BAD: {', '.join(skipped)}"))
    session.out.table(
        ("", "what", "how it is"),
        rows,
        bare=[f"{one.what}: {one.text}" for one in findings if one.state is not State.OK],
        data=[one.data for one in findings],
        empty="",
    )
    return not any(one.state is State.BAD for one in findings)
