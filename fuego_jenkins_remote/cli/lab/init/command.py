"""`ftc lab init` as a whole: what comes after what, and what was found when."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Finding, State
from fuego_jenkins_remote.cli.lab.init.answers import Gathering
from fuego_jenkins_remote.cli.lab.init.asking import Asker, as_path
from fuego_jenkins_remote.cli.lab.init.fuegos_folders import FOLDERS, find_folders, to_write
from fuego_jenkins_remote.cli.lab.init.steps import NONE, Tell, check_before_jobs, make_jobs, share_boards, write_down
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.settings import Settings, find_conf, load_settings, read_token, users_conf
from fuego_jenkins_remote.fuego.conf import read_conf


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the call says. `given`: options by the keys of fuego.conf; `share`, `board`: boards, all, none or None."""

    given: Mapping[str, str]
    conf: Path | None = None
    share: str | None = None
    board: str | None = None
    container: bool = False
    asks: bool = True


def set_up(session: Session, wanted: Wanted, found: list[Finding]) -> None:
    """Carry all steps out, and put down in `found` what came of each.

    Raises Failed and what the parts raise; what was done until then stays.
    """

    def tell(finding: Finding) -> None:
        found.append(finding)
        if not session.out.as_json and (finding.state is not State.OK or not session.out.quiet):
            session.out.line(f"{finding.state:<5} {finding.what}: {finding.text}")

    asker = Asker(asks=wanted.asks, note=session.out.note)
    settings = _settings(wanted, wanted.conf if wanted.conf and wanted.conf.is_file() else None)
    folders = find_folders(settings, Path.cwd())
    conf = _conf_file(wanted, settings, folders)
    # What stands in the file that is written, or else in Fuego's own, are the answers of before.
    for known in (conf, *(folder / "conf" / "fuego.conf" for folder in [folders.get("fuego_ro_dir")] if folder)):
        if known.is_file() and settings.conf_file is None:
            settings = _settings(wanted, known)
            folders = find_folders(settings, Path.cwd())
    _check_found(folders)
    answers = Gathering(settings, wanted.given, asker).gather()
    answers.values |= to_write(folders, conf, read_conf(conf) if conf.is_file() else {})
    write_down(answers, conf, tell)

    os.environ["FUEGO_CONF"] = str(conf)
    session = Session(quiet=session.quiet, verbose=session.verbose, as_json=session.as_json, debug=session.debug)
    check_before_jobs(session, tell)
    make_jobs(session, tell, container=wanted.container)
    shared = share_boards(session, asker, wanted.share, tell)
    _try_a_board(session, wanted, asker, shared, tell)


def what_next(conf_set_before: str | None) -> list[str]:
    """The commands that come now, for a person."""
    conf = os.environ["FUEGO_CONF"]
    without = {name: value for name, value in os.environ.items() if name != "FUEGO_CONF"}
    found = find_conf({**without, "FUEGO_CONF": conf_set_before} if conf_set_before else without)
    lines = [] if found == Path(conf) else [f"export FUEGO_CONF={conf}"]
    return [*lines, "ftc lab serve"]


def _settings(wanted: Wanted, conf: Path | None) -> Settings:
    """What holds before: of the file `conf`, else of the one that is found as always, if it is there."""
    environ = dict(os.environ)
    if conf is not None:
        environ["FUEGO_CONF"] = str(conf)
    elif not Path(environ.get("FUEGO_CONF", "")).is_file():
        environ.pop("FUEGO_CONF", None)
    settings = load_settings(environ, {key: str(as_path(value)) for key, value in _folders(wanted).items()})
    if settings.conf_file == users_conf(environ):
        settings = replace(settings, conf_file=None)  # what a person has joined with; a lab has a file of its own
    return replace(settings, environ=dict(os.environ))


def _folders(wanted: Wanted) -> dict[str, str]:
    return {key: value for key, value in wanted.given.items() if key in FOLDERS}


def _conf_file(wanted: Wanted, settings: Settings, folders: Mapping[str, Path]) -> Path:
    """Which file is written: the one that was named, the one that counts already, or Fuego's own place for it."""
    if wanted.conf is not None:
        return wanted.conf.absolute()
    named = os.environ.get("FUEGO_CONF")
    if named:
        return Path(named).absolute()
    if settings.conf_file is not None:
        return settings.conf_file
    if "fuego_ro_dir" in folders:
        return folders["fuego_ro_dir"] / "conf" / "fuego.conf"
    raise Failed(
        "Fuego was not found: neither a fuego.conf nor a folder fuego-ro with boards (looked in /, /usr/local/fuego,"
        " ~/fuego and here): name it with --fuego-ro-dir DIR"
    )


def _check_found(folders: Mapping[str, Path]) -> None:
    missing = [key for key in FOLDERS if key not in folders]
    if missing:
        options = ", ".join(f"--{key.replace('_', '-')} DIR" for key in missing)
        raise Failed(f"Fuego's folders were not all found: {', '.join(missing)}: name them with {options}")


def _try_a_board(session: Session, wanted: Wanted, asker: Asker, shared: list[str], tell: Tell) -> None:
    from fuego_jenkins_remote.cli.boards.sharing import one_local_board
    from fuego_jenkins_remote.cli.lab.init.self_test import try_board

    board = wanted.board
    if board is None:
        question = f"A board to try with a build ({', '.join(shared)}; or {NONE})"

        def choose(_failed: Exception | None) -> str:
            answer = asker.choice(question, shared[0])
            return answer if answer == NONE else one_local_board(session, answer)

        board = asker.until_well(choose) if shared else NONE
    if board == NONE:
        tell(Finding(what="trial build", state=State.OK, text="not asked for: ftc lab doctor -b BOARD makes one"))
        return
    people = session.settings.get("people_token_file")
    token = read_token(Path(people), "people_token_file") if people else ""
    try_board(session, one_local_board(session, board), token, tell)


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
