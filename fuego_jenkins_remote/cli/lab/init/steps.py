"""The steps of `ftc lab init` after the answers. Each looks first and does only what is missing, and tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Finding, State
from fuego_jenkins_remote.cli.lab.doctor.examining import examine
from fuego_jenkins_remote.cli.lab.init.answers import Answers
from fuego_jenkins_remote.cli.lab.init.asking import Asker
from fuego_jenkins_remote.cli.lab.init.writing import write_conf, write_tokens
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.errors import Invalid
from fuego_jenkins_remote.fuego.names import unique_prefix

Tell = Callable[[Finding], None]
NONE = "none"
BEFORE_THE_JOBS = (
    "fuego",
    "proxy and CA",
    "boards",
    "policy",
    "lab_dir",
    "state_dir",
    "room",
    "jenkins",
    "permissions",
)
"""The doctor's checks that must be well before anything is made in Jenkins."""


def write_down(answers: Answers, conf: Path, tell: Tell) -> None:
    """Token files and fuego.conf."""
    written = write_tokens(answers.tokens)
    files = ", ".join(str(token.file) for token in answers.tokens.values())
    tell(_did("tokens", written, f"written, for their owner alone: {', '.join(map(str, written))}", files))
    done = write_conf(conf, answers.values)
    what = [f"{key}={new}" + (f" (was {old})" if old else "") for key, (old, new) in done.changed.items()]
    kept = f"; as it was: {done.backup}" if done.backup else ""
    tell(_did("settings", what, f"{done.path}: {', '.join(what)}{kept}", f"{done.path} says all of it already"))


def check_before_jobs(session: Session, tell: Tell) -> None:
    """What the doctor looks at, as far as it can be well by now. Raises Failed where something is not."""
    found = examine(session, only=BEFORE_THE_JOBS, tell=tell)
    bad = [one.what for one in found if one.state is State.BAD]
    if bad:
        raise Failed(
            f"put right first: {', '.join(bad)}; then call ftc lab init again: it goes on from here, and keeps what"
            " was answered"
        )


def make_jobs(session: Session, tell: Tell, *, container: bool) -> None:
    """Nodes and jobs in Jenkins, as `ftc lab jobs` makes them."""
    from fuego_jenkins_remote.cli.lab.jobs import Wish, make_up_to_date

    nodes, changes = make_up_to_date(session, Wish(container=container))
    counts = {
        "nodes made": nodes,
        "created": changes.created,
        "changed": changes.changed,
        "removed": changes.removed,
        "disabled": changes.disabled,
    }
    done = [f"{what}: {', '.join(names)}" for what, names in counts.items() if names]
    tell(_did("jobs", done, "; ".join(done), f"{len(changes.unchanged)} are as they should be"))


def share_boards(session: Session, asker: Asker, given: str | None, tell: Tell) -> list[str]:
    """Share the boards that were chosen and are not shared yet; all of this lab's that are shared then."""
    host = session.settings.host_name
    files = {board.name: board for board in session.places.board_files([])}
    shared = {board.name for board in session.hub.boards(host=host)}
    missing = sorted(set(files) - shared)
    default = ",".join(missing) or NONE
    asks = given is None and asker.asks and bool(missing)
    question = f"Boards to share with the network (of {', '.join(missing)}; or {NONE})"

    def choose(_failed: Exception | None) -> Sequence[str]:
        answer = asker.choice(question, default) if asks else given or NONE
        return [] if answer == NONE else _named(answer, files)

    chosen = asker.until_well(choose) if asks else choose(None)
    new = [name for name in chosen if name not in shared]
    for name in list(new):
        try:
            session.hub.put_board(host, name, session.places.board_record(files[name]))
        except Invalid as error:
            new.remove(name)
            text = f"{name} is not shared: {error}; mend {session.places.conf_dir / 'boards.yaml'}"
            tell(Finding(what="boards shared", state=State.BAD, text=text))
    now_shared = sorted((shared & set(files)) | set(new))
    if now_shared:
        said = f"{', '.join(new)}" if new else ", ".join(now_shared)
        tell(_did("boards shared", new, said, f"already: {said}"))
    else:
        what = "none: nobody can ask for a test here; ftc put-board -b BOARD shares one"
        tell(Finding(what="boards shared", state=State.WARN, text=what))
    return now_shared


def _named(given: str, files: Mapping[str, Any]) -> Sequence[str]:
    if given == "all":
        return sorted(files)
    words = [word.strip() for word in given.split(",") if word.strip()]
    return [unique_prefix(word, files) for word in words]


def _did(what: str, done: Sequence[object], text: str, already: str) -> Finding:
    return Finding(what=what, state=State.DONE if done else State.OK, text=text if done else already)
