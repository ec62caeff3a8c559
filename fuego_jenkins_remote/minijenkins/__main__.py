"""`python -m fuego_jenkins_remote.minijenkins --data DIR`: run the embedded controller."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from .errors import ControllerError
from .server import serve


def main() -> int:
    """Parse the command line and serve; gives the exit status."""
    parser = argparse.ArgumentParser(prog="minijenkins", description=sys.modules[__package__].__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of jobs, builds, nodes and users")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="port, 0 picks one (default %(default)s)")
    parser.add_argument("--prefix", default="/fuego", help="path before everything (default %(default)s)")
    parser.add_argument("--label", action="append", default=[], help="further label of the built-in node")
    parser.add_argument("--user", help="user whose token is in --token-file; without users it is open")
    parser.add_argument("--token-file", type=Path, help="file of the user's token; made when missing")
    parser.add_argument("--password-file", type=Path, help="file of the user's password, for a browser")
    parser.add_argument("--json", action="store_true", help="say as JSON that it is ready")
    options = parser.parse_args()

    def announce(url: str) -> None:
        ready = {"service": "jenkins", "url": url, "pid": os.getpid()}
        print(json.dumps(ready) if options.json else f"jenkins ready at {url}", flush=True)  # noqa: T201

    try:
        serve(
            options.data,
            options.host,
            options.port,
            options.prefix,
            announce,
            labels=options.label,
            user=options.user,
            token_file=options.token_file,
            password_file=options.password_file,
        )
    except ControllerError as error:
        print(f"jenkins: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
