"""Fuego's packages: a test (``.ftp``: ``NAME/...`` with ``NAME/test.yaml``), a run (``.frp``: ``run/...`` with
``run/run.json``), a test's binaries (``.ftbp`` with ``binary-package.json``).

All are tar files. Ours are packed with gzip: recorded uploads to an old Fuego server are gzip too, and it
unpacks with ``tar -xf``, which sees by itself what it has. Plain tar is read as well. The same content always
gives the same bytes. Reading trusts nothing: see tar_reader.
"""

from __future__ import annotations

import contextlib
import enum
import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO
from uuid import NAMESPACE_URL, uuid5

from fuego_jenkins_remote.fuego.errors import BadName, BadPackage, MissingMember
from fuego_jenkins_remote.fuego.names import check_test_name
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.fuego.run_folder import RunFolder
from fuego_jenkins_remote.fuego.runs import MAX_SIZE, Json, read_run
from fuego_jenkins_remote.fuego.tar_reader import MIB, RATIO_FLOOR, Limits, Member, members, open_tar
from fuego_jenkins_remote.fuego.test_yaml import MAX_SIZE as TEST_YAML_SIZE

__all__ = [
    "Kind",
    "Limits",
    "Member",
    "PackageInfo",
    "check_package",
    "file_sha256",
    "key_of_content",
    "kind_of",
    "list_members",
    "pack_run",
    "pack_test",
    "read_member",
    "read_parts",
    "unpack",
]


class Kind(enum.StrEnum):
    """What a package holds; the value is the end of its file's name."""

    TEST = "ftp"
    RUN = "frp"
    BINARY = "ftbp"


@dataclass(frozen=True, kw_only=True)
class PackageInfo:
    """A package file: SHA-256 in hex, size in bytes, the test's name ("" for binaries).

    ``cut`` names the files of a run that were too large and are there in part, or not at all.
    """

    path: Path
    sha256: str
    size: int
    name: str
    cut: tuple[str, ...] = ()


def kind_of(path: Path) -> Kind:
    """Tell the kind by the file's name. Raises BadPackage for any other name."""
    try:
        return Kind(path.suffix.removeprefix("."))
    except ValueError as error:
        raise BadPackage("is called neither .ftp (test), .frp (run) nor .ftbp (binaries)", file=path) from error


