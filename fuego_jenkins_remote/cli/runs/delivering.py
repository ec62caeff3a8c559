"""A run package's way to targets, here and now: what `ftc put-run` does with a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.packages import PackageInfo
    from fuego_jenkins_remote.publish.targets import RunPackage, Target


def put_package(session: Session, info: PackageInfo, names: tuple[str, ...]) -> int:
    """Deliver it to each of the targets; exit status 1 if one does not have it afterwards. Raises BadTarget."""
    from fuego_jenkins_remote.publish.making import make_target
    from fuego_jenkins_remote.publish.targets import RunPackage

    targets = [make_target(name, session.target_conf(name)) for name in names]
    run = RunPackage(key=_key_of(session, info), path=info.path, sha256=info.sha256)
    told = [_deliver(session, name, target, run) for name, target in zip(names, targets, strict=True)]
    if session.as_json:
        session.out.json({"run": run.key, "targets": told, "url": told[0]["url"]})
    return 0 if all(one["delivered"] for one in told) else 1


def _deliver(session: Session, name: str, target: Target, run: RunPackage) -> dict[str, Any]:
    from fuego_jenkins_remote.publish.targets import NeverDelivered, NotDelivered

    try:
        url = target.deliver(run)
    except (NotDelivered, NeverDelivered) as error:
        session.out.note(f"{run.key}: {name}: {error}")
        return {"target": name, "delivered": False, "url": "", "trouble": str(error)}
    if not session.as_json:
        session.out.result(f"{run.key}: {name}: {url}" if url else f"{run.key}: {name}", bare=run.key, data={})
    return {"target": name, "delivered": True, "url": url, "trouble": ""}


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
