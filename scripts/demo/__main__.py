"""The main job, run here: hub, vision, a lab with its Jenkins, requests from another host, runs that come back.

Everything is a process of its own on a free loopback port. The exit status is 0 only if every step did what it should.
`--keep` leaves all running and prints the addresses.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from lab_jenkins import Jenkins, bring_up, start_agents, start_git_daemon
from mail_sink import Mailbox
from places import Lab, make_git_repository, write_conf
from processes import FTC, Person, Services, StepFailed, ftc
from story import Asked, Story, check_archives, stop_all

SECRETS = ("horse-battery-7", "192.0.2.17")
"""PASSWORD and IPADDR of examples/boards/local1.board."""


class Demo:
    """One run of the demonstration."""

    def __init__(self, root: Path) -> None:
        """Everything lies below `root`."""
        self.root = root
        self.console = Console(highlight=False)
        self.began = time.monotonic()
        (root / "logs").mkdir(parents=True)
        self.services = Services(root / "logs")
        self.lab = Lab(root / "demolab")
        self.mailbox: Mailbox | None = None
        self.addresses: dict[str, str] = {}
        self.undo: list[Callable[[], None]] = []

    def progress(self, what: str) -> None:
        """A line for whoever watches."""
        self.console.print(f"[dim]{time.monotonic() - self.began:5.1f} s[/dim]  {what}", soft_wrap=True)

    def run(self) -> None:
        """From nothing to runs; raises StepFailed."""
        self.mailbox = Mailbox()
        hub, vision = self.start_services()
        make_git_repository(self.root / "git" / "tests.git")
        git_port = start_git_daemon(self.services, self.root / "git", self.lab)
        jenkins = self.start_lab(hub, vision, git_port)
        story = Story(
            anna=Person("anna", self.root / "annaslab" / "fuego.conf"),
            dora=Person("dora", self.root / "dora" / "fuego.conf"),
            mailbox=self.mailbox,
            hub_url=hub,
            git_url=f"git://127.0.0.1:{git_port}/tests.git",
            branch="trunk",
            work=self.root,
            progress=self.progress,
        )
        story.tell()
        story.check_mail_to_anna()
        story.fetch_runs(SECRETS)
        login = (jenkins.user, jenkins.token) if jenkins.user else None
        check_archives(jenkins.url, login, story.asked)
        self.progress("archived: every run by Jenkins")
        _print_table(self.console, story.asked)

    def start_services(self) -> tuple[str, str]:
        """The hub and vision, with users, labs and tokens; their addresses."""
        admin = Person("operator", self.root / "operator" / "fuego.conf")
        write_conf(admin.conf, {"host_name": "operator"})
        hub_data, vision_data = str(self.root / "hub"), str(self.root / "vision")
        tokens = self.root / "tokens"
        tokens.mkdir(mode=0o700)
        ftc(admin, "hub", "init", "--data", hub_data)
        ftc(admin, "vision", "init", "--data", vision_data)
        people = ("--notify", "boards@demolab.example")
        ftc(admin, "hub", "add-lab", "demolab", "--data", hub_data, *people, "--token-file", str(tokens / "lab"))
        for user, team in (("anna", "annaslab"), ("dora", "demolab:admin")):
            mail = f"{user}@{team.partition(':')[0]}.example"
            arguments = ("--team", team, "--email", mail, "--data", hub_data, "--token-file", str(tokens / user))
            ftc(admin, "hub", "add-user", user, *arguments)
        ftc(admin, "vision", "add-token", "demolab", "--data", vision_data, "--token-file", str(tokens / "vision"))
        mail_port = self.mailbox.port if self.mailbox else 0
        mail = f"smtp://127.0.0.1:{mail_port}?from=hub@fuego.example"
        serve = ("--port", "0", "--public", "--json")
        environment = admin.environment()
        hub_command = [str(FTC), "hub", "serve", "--data", hub_data, "--mail", mail, *serve]
        hub = self.services.start("hub", hub_command, environment)
        self.progress(f"hub at {hub}")
        vision = self.services.start(
            "vision", [str(FTC), "vision", "serve", "--data", vision_data, *serve], environment
        )
        self.progress(f"vision at {vision}")
        for user, host in (("anna", "annaslab"), ("dora", "demolab")):
            conf = self.root / ("annaslab" if user == "anna" else "dora") / "fuego.conf"
            settings = {"host_name": host, "user": user, "hub_url": hub, "hub_token_file": str(tokens / user)}
            write_conf(conf, {**settings, "vision_url": vision})
        self.addresses |= {"hub": hub, "vision": vision}
        return hub, vision

    def start_lab(self, hub: str, vision: str, git_port: int) -> Jenkins:
        """demolab: its Jenkins, jobs, boards, and its bridge."""
        tokens = self.root / "tokens"
        settings = {
            "hub_url": hub,
            "hub_token_file": str(tokens / "lab"),
            "vision_url": vision,
            "vision_token_file": str(tokens / "vision"),
        }
        self.lab.lay_out(settings=settings, git_port=git_port)
        jenkins = bring_up(self.services, self.lab, self.root / "jenkins")
        self.progress(f"demolab's Jenkins: {jenkins.what}")
        with self.lab.conf.open("a", encoding="utf-8") as conf:
            conf.writelines(f"{key}={value}\n" for key, value in jenkins.settings(self.lab).items())
        made = ftc(self.lab.person, "lab", "jobs", "-q").out.splitlines()
        if jenkins.is_borrowed:
            self.undo.append(lambda: jenkins.leave(made))
        self.progress(f"jobs: {', '.join(line.partition(': ')[2] for line in made if line.startswith('job'))}")
        if not jenkins.is_embedded:
            start_agents(self.services, jenkins, ("local1", "local2"), self.root / "agents", self.lab)
            self.progress("agents connected for local1, local2")
        ftc(self.lab.person, "put-board", "-b", "local1,local2")
        serve = [str(FTC), "lab", "serve", "--json"]
        self.services.start("lab", serve, self.lab.person.environment())
        self.progress(f"demolab shares local1 and local2 and serves {hub}")
        self.addresses["jenkins"] = jenkins.url
        return jenkins


def _print_table(console: Console, asked: list[Asked]) -> None:
    """Two lines a request, since an address is as long as a terminal is wide."""
    row = "{:16} {:15} {:>6} {:>9}  {}"
    console.print(f"\n[bold]{row.format('request', 'board', 'build', 'to start', 'status')}[/bold]")
    for one in asked:
        seconds = one.seconds_to_start
        start = f"{seconds * 1000:.0f} ms" if seconds is not None and one.shows != "needs a yes" else "-"
        build = "#" + one.end["build_url"].rstrip("/").rpartition("/")[2]
        board = f"{one.end['host']}:{one.end['board']}"
        console.print(row.format(one.shows, board, build, start, one.end["status"]), soft_wrap=True)
        console.print(f"  [dim]{one.end['run_url']}[/dim]", soft_wrap=True)
    console.print()


def main() -> int:
    """Run it; 0 if every step did what it should, 1 with what went wrong if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave all running and say where it is")
    keep = parser.parse_args().keep
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    root = Path(tempfile.mkdtemp(prefix="fuego-demo-"))
    demo = Demo(root)
    status = 1
    try:
        demo.run()
        demo.progress("[bold green]all steps did what they should[/bold green]")
        status = 0
        if keep:
            _leave_running(demo)
    except StepFailed as error:
        demo.console.print(f"[bold red]this step failed:[/bold red] {error}", markup=True)
    except KeyboardInterrupt:
        demo.console.print("stopped")
        status = 130
    finally:
        stop_all(demo.services, demo.mailbox)
        for undo in demo.undo:
            undo()
        if status == 1:
            demo.console.print(f"logs: {root / 'logs'}")
        else:
            shutil.rmtree(root, ignore_errors=True)
    return status


def _leave_running(demo: Demo) -> None:
    for name, address in demo.addresses.items():
        demo.console.print(f"  {name:8} {address}", soft_wrap=True)
    people = {"Anna, who asks": "annaslab", "Dora, who approves": "dora"}
    confs = {who: demo.root / folder / "fuego.conf" for who, folder in people.items()} | {"demolab": demo.lab.conf}
    for who, conf in confs.items():
        demo.console.print(f"  as {who}: FUEGO_CONF={conf} {FTC} list-requests", soft_wrap=True)
    demo.console.print("Ctrl-C stops all")
    try:
        signal.pause()
    except KeyboardInterrupt:
        demo.console.print("stopping")


if __name__ == "__main__":
    sys.exit(main())