def file_sha256(path: Path) -> str:
    """Give the SHA-256 of a file in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_of_content(host: str, sha256: str) -> str:
    """The key of a run that no request has, at a lab: one for its content, so that it is nowhere twice."""
    return f"{host}/{uuid5(NAMESPACE_URL, f'urn:sha256:{sha256}')}"


def pack_test(folder: Path, dst: Path, *, limits: Limits | None = None) -> PackageInfo:
    """Pack a test's folder, named as the test is, without ``.git``; ``dst`` appears at once or not at all.

    Raises BadPackage if there is no test.yaml, the name is none of a test, something is neither a file nor a
    folder, or it is too large.
    """
    limits = limits or Limits()
    try:
        name = check_test_name(folder.name)
    except BadName as error:
        raise BadPackage(error.what, file=folder) from error
    if not (folder / "test.yaml").is_file():
        raise BadPackage("has no test.yaml: not a test that can be packed", file=folder)
    try:
        with _appearing(dst) as file, _writer(file) as tar:
            number = total = 0
            for path in _walk(folder):
                number, total = number + 1, total + (0 if path.is_dir() else path.stat().st_size)
                if number > limits.members or total > limits.unpacked:
                    raise BadPackage("is too large for a package", file=folder)
                _add_path(tar, path, f"{name}/{path.relative_to(folder).as_posix()}")
    except OSError as error:
        raise BadPackage(f"cannot be packed: {error.strerror or error}", file=error.filename or folder) from error
    return check_package(dst, Kind.TEST, limits)


def pack_run(
    folder: Path,
    dst: Path,
    *,
    redactor: Redactor | None = None,
    metadata: Mapping[str, Json] | None = None,
    limits: Limits | None = None,
) -> PackageInfo:
    """Pack a run's folder, redacted, without prolog.sh; ``dst`` appears at once or not at all.

    ``metadata`` is added to run.json's own, and stands in the package as it is.

    If the content is more than ``limits.run`` bytes, the largest files keep head and tail and say in a line how
    much was cut; run.json is always whole. Links and special files are left out. Raises BadPackage if there is
    no readable run.json.
    """
    limits = limits or Limits()
    redactor = redactor or Redactor(())
    run = RunFolder(folder, redactor, metadata)
    cut, content = _pack_run(run, dst, limits, min(limits.run, limits.unpacked))
    if content > max(RATIO_FLOOR, limits.ratio * dst.stat().st_size):
        # So repetitive that a reader would take it for a bomb.
        cut, _ = _pack_run(run, dst, limits, RATIO_FLOOR // 2)
    info = check_package(dst, Kind.RUN, limits)
    return PackageInfo(path=dst, sha256=info.sha256, size=info.size, name=info.name, cut=cut)


def _pack_run(folder: RunFolder, dst: Path, limits: Limits, budget: int) -> tuple[tuple[str, ...], int]:
    try:
        with folder as run, _appearing(dst) as file, _writer(file) as tar:
            content = 0
            for name, source, size in run.files(budget=budget, most=limits.members - 1):
                _add(tar, f"run/{name}", source, size, executable=False)
                content += size
            return tuple(run.cut), content
    except OSError as error:
        raise BadPackage(f"cannot be packed: {error.strerror or error}", file=error.filename or dst) from error


def check_package(src: Path, kind: Kind, limits: Limits | None = None) -> PackageInfo:
    """Read a package through, without writing anything, and say what it is. Raises BadPackage."""
    if kind is not Kind.RUN:
        return read_parts(src, kind, "", 0, limits)[0]
    info, run_json = read_parts(src, kind, "run.json", MAX_SIZE + 1, limits)
    try:
        name = read_run(run_json).name
    except ValueError as error:
        raise BadPackage(f"run/run.json {error}", file=src) from error
    return replace(info, name=name)


def read_parts(
    src: Path, kind: Kind, wanted: str, most: int, limits: Limits | None = None
) -> tuple[PackageInfo, bytes]:
    """As `check_package`, and in the same pass at most `most` bytes of the file `wanted` of its top folder.

    Binaries have no top folder.
    """
    limits = limits or Limits()
    content_of_wanted, names, tops = b"", set[str](), set[str]()
    with open_tar(src, limits) as tar:
        for member, content in members(tar, limits):
            names.add(member.name)
            top, _, rest = member.name.partition("/")
            tops.add(top)
            if content and wanted and wanted == (member.name if kind is Kind.BINARY else rest):
                content_of_wanted = content.read(most)
    name = _name_of(src, kind, tops, names)
    info = PackageInfo(path=src, sha256=file_sha256(src), size=src.stat().st_size, name=name)
    return info, content_of_wanted


def _name_of(src: Path, kind: Kind, tops: set[str], names: set[str]) -> str:
    """Check that what makes a package one of this kind is there; give the test's name if paths tell it."""
    if kind is Kind.BINARY:
        if "binary-package.json" not in names:
            raise MissingMember("is no binary package: binary-package.json is missing", file=src)
        return ""
    if len(tops) != 1:
        raise BadPackage("does not hold exactly one folder", file=src)
    top = next(iter(tops))
    needed = "run/run.json" if kind is Kind.RUN else f"{top}/test.yaml"
    if needed not in names:
        raise MissingMember(f"is no .{kind} package: {needed} is missing", file=src)
    if kind is Kind.TEST:
        try:
            check_test_name(top)
        except BadName as error:
            raise BadPackage(error.what, file=src) from error
    return top


def list_members(src: Path, limits: Limits | None = None) -> list[Member]:
    """Give the files and folders of a package in its order. Raises BadPackage."""
    limits = limits or Limits()
    with open_tar(src, limits) as tar:
        return [member for member, _ in members(tar, limits)]


