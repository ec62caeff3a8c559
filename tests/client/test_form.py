"""A form that is read as it is sent: what comes out is what browsers send."""

from __future__ import annotations

from email.parser import BytesParser
from pathlib import Path

from fuego_jenkins_remote.client.form import Form
from fuego_jenkins_remote.client.site import Site

from .conftest import Server

BYTES = bytes(range(256)) * 1000


def _parts(content_type: str, body: bytes) -> dict[str, tuple[str | None, bytes]]:
    message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    return {
        str(part.get_param("name", header="content-disposition")): (part.get_filename(), part.get_payload(decode=True))
        for part in message.get_payload()
    }


def test_files_and_bytes_come_as_they_are(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x.frp").write_bytes(BYTES)
    server.answers_with(200, b"OK")
    with (tmp_path / "x.frp").open("rb") as file:
        form = Form([("file1", "run-2026-11-23_10:15:00-x-on-timslab:bbb.frp", file), ("tests", "tests.json", b"{}")])
        size = len(form)
        Site(server.url, name="SQUAD").good("POST", "/", data=form, headers=form.headers)
    (asked,) = server.asked
    assert (asked.headers["Content-Length"], len(asked.body)) == (str(size), size)
    assert _parts(asked.headers["Content-Type"], asked.body) == {
        "file1": ("run-2026-11-23_10:15:00-x-on-timslab:bbb.frp", BYTES),
        "tests": ("tests.json", b"{}"),
    }


def test_a_name_cannot_end_its_head() -> None:
    form = Form([("attachment", 'a"; x="\r\nX-Y: z', b"1")])
    assert list(_parts(form.headers["Content-Type"], b"".join(form))) == ["attachment"]
    assert b"\nX-Y" not in b"".join(Form([("a", "b\r\nX-Y: z", b"1")]))


def test_a_file_is_taken_from_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    with (tmp_path / "x").open("rb") as file:
        file.seek(4)
        form = Form([("f", "x", file)])
        size, whole = len(form), b"".join(form)
    assert (size, _parts(form.headers["Content-Type"], whole)["f"][1]) == (len(whole), b"456789")
