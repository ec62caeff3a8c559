"""Say what this machine lacks for `make demo` and `make test`, with the exact line that installs it."""

from __future__ import annotations

import importlib.util
import shutil
import sys

NEEDED = {
    "git": "git",
    "cc": "gcc libc6-dev",
    "flock": "util-linux",
    "tar": "tar",
    "bash": "bash",
}


def missing_packages() -> list[str]:
    """Debian packages that are not there yet."""
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    return missing


def main() -> int:
    """Exit status 0 when all is there, 1 with one line that says what to install."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs before anything has checked the version
        print(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    missing = missing_packages()
    if missing:
        print(f"missing here; install with: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