def read_member(src: Path, name: str, max_bytes: int, limits: Limits | None = None) -> bytes:
    """Give one file of a package. Raises BadPackage, also if it is not there or larger than ``max_bytes``."""
    limits = limits or Limits()
    found: bytes | None = None
    with open_tar(src, limits) as tar:
        for member, content in members(tar, limits):
            if content and member.name == name:
                if member.size > max_bytes:
                    raise BadPackage(f"{name!r} is larger than {max_bytes} bytes")
                found = content.read()
    if found is None:
        raise MissingMember(f"there is no file {name!r} in it", file=src)
    return found


def read_test_yaml_of(src: Path, limits: Limits | None = None) -> bytes:
    """The test.yaml of a test package, no more of it than may be read. Raises BadPackage."""
    limits = limits or Limits()
    with open_tar(src, limits) as tar:
        for member, content in members(tar, limits):
            if content and member.name.count("/") == 1 and member.name.endswith("/test.yaml"):
                return content.read(TEST_YAML_SIZE + 1)
    raise MissingMember("is no .ftp package: test.yaml is missing", file=src)


def unpack(src: Path, dst: Path, *, kind: Kind, limits: Limits | None = None) -> Path:
    """Unpack into ``dst``, which must not exist and appears only when all is well.

    Gives the folder in it that holds the content: ``dst/NAME`` for a test, ``dst/run`` for a run, ``dst`` for
    binaries. Files are new files with mode 644, or 755 where the package says executable. Raises BadPackage.
    """
    limits = limits or Limits()
    if os.path.lexists(dst):
        raise BadPackage("is there already: a package is unpacked into a new folder only", file=dst)
    try:
        temp = Path(tempfile.mkdtemp(prefix=f".{dst.name[:100]}.", suffix=".tmp", dir=dst.parent))
    except OSError as error:
        raise BadPackage(f"cannot be unpacked: {error.strerror}", file=dst) from error
    try:
        names, tops = _write_members(src, temp, limits)
        top = _name_of(src, kind, tops, names)
        temp.chmod(0o755)
        temp.rename(dst)
    except OSError as error:
        shutil.rmtree(temp, ignore_errors=True)
        raise BadPackage(f"cannot be unpacked: {error.strerror}", file=dst) from error
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        raise
    return dst / top if top else dst


def _write_members(src: Path, folder: Path, limits: Limits) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    with open_tar(src, limits) as tar:
        for member, content in members(tar, limits):
            names.add(member.name)
            path = folder / member.name
            if content is None:
                path.mkdir(mode=0o755, parents=True, exist_ok=True)
                continue
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            # Exclusive: whatever might be there already, nothing is written through it.
            with path.open("xb") as file:
                shutil.copyfileobj(content, file, MIB)
            path.chmod(0o755 if member.executable else 0o644)
    return names, {name.partition("/")[0] for name in names}


def _walk(folder: Path) -> Iterator[Path]:
    """Give what is in a folder, sorted, a folder before what is in it."""
    for path in sorted(folder.iterdir()):
        if path.name == ".git":
            continue
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BadPackage("is neither a file nor a folder: a package cannot hold it", file=path)
        yield path
        if path.is_dir():
            yield from _walk(path)


def _add_path(tar: tarfile.TarFile, path: Path, name: str) -> None:
    if path.is_dir():
        header = _header(name, 0, executable=True)
        header.type = tarfile.DIRTYPE
        tar.addfile(header)
        return
    with path.open("rb") as source:
        status = os.fstat(source.fileno())
        _add(tar, name, source, status.st_size, executable=bool(status.st_mode & 0o111))


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes], size: int, *, executable: bool) -> None:
    tar.addfile(_header(name, size, executable=executable), source)


def _header(name: str, size: int, *, executable: bool) -> tarfile.TarInfo:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BadPackage(f"the file name {name!r} is no UTF-8") from error
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o755 if executable else 0o644
    return header


@contextlib.contextmanager
def _writer(file: BinaryIO) -> Iterator[tarfile.TarFile]:
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar:
            yield tar


@contextlib.contextmanager
def _appearing(dst: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the name ``dst`` when it is complete and on the disk."""
    with tempfile.NamedTemporaryFile(prefix=f".{dst.name[:100]}.", suffix=".tmp", dir=dst.parent, delete=False) as file:
        try:
            yield file  # type: ignore[misc]
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
            Path(file.name).rename(dst)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    folder = os.open(dst.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
