"""Nodes, jobs and the view of a lab's boards, in the lab's Jenkins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fuego_jenkins_remote.cli.lab.agents import say_how_agents_start
from fuego_jenkins_remote.cli.lab.builds import open_labels
from fuego_jenkins_remote.cli.session import Session, own_ftc
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.fuego.errors import BadBoardFile
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls
from fuego_jenkins_remote.lab.jobs.boards import job_boards
from fuego_jenkins_remote.lab.jobs.definitions import LabValues
from fuego_jenkins_remote.lab.jobs.people import PeopleJobs, read_choice, templates_for
from fuego_jenkins_remote.lab.jobs.plugins import COMMAND_LAUNCHER, Choice, Profile, choose
from fuego_jenkins_remote.lab.serving.wiring import Links, open_controller
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs, lab_memory
from fuego_jenkins_remote.lab.upload.nodes import LAUNCH, make_nodes, nodes_to_make
from fuego_jenkins_remote.lab.upload.trigger_token import read_trigger_token
from fuego_jenkins_remote.lab.upload.update import JobChanges, Update, update_jobs


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the jobs are to be made. `container`: they run in Fuego's container, with its folders; `people`: which of the
    jobs for people, None for what people_jobs in fuego.conf says.
    """

    container: bool = False
    people: PeopleJobs | None = None
    profile: Profile = Profile.AUTO
    overwrite: bool = False


def lab_controller(session: Session) -> Controller:
    """The lab's Jenkins; a hub need not be set for it. Raises Failed where no Jenkins is set."""
    settings = session.settings
    return open_controller(
        Links(
            hub_url="",
            hub_token="",
            jenkins_url=settings.needed("jenkins_url"),
            jenkins_user=settings.get("jenkins_user"),
            jenkins_secret=settings.token("jenkins"),
            ca_file=settings.ca_file,
        )
    )


def bring_up_to_date(session: Session, wish: Wish) -> None:
    """Make missing nodes, and all jobs and the view as they should be; print what was done. Raises LabError."""
    around = _look_around(session, wish)
    made = _make_nodes(session, around, container=wish.container)
    changes = _update(session, around, wish, dry_run=False)
    _print_changes(session, around.choice, made, changes)
    _say_how_agents_start(session, around, made, container=wish.container)


def make_up_to_date(session: Session, wish: Wish) -> tuple[Sequence[str], JobChanges]:
    """The same for a caller who tells of it himself: the nodes that were made, and what was done to the jobs."""
    around = _look_around(session, wish)
    made = _make_nodes(session, around, container=wish.container)
    changes = _update(session, around, wish, dry_run=False)
    _say_how_agents_start(session, around, made, container=wish.container)
    return made, changes


def show_differences(session: Session, wish: Wish) -> None:
    """Print how each job and the view would change, as unified diffs; change nothing. Raises LabError."""
    surroundings = _look_around(session, wish)
    changes = _update(session, surroundings, wish, dry_run=True)
    nodes = nodes_to_make(surroundings.boards, surroundings.nodes)
    out = session.out
    if out.as_json:
        out.json({"diffs": dict(changes.diffs), "nodes_to_make": nodes, "edited_by_hand": list(changes.edited)})
        return
    if out.quiet:
        out.values(sorted(changes.diffs))
        return
    for name in nodes:
        out.line(f"node to make: {name}")
    for name, diff in sorted(changes.diffs.items()):
        if name in changes.edited:
            out.line(f"{name}: edited by hand: this is kept, unless --overwrite")
        out.line(diff)
    if not nodes and not changes.diffs:
        out.note("nothing would change")


@dataclass(frozen=True, kw_only=True)
class _Surroundings:
    """What there is: the Jenkins, the lab's boards and those whose files cannot be read, nodes and plugins."""

    controllers: PerThread[Controller]
    boards: Sequence[BoardFile]
    unreadable: frozenset[str]
    nodes: frozenset[str]
    choice: Choice
    launches: bool
    people: tuple[str, ...] = ()


def _look_around(session: Session, wish: Wish) -> _Surroundings:
    controllers = PerThread(lambda: lab_controller(session))
    config, settings = session.places, session.settings
    problems: list[BadBoardFile] = []
    boards = config.board_files(problems)
    for problem in problems:
        session.out.note(f"ftc: left out: {problem}")
    nodes = frozenset(node.name for node in controllers().nodes())
    there = controllers().plugins()
    if there is None and wish.profile is Profile.AUTO:
        session.out.note("ftc: this Jenkins user may not see the plugins (permission Overall/SystemRead): none is used")
    return _Surroundings(
        controllers=controllers,
        boards=boards,
        unreadable=frozenset(Path(problem.file).stem for problem in problems if problem.file is not None),
        nodes=nodes,
        choice=choose(
            wish.profile,
            there,
            folder=config.jenkins_folder,
            credentials=any(settings.get(f"jenkins_{name}_credentials") for name in ("hub", "vision", "people")),
        ),
        launches=COMMAND_LAUNCHER in (there or ()),
        people=_people_templates(session, wish, open_labels(session)),
    )


