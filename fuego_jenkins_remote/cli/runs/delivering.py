"""The way of run packages to targets, here and now: what `ftc put-run` does with files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.packages import PackageInfo
    from fuego_jenkins_remote.publish.targets import Handed, RunPackage


def put_packages(session: Session, infos: Sequence[PackageInfo], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Deliver them to each of the targets: of each run what came of that. Raises BadTarget.

    To a target that takes several runs in one go they all go at once.
    """
    from fuego_jenkins_remote.publish.making import make_target
    from fuego_jenkins_remote.publish.targets import RunPackage, hand_over

    targets = [make_target(name, session.target_conf(name)) for name in names]
    runs = [RunPackage(key=_key_of(session, info), path=info.path, sha256=info.sha256) for info in infos]
    told: dict[str, list[dict[str, Any]]] = {run.key: [] for run in runs}
    for name, target in zip(names, targets, strict=True):
        for run, came in hand_over(target, runs):
            told[run.key].append(_say(session, name, run, came))
    return [{"run": key, "targets": of_run, "url": of_run[0]["url"]} for key, of_run in told.items()]


def _say(session: Session, name: str, run: RunPackage, came: Handed) -> dict[str, Any]:
    if came.error is not None:
        session.out.note(f"{run.key}: {name}: {came.error}")
        return {"target": name, "delivered": False, "url": "", "trouble": str(came.error)}
    if not session.as_json:
        text = f"{run.key}: {name}: {came.url}" if came.url else f"{run.key}: {name}"
        session.out.result(text, bare=run.key, data={})
    return {"target": name, "delivered": True, "url": came.url, "trouble": ""}


def _key_of(session: Session, info: PackageInfo) -> str:
    """The run's name in the network: that of the attempt of this lab that made it, else one for its content."""
    from fuego_jenkins_remote.fuego.packages import key_of_content, read_member
    from fuego_jenkins_remote.fuego.runs import MAX_SIZE, read_run
    from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity, run_key

    host = session.settings.host_name
    run = read_run(read_member(info.path, "run/run.json", MAX_SIZE))
    try:
        attempt = AttemptId.parse(f"{run.text('request_id')}.{run.text('attempt')}")
    except BadIdentity:
        attempt = None
    if attempt is not None and run.text("host_name") == host:
        return run_key(host, attempt)
    return key_of_content(host, info.sha256)
