"""The way of run packages to targets, here and now: what `ftc put-run` does with files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.packages import PackageInfo
    from fuego_jenkins_remote.fuego.runs import Run
    from fuego_jenkins_remote.publish.targets import Handed, RunPackage


def put_packages(session: Session, infos: Sequence[PackageInfo], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Deliver them to each of the targets: of each run what came of that. Raises BadTarget.

    To a target that takes several runs in one go they all go at once. Private ones go only where
    private_targets says.
    """
    from fuego_jenkins_remote.fuego.packages import read_member
    from fuego_jenkins_remote.fuego.runs import MAX_SIZE, read_run
    from fuego_jenkins_remote.publish.making import make_target
    from fuego_jenkins_remote.publish.private import why_withheld
    from fuego_jenkins_remote.publish.targets import Handed, NeverDelivered, RunPackage, hand_over

    targets = [make_target(name, session.target_conf(name)) for name in names]
    packages, private = [], set()
    for info in infos:
        run = read_run(read_member(info.path, "run/run.json", MAX_SIZE))
        package = RunPackage(key=_key_of(session, info, run), path=info.path, sha256=info.sha256)
        packages.append(package)
        if run.is_private:
            private.add(package.key)
    told: dict[str, list[dict[str, Any]]] = {package.key: [] for package in packages}
    for name, target in zip(names, targets, strict=True):
        why = why_withheld(name, session.settings.private_targets)
        withheld = [package for package in packages if why and package.key in private]
        came = chain(
            hand_over(target, [package for package in packages if package not in withheld]),
            ((package, Handed(error=NeverDelivered(why))) for package in withheld),
        )
        for package, of_it in came:
            told[package.key].append(_say(session, name, package, of_it))
    return [{"run": key, "targets": of_run, "url": of_run[0]["url"]} for key, of_run in told.items()]


def _say(session: Session, name: str, run: RunPackage, came: Handed) -> dict[str, Any]:
    if came.error is not None:
        session.out.note(f"{run.key}: {name}: {came.error}")
        return {"target": name, "delivered": False, "url": "", "trouble": str(came.error)}
    if not session.as_json:
        text = f"{run.key}: {name}: {came.url}" if came.url else f"{run.key}: {name}"
        session.out.result(text, bare=run.key, data={})
    return {"target": name, "delivered": True, "url": came.url, "trouble": ""}


def _key_of(session: Session, info: PackageInfo, run: Run) -> str:
    """The run's name in the network: that of the attempt of this lab that made it, else one for its content."""
    from fuego_jenkins_remote.fuego.packages import key_of_content
    from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity, run_key

    host = session.settings.host_name
    try:
        attempt = AttemptId.parse(f"{run.text('request_id')}.{run.text('attempt')}")
    except BadIdentity:
        attempt = None
    if attempt is not None and run.text("host_name") == host:
        return run_key(host, attempt)
    return key_of_content(host, info.sha256)