def _people_templates(session: Session, wish: Wish, jenkins: LabelCalls) -> tuple[str, ...]:
    """Which of the jobs for people are made here; says so where it is not all that were perhaps expected."""
    settings = session.settings
    choice = wish.people or read_choice(settings.get("people_jobs"))
    has_token = bool(settings.get("people_token_file") or settings.get("jenkins_people_credentials"))
    is_open = choice is not PeopleJobs.NONE and jenkins.is_open_to_anybody()
    if is_open and choice is PeopleJobs.AUTO and has_token:
        session.out.note(
            "ftc: nobody has to log in to this Jenkins: of the jobs for people only remote-boards is made;"
            " --people-jobs all makes all, and then everybody who reaches it asks and answers in this lab's name"
        )
    if choice is PeopleJobs.ALL and not has_token:
        session.out.note("ftc: remote-put-request and remote-campaign will not work: people_token_file is not set")
    return templates_for(choice, has_token=has_token, is_open=is_open)


def _update(session: Session, around: _Surroundings, wish: Wish, *, dry_run: bool) -> JobChanges:
    config, settings = session.places, session.settings
    update = Update(
        jenkins=around.controllers,
        memory=uploaded_jobs(session, around.controllers().url),
        open_boards=lambda: open_boards(config.state_dir),
        boards_here=around.unreadable,
        overwrite=wish.overwrite,
        dry_run=dry_run,
    )
    boards = job_boards(config, around.boards, settings.get("hub_url"))
    values = replace(lab_values(session, wish, around.choice), people=around.people)
    return update_jobs(update, boards, values)


def uploaded_jobs(session: Session, jenkins_url: str) -> UploadedJobs:
    """What was last uploaded to this Jenkins."""
    return lab_memory(session.places.state_dir, jenkins_url)


def lab_values(session: Session, wish: Wish, choice: Choice) -> LabValues:
    """What the lab's settings say of its jobs. Raises BadLabFile, LabError."""
    config, settings = session.places, session.settings
    values = LabValues(
        job_prefix=config.job_prefix,
        people_prefix=config.people_prefix,
        jenkins_folder=config.jenkins_folder,
        jenkins_view=config.jenkins_view,
        push_ftc=own_ftc(),
        fuego_conf=str(settings.conf_file) if settings.conf_file else None,
        build_minutes=config.policy().max_time * 5 // 4 // 60 + 60,
        trigger_token=read_trigger_token(config.state_dir),
        hub_credentials=settings.get("jenkins_hub_credentials"),
        vision_credentials=settings.get("jenkins_vision_credentials"),
        people_credentials=settings.get("jenkins_people_credentials"),
        plugins=frozenset(choice.used),
    )
    if wish.container:
        # What is not given is as in Fuego's container.
        return values
    return replace(
        values,
        fuego_core=str(config.fuego_core),
        fuego_ro=str(config.fuego_ro),
        fuego_rw=str(config.fuego_rw),
        lab_dir=str(config.lab_dir),
        fuego_ftc=config.ftc,
    )


def open_boards(state_dir: Path) -> set[str]:
    """The boards with an attempt in the lab's journal that is not closed. Raises LabError."""
    path = state_dir / "journal.sqlite"
    if not path.is_file():
        return set()
    journal = Journal(path)
    try:
        return {entry.board for entry in journal.open_entries()}
    finally:
        journal.close()


# -- nodes


def _node_folder(session: Session, *, container: bool) -> str:
    return "/fuego-rw/buildzone" if container else str(session.places.fuego_rw / "buildzone")


def _make_nodes(session: Session, around: _Surroundings, *, container: bool) -> list[str]:
    names = nodes_to_make(around.boards, around.nodes)
    command = LAUNCH if around.launches else ""
    make_nodes(around.controllers, names, _node_folder(session, container=container), command=command)
    return names


def _say_how_agents_start(session: Session, around: _Surroundings, made: Sequence[str], *, container: bool) -> None:
    say_how_agents_start(
        session.out,
        around.controllers(),
        boards=[board.name for board in around.boards],
        made=made,
        launched=around.launches,
        folder=_node_folder(session, container=container),
        state_dir=session.places.state_dir,
    )


# -- output


def _print_changes(session: Session, choice: Choice, nodes: Sequence[str], changes: JobChanges) -> None:
    view = session.places.in_folder(session.places.jenkins_view)
    done = {
        "node made": nodes,
        "view created": [name for name in changes.created if name == view],
        "view changed": [name for name in changes.changed if name == view],
        "job created": [name for name in changes.created if name != view],
        "job changed": [name for name in changes.changed if name != view],
        "job removed": changes.removed,
        "job disabled": changes.disabled,
        "edited by hand": changes.edited,
        "unchanged": changes.unchanged,
    }
    rows = [(what, name) for what, names in done.items() for name in names]
    plugins = [("plugin used", f"{name}: {use}") for name, use in choice.used.items()]
    plugins += [("plugin missing", f"{name}: {use}") for name, use in choice.missing.items()]
    quiet = {"unchanged", "edited by hand"}
    session.out.table(
        ("what", "name"),
        [*plugins, *rows],
        bare=[f"{what}: {name}" for what, name in rows if what not in quiet],
        data={
            **{what.replace(" ", "_"): list(names) for what, names in done.items()},
            "plugins_used": dict(choice.used),
            "plugins_missing": dict(choice.missing),
        },
        empty="nothing to do",
    )
    if changes.edited:
        session.out.note("what was edited by hand is kept: --diff shows it, --overwrite puts ours in its place")
    if changes.disabled:
        session.out.note("the disabled jobs' boards have gone; they are removed when their last run is delivered")
    if not (nodes or changes.created or changes.changed or changes.removed or changes.disabled):
        session.out.note("nothing changed")
