"""Checks of who is there: admins, tokens, labs, boards, and whether people can be told of things."""

from __future__ import annotations

from datetime import timedelta

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.operating.doctor.patient import Patient, some
from fuego_jenkins_remote.hub.statements import care
from fuego_jenkins_remote.network.programs import is_behind
from fuego_jenkins_remote.service.engine import reading

UNUSED = timedelta(days=180)
GONE = timedelta(days=1)


def admins(patient: Patient) -> Answer:
    """Whether somebody may do everything, over HTTP."""
    with reading(patient.engine) as conn:
        found = care.network_admins(conn)
    mind = "nobody is an admin of the network: ftc hub set-user NAME --network-admin"
    return answer(some(found), "" if found else mind)


def tokens(patient: Patient) -> Answer:
    """Tokens that are good for ever, and those that nobody uses."""
    now = patient.clock()
    with reading(patient.engine) as conn:
        alive = care.tokens_alive(conn, now)
    forever = [f"{one.prefix} ({one.owner})" for one in alive if one.kind == "user" and one.expires_at is None]
    unused = [f"{one.prefix} ({one.owner})" for one in alive if now - (one.last_used_at or one.created_at) > UNUSED]
    return answer(
        f"{len(alive)} are good",
        f"{len(forever)} of users never expire: {some(forever, 3)}" if forever else "",
        f"{len(unused)} were not used for half a year: {some(unused, 3)}: ftc hub revoke-token" if unused else "",
    )


def labs(patient: Patient) -> Answer:
    """Labs that were not heard of for long, and those whose bridge is older than this hub."""
    with reading(patient.engine) as conn:
        gone = care.labs_not_seen_since(conn, patient.clock() - GONE)
        versions = care.bridge_versions(conn)
    texts = [f"{host} ({f'since {seen:%Y-%m-%d}' if seen else 'never'})" for host, seen in gone]
    behind = [f"{host} ({version})" for host, version in versions if is_behind(version, __version__)]
    return answer(
        "all were heard of within a day",
        f"not heard of for a day: {some(texts)}" if texts else "",
        f"older than this hub ({__version__}): {some(behind)}: their people are to update" if behind else "",
    )


def boards(patient: Patient) -> Answer:
    """Boards that their labs cannot use."""
    with reading(patient.engine) as conn:
        found = care.boards_in_trouble(conn)
    texts = [f"{board} is {health}" for board, health in found]
    return answer("none is in trouble", some(texts))


def notices(patient: Patient) -> Answer:
    """Where notices cannot be brought."""
    with reading(patient.engine) as conn:
        found, waiting = care.addresses_failing(conn), care.notices_waiting(conn)
    texts = [f"{kind} of {owner} since {since:%Y-%m-%d %H:%M} ({error[:80]})" for owner, kind, since, error in found]
    return answer(f"{waiting} wait to be sent", f"cannot be brought: {some(texts, 3)}" if texts else "")
