"""A campaign for people: who asked, how far it is, tests by boards, and what wants a closer look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from textwrap import wrap

from fuego_jenkins_remote.cli.output import local_time, printable, width_of
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.campaigns import Campaign
from fuego_jenkins_remote.network.campaigns import Matrix, Part, Row, by_word, cell_text, matrix

LOOKED_AT = 20
"""Requests that are listed below the table since something is the matter with them."""


def show(session: Session, campaign: Campaign) -> None:
    """Print it: JSON as the hub said it, with -q its requests' ids, else its table; with -v also a line a request."""
    out = session.out
    if out.as_json:
        out.json(dict(campaign.raw))
        return
    if out.quiet:
        out.values(part.id for part in campaign.parts)
        return
    out.record(_head(campaign), bare=campaign.id, data={})
    out.line("")
    draw(session, matrix(campaign.parts))
    if out.verbose:
        out.line("")
        list_parts(session, campaign.parts)
        return
    looked_at = [part for part in _worst_first(campaign.parts) if part.group is not None]
    if looked_at:
        out.line("")
    for part in looked_at[:LOOKED_AT]:
        out.line(f"{_what(part)}: {_why(part)}")
    if len(looked_at) > LOOKED_AT:
        out.line(f"and {len(looked_at) - LOOKED_AT} more: ftc show-campaign -v {campaign.id}")


def list_parts(session: Session, parts: Sequence[Part]) -> None:
    """A line a request, with its id last."""
    parts = in_order(parts)
    session.out.table(
        ("test", "where", "how it is", "what came of it", "request"),
        [(part.test, part.place, part.word, part.run_url or part.reason, part.id) for part in parts],
        bare=[part.id for part in parts],
        data=None,
        empty="",
    )


def in_order(parts: Sequence[Part]) -> list[Part]:
    """As in the table: by test, and by place."""
    return sorted(parts, key=lambda part: (part.test, part.spec, part.place, part.id))


def draw(session: Session, table: Matrix, width: int | None = None) -> None:
    """Tests down and boards across where that fits the terminal, else each test with where it is how."""
    room = width or shutil.get_terminal_size().columns
    lines = [("test", *table.places), *((row.name, *map(cell_text, row.cells)) for row in table.rows)]
    widths = [max(width_of(printable(cell, lines=False)) for cell in column) for column in zip(*lines, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) <= room:
        session.out.table(lines[0], lines[1:], bare=(), data=None, empty="", names=True)
        return
    for row in table.rows:
        session.out.line(row.name)
        for line in _places_of(row, table.places, room):
            session.out.line(line)


def _places_of(row: Row, places: Sequence[str], room: int) -> Iterator[str]:
    """The places of a test by how it is there, the worst first, in lines that fit."""
    found: dict[str, list[str]] = {}
    for place, cell in zip(places, row.cells, strict=True):
        for word, number in by_word(part.word for part in cell).items():
            found.setdefault(word, []).append(place if number == 1 else f"{place} ({number})")
    for word in by_word(found):
        text = f"{word.ljust(9)}  {', '.join(found[word])}"
        yield from wrap(
            printable(text, lines=False),
            max(room, 40),
            initial_indent="  ",
            subsequent_indent=" " * 13,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _head(campaign: Campaign) -> list[tuple[str, str]]:
    return [
        ("campaign", campaign.id),
        ("name", campaign.name),
        ("by", f"{campaign.requester} ({campaign.team}{', private' if campaign.private else ''})"),
        ("notes", campaign.notes),
        ("put", local_time(campaign.created_at)),
        ("put again", f"{campaign.round} {'time' if campaign.round == 1 else 'times'}" if campaign.round else ""),
        ("ended", local_time(campaign.ended_at)),
        ("progress", str(campaign.progress)),
    ]


def _worst_first(parts: Sequence[Part]) -> list[Part]:
    order = list(by_word(part.word for part in parts))
    return sorted(parts, key=lambda part: (order.index(part.word), part.test, part.spec, part.place))


def _what(part: Part) -> str:
    return f"{part.word} {part.test} on {part.place} ({part.id})"


def _why(part: Part) -> str:
    return part.run_url or part.reason or "no reason was given"
