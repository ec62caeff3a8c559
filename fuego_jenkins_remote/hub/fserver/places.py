"""Where the original keeps its things, below the server's root: what its answers and pages name."""

from __future__ import annotations

from dataclasses import dataclass

DATA = "/fserver-data/data"
FILES = "/fserver-data/files"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of upload: the folder, what it is called in answers, and what a file's name ends with."""

    folder: str
    word: str
    ending: str
    data_ending: str


RUN = Kind(folder="runs", word="run", ending=".frp", data_ending=".json")
TEST = Kind(folder="tests", word="test", ending=".ftp", data_ending=".yaml")
BINARY = Kind(folder="binary-packages", word="test", ending=".ftbp", data_ending=".json")


def uploaded(kind: Kind, file: str) -> str:
    """What an answer to an upload begins with."""
    return f"{received(file)}Created {FILES}/{kind.folder}/{file}\n"


def received(file: str) -> str:
    """The first line of it."""
    return f"File '{file}' uploaded successfully!\n"


def extracted(kind: Kind, name: str) -> str:
    """What it ends with when all went well."""
    return f"Extracted {DATA}/{kind.folder}/{name}{kind.data_ending} from uploaded file\n"
