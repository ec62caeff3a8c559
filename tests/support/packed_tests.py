"""Packages of tests and of binaries, for the tests of what stores them."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuego_jenkins_remote.fuego.packages import pack_test

__test__ = False


def make_test(folder: Path, name: str = "Functional.hello", *, body: str = "true", **values: object) -> Path:
    """A test's folder; `values` are what its test.yaml says."""
    said = {"fuego_package_version": 1, "name": name, "version": "1.0", "fuego_release": 1, **values}
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    lines = [f"{key}: {value}\n" for key, value in said.items() if value is not None]
    (path / "test.yaml").write_text("".join(lines), encoding="utf-8")
    (path / "fuego_test.sh").write_text(f"function test_run {{ {body}; }}\n")
    return path


def pack(folder: Path, name: str = "Functional.hello", *, body: str = "true", **values: object) -> Path:
    """A test package (.ftp)."""
    return pack_test(make_test(folder / "tree", name, body=body, **values), folder / f"{name}.ftp").path


def pack_binary(folder: Path, json: str | None = None, *, program: str = "x") -> Path:
    """A package of binaries (.ftbp); `json` is its binary-package.json."""
    path = folder / "binary.ftbp"
    content = {"./prog": program}
    if json is not None:
        content["./binary-package.json"] = json
    with _packed(path) as tar:
        for name, text in content.items():
            header = tarfile.TarInfo(name)
            header.size = len(text.encode())
            tar.addfile(header, io.BytesIO(text.encode()))
    return path


@contextmanager
def _packed(path: Path) -> Iterator[tarfile.TarFile]:
    """An archive that is the same for the same content, whenever it is made."""
    with gzip.GzipFile(path, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        yield tar
