"""A form that is read as it is sent: what comes out is what browsers send."""

from __future__ import annotations

from email.parser import BytesParser
from pathlib import Path

from fuego_jenkins_remote.client.form import form
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
        name = "run-2026-11-23_10:15:00-x-on-timslab:bbb.frp"
        data, headers = form([("file1", name, file), ("tests", "tests.json", b"{}")])
        Site(server.url, name="SQUAD").good("POST", "/", data=data, headers=headers)
    (asked,) = server.asked
    assert asked.headers["Content-Length"] == str(len(asked.body))
    assert _parts(asked.headers["Content-Type"], asked.body) == {"file1": (name, BYTES), "tests": ("tests.json", b"{}")}


def test_a_name_cannot_end_its_head() -> None:
    data, headers = form([("attachment", 'a"; x="\r\nX-Y: z', b"1")])
    whole = data.read()
    assert list(_parts(headers["Content-Type"], whole)) == ["attachment"]
    assert b"\nX-Y" not in whole


def test_a_file_is_taken_from_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    with (tmp_path / "x").open("rb") as file:
        file.seek(4)
        data, headers = form([("f", "x", file)])
        assert _parts(headers["Content-Type"], data.read())["f"][1] == b"456789"
